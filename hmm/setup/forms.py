"""The wizard's forms; each can be skipped."""

import re

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import User

from hmm.hosts import AddressRefusedError, parse_address
from miners.discovery import hosts_of

ADDRESSES_MAX = 100
DEFAULT_PORT = 80


class AccountForm(BaseUserCreationForm[User]):
    """The household's first account."""

    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": "User name"}


class AddressesForm(forms.Form):
    """Miners typed in by their addresses."""

    addresses = forms.CharField(
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono"}),
        help_text="Such as 192.168.1.40; several with a comma or on lines of their own.",
    )

    def clean_addresses(self) -> list[str]:
        items = [item for item in re.split(r"[\s,;]+", str(self.cleaned_data["addresses"])) if item]
        if not items:
            raise forms.ValidationError("Write at least one address.")
        if len(items) > ADDRESSES_MAX:
            raise forms.ValidationError(f"At most {ADDRESSES_MAX} addresses at once.")
        for item in items:
            try:
                parse_address(item, default_port=DEFAULT_PORT)
            except AddressRefusedError as error:
                raise forms.ValidationError(str(error)) from error
        return list(dict.fromkeys(items))


class NetworkForm(forms.Form):
    """A network to look through."""

    network = forms.CharField(max_length=50, help_text="Nothing is changed on any device.")

    def clean_network(self) -> str:
        text = str(self.cleaned_data["network"]).strip()
        try:
            hosts_of(text)
        except AddressRefusedError as error:
            raise forms.ValidationError(str(error)) from error
        return text
