"""Forms of accounts and tokens."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User

from hmm.accounts.models import ApiToken, Scope
from hmm.accounts.roles import ROLES


class SignInForm(AuthenticationForm):
    """Sign in; the labels say what is asked."""

    username = forms.CharField(label="User name", widget=forms.TextInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PersonForm(BaseUserCreationForm[User]):
    """A person of the household with a role."""

    role = forms.ChoiceField(
        choices=[(role, role.capitalize()) for role in ROLES],
        help_text="A viewer looks, an operator switches, an admin changes settings.",
    )

    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": "User name"}


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=60, help_text="What will use it.")
    scope = forms.ChoiceField(choices=Scope.choices)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if ApiToken.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a token of this name. Choose another, or revoke it first.")
        return name
