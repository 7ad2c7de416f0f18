"""The form of one coin source; a stored key is never shown."""

from typing import Any
from urllib.parse import urlsplit

from django import forms

from pools.models import CoinSource


class CoinSourceForm(forms.ModelForm[CoinSource]):
    """Switch a source on or off, say when it is believed and where it is asked."""

    new_key = forms.CharField(
        label="Access key",
        max_length=200,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="A free key of your own lets it answer more often. Stored encrypted, never shown; empty keeps it.",
    )

    class Meta:
        model = CoinSource
        fields = ["enabled", "rank", "base_url"]
        labels = {"enabled": "Ask this source", "rank": "Order", "base_url": "Address"}
        help_texts = {"rank": "The lowest number that answers in time is believed."}

    def __init__(self, *arguments: Any, takes_key: bool = False, usual: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["rank"].min_value = 1  # type: ignore[attr-defined]  # a whole number's field has it
        if usual:
            self.fields["base_url"].help_text = f"Empty for {usual}."
        else:
            del self.fields["base_url"]
        if not takes_key:
            del self.fields["new_key"]

    def clean_base_url(self) -> str:
        address = str(self.cleaned_data["base_url"]).strip()
        try:
            parts = urlsplit(address)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if address and (not good or parts.username or parts.query or parts.fragment):
            raise forms.ValidationError("Write an address such as https://coins.example.org/api, without a password.")
        return address
