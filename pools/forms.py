"""The pool form: a stratum address is taken apart, a stored password is never shown."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms

from hmm.secrets import LOST, lost_secrets
from pools.addresses import problem
from pools.backends.registry import backend_choices
from pools.coins import TARGETS, Coin, RewardModel
from pools.models import PORT_MAX, SECRETS, Pool
from pools.services.saving import FIELDS

HOST = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
ACCOUNT = re.compile(r"[\x21-\x7e]+")
SCHEMES = {"": None, "stratum+tcp": False, "tcp": False} | dict.fromkeys(
    ("stratum+ssl", "stratum+tls", "ssl", "tls"), True
)
CONNECTIONS = (("False", "Plain (stratum+tcp)"), ("True", "Encrypted with TLS (stratum+ssl)"))
PAYS_TO_WALLET = {"solopool", "ckpool", "public_pool"}  # these refuse what is no address; others may know names


def is_local_file(address: str) -> bool:
    """Tell whether an address names a folder on this computer, such as file:///srv/ckpool/logs."""
    return address.startswith("file:///")


class PoolForm(forms.ModelForm[Pool]):
    """Add or change a pool. The password is written only when one is typed."""

    host = forms.CharField(
        label="Stratum host",
        max_length=300,
        help_text="Such as solo.ckpool.org, or a whole address such as stratum+tcp://solo.ckpool.org:3333.",
    )
    port = forms.IntegerField(label="Port", min_value=1, max_value=PORT_MAX, required=False, help_text="1 to 65535.")
    tls = forms.TypedChoiceField(
        label="Connection",
        choices=CONNECTIONS,
        coerce=lambda word: word == "True",
        required=False,
        help_text="Plain and encrypted pools listen on different ports. A miner that speaks no TLS is refused there.",
    )
    new_password = forms.CharField(
        label="Password",
        max_length=100,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Most pools take any word. Stored encrypted, never shown again; empty keeps it.",
    )

    backend = forms.ChoiceField(
        label="Statistics",
        choices=backend_choices,
        required=False,
        initial="stratum",
        help_text="Whose statistics tell of balance, workers and best share. Mining works without.",
    )
    stats_url = forms.CharField(
        label="Statistics address",
        max_length=300,
        required=False,
        help_text="Empty for the service's usual one. Your own ckpool or public-pool: such as http://192.168.1.5:3334/api.",
    )
    new_token = forms.CharField(
        label="Access token",
        max_length=300,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Only where the service needs one. Stored encrypted, never shown again; empty keeps it.",
    )

    class Meta:
        model = Pool
        fields = FIELDS
        help_texts = {
            "wallet": "Your wallet address, or your name at the pool. Each miner adds its own name to it.",
        }

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name in lost_secrets(self.instance, *SECRETS):
            self.fields[f"new_{name}"].help_text = f"The stored one {LOST}."

    def clean_host(self) -> str:
        """Take a whole stratum address apart; what it says of the port wins over an empty port field."""
        text = str(self.cleaned_data["host"]).strip()
        try:
            parts = urlsplit(text if "//" in text else f"//{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise forms.ValidationError("Write the host as pool.example.org, without a path.") from error
        if parts.scheme not in SCHEMES:
            raise forms.ValidationError(
                "Write stratum+tcp:// or stratum+ssl://, or no scheme; Stratum V2 is not spoken."
            )
        if not HOST.fullmatch(host) or parts.path not in {"", "/"}:
            raise forms.ValidationError("Write the host as pool.example.org, without a path.")
        self.port_in_host, self.tls_in_host = port, SCHEMES[parts.scheme]
        return host

    def clean_wallet(self) -> str:
        wallet = str(self.cleaned_data["wallet"]).strip()
        if not ACCOUNT.fullmatch(wallet):
            raise forms.ValidationError("A wallet or user name has no spaces and no special characters.")
        return wallet

    def clean_backend(self) -> str:
        return str(self.cleaned_data["backend"] or "stratum")

    def clean_stats_url(self) -> str:
        address = str(self.cleaned_data["stats_url"]).strip()
        try:
            parts = urlsplit(address)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not address or (good and not parts.username):
            return address
        if is_local_file(address):
            return address
        raise forms.ValidationError("Write an address such as https://pool.example.org/api, without a password.")

    def check_wallet(self, cleaned: dict[str, Any]) -> None:
        """A solo pool pays to the wallet itself: one wrong sign and a found block is lost."""
        wallet, coin = cleaned.get("wallet"), cleaned.get("coin")
        if not wallet or not coin or cleaned.get("backend") not in PAYS_TO_WALLET:
            return
        if cleaned.get("reward_model") == RewardModel.SOLO:
            wrong = problem(coin, wallet.split(".", 1)[0])
            if wrong:
                self.add_error("wallet", wrong)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["port"] = getattr(self, "port_in_host", None) or cleaned.get("port")
        said = getattr(self, "tls_in_host", None)
        cleaned["tls"] = bool(cleaned.get("tls")) if said is None else said
        if "host" in cleaned and not cleaned["port"] and "port" not in self.errors:
            self.add_error("port", "Write the port, such as 3333.")
        coin, reward_model = cleaned.get("coin"), cleaned.get("reward_model")
        if coin and reward_model and (Coin(coin), RewardModel(reward_model)) not in TARGETS.values():
            self.add_error("reward_model", f"Only Bitcoin is mined pooled; choose Solo for {coin}.")
        self.check_wallet(cleaned)
        return cleaned
