"""The pool form: a stratum address is taken apart, a stored password is never shown."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms

from pools.coins import TARGETS, Coin, RewardModel
from pools.models import PORT_MAX, Pool

HOST = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
ACCOUNT = re.compile(r"[\x21-\x7e]+")
SCHEMES = {"", "stratum+tcp", "tcp"}


class PoolForm(forms.ModelForm[Pool]):
    """Add or change a pool. The password is written only when one is typed."""

    host = forms.CharField(
        label="Stratum host",
        max_length=300,
        help_text="Such as solo.ckpool.org, or a whole address such as stratum+tcp://solo.ckpool.org:3333.",
    )
    port = forms.IntegerField(label="Port", min_value=1, max_value=PORT_MAX, required=False, help_text="1 to 65535.")
    new_password = forms.CharField(
        label="Password",
        max_length=100,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Most pools take any word. Stored encrypted, never shown again; empty keeps it.",
    )

    class Meta:
        model = Pool
        fields = ["name", "coin", "reward_model", "host", "port", "wallet", "priority", "enabled"]
        help_texts = {
            "wallet": "Your wallet address, or your name at the pool. Each miner adds its own name to it.",
        }

    def clean_host(self) -> str:
        """Take a whole stratum address apart; what it says of the port wins over an empty port field."""
        text = str(self.cleaned_data["host"]).strip()
        try:
            parts = urlsplit(text if "//" in text else f"//{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise forms.ValidationError("Write the host as pool.example.org, without a path.") from error
        if parts.scheme not in SCHEMES:
            raise forms.ValidationError("Only plain stratum (stratum+tcp) is supported. Leave out the scheme.")
        if not HOST.fullmatch(host) or parts.path not in {"", "/"}:
            raise forms.ValidationError("Write the host as pool.example.org, without a path.")
        self.port_in_host = port
        return host

    def clean_wallet(self) -> str:
        wallet = str(self.cleaned_data["wallet"]).strip()
        if not ACCOUNT.fullmatch(wallet):
            raise forms.ValidationError("A wallet or user name has no spaces and no special characters.")
        return wallet

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["port"] = getattr(self, "port_in_host", None) or cleaned.get("port")
        if "host" in cleaned and not cleaned["port"] and "port" not in self.errors:
            self.add_error("port", "Write the port, such as 3333.")
        coin, reward_model = cleaned.get("coin"), cleaned.get("reward_model")
        if coin and reward_model and (Coin(coin), RewardModel(reward_model)) not in TARGETS.values():
            self.add_error("reward_model", f"Only Bitcoin is mined pooled; choose Solo for {coin}.")
        return cleaned
