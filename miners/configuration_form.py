"""The whole configuration of a device that takes it in one datagram, as a person types it."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

POOL = re.compile(r"(stratum\+(?:tcp|ssl)://)?([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):([0-9]{1,5})")
KEPT = "Empty keeps the one that is stored."
SECRETS = ("WiFiPWD", "PrimaryPassword", "SecondaryPassword")


class PoolAddressField(forms.CharField):
    """A pool as the device wants it: with its scheme, host and port."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        match = POOL.fullmatch(text.strip())
        if match is None or not 1 <= int(match[3]) <= 65535:
            raise forms.ValidationError("Write it like stratum+tcp://pool.example.net:3333.")
        return f"{match[1] or 'stratum+tcp://'}{match[2].lower()}:{int(match[3])}"


class ConfigurationForm(forms.Form):
    """Every value, since a missing one may cost the device its Wi-Fi. Secrets are taken and never shown."""

    WiFiSSID = forms.CharField(label="Wi-Fi name", max_length=32)
    WiFiPWD = forms.CharField(
        label="Wi-Fi password", max_length=63, required=False, widget=forms.PasswordInput, help_text=KEPT
    )
    PrimaryPool = PoolAddressField(label="Pool", max_length=280)
    PrimaryAddress = forms.CharField(label="Wallet or user", max_length=200)
    PrimaryPassword = forms.CharField(
        label="Pool password", max_length=100, required=False, widget=forms.PasswordInput, help_text=KEPT
    )
    SecondaryPool = PoolAddressField(label="Second pool", max_length=280)
    SecondaryAddress = forms.CharField(label="Wallet or user at the second pool", max_length=200)
    SecondaryPassword = forms.CharField(
        label="Password of the second pool",
        max_length=100,
        required=False,
        widget=forms.PasswordInput,
        help_text=KEPT,
    )
    Timezone = forms.IntegerField(label="Zone, hours from UTC", min_value=-12, max_value=14, initial=0)
    UIRefresh = forms.IntegerField(label="Screen refreshed every, s", min_value=1, max_value=60, initial=3)
    ScreenTimeout = forms.IntegerField(label="Screen off after, s", min_value=0, max_value=86_400, initial=60)
    Brightness = forms.IntegerField(label="Brightness, %", min_value=0, max_value=100, initial=100)
    SaveUptime = forms.BooleanField(label="Keep uptime and best share over restarts", required=False, initial=True)
    LedEnable = forms.BooleanField(label="Light on", required=False, initial=True)
    RotateScreen = forms.BooleanField(label="Screen upside down", required=False)
    BTCPrice = forms.BooleanField(label="Show the price of Bitcoin", required=False)
    AutoBrightness = forms.BooleanField(label="Brightness by the light around it", required=False, initial=True)
    confirmed = forms.BooleanField(
        label="Send it",
        help_text="The device restarts. With a mistyped Wi-Fi it stays away until it is set up at its own screen.",
    )

    def __init__(self, *arguments: Any, stored: Mapping[str, Any], **named: Any) -> None:
        self.stored = stored
        shown = {name: value for name, value in stored.items() if name not in SECRETS}
        super().__init__(*arguments, **named)
        self.initial = {**self.initial, **shown}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("WiFiPWD") and not self.stored.get("WiFiPWD"):
            self.add_error("WiFiPWD", "Type the password of the Wi-Fi the device is in; it would lose it without.")
        return cleaned

    @property
    def configuration(self) -> dict[str, Any]:
        """Return what is sent: what was typed, and for an empty secret the stored one."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "confirmed"}
        for name in SECRETS:
            values[name] = values[name] or self.stored.get(name) or "x"
        return values
