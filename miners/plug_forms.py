"""What persons type about Home Assistant and its plugs."""

from typing import Any

from django import forms
from django.db.models import Case, When

from hmm.secrets import is_kept
from miners.models import HomeAssistantServer, Miner, PowerMeter, PowerSwitch
from miners.services.plug_links import EDITABLE
from miners.switches.home_assistant import wire

TOKEN_MIN = 20


class ConnectionForm(forms.ModelForm[HomeAssistantServer]):
    """The address and the token. The token is written only when one is typed, and never shown again."""

    url = forms.CharField(
        label="Address",
        max_length=200,
        help_text="Such as http://192.168.1.5:8123, or http://homeassistant.local:8123.",
    )
    new_token = forms.CharField(
        label="Long-lived access token",
        max_length=wire.TOKEN_MAX,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Made in Home Assistant on your profile, Security. Stored encrypted; empty keeps the stored one.",
    )

    class Meta:
        model = HomeAssistantServer
        fields = ["url", "verify_tls", "enabled"]

    field_order = ["url", "new_token", "verify_tls", "enabled"]

    def clean_url(self) -> str:
        text = str(self.cleaned_data["url"]).replace("\x00", "")
        try:
            return wire.plain_url(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_new_token(self) -> str:
        token = str(self.cleaned_data["new_token"]).strip()
        if token and (len(token) < TOKEN_MIN or not token.isascii() or not token.isprintable() or " " in token):
            raise forms.ValidationError("That is no token. Copy the whole of it, it has about 180 characters.")
        if not token and not is_kept(self.instance, "token"):
            raise forms.ValidationError("Type the token; without it Home Assistant answers nobody.")
        return token

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        moves = self.instance.url not in {"", cleaned.get("url", self.instance.url)}
        if moves and not cleaned.get("new_token") and "new_token" not in self.errors:
            self.add_error("new_token", "Type the token again: it was stored for another address.")
        return cleaned


class PlugForm(forms.ModelForm[PowerSwitch]):
    """A plug, the miners behind it, its meter, and how it is switched."""

    entity = forms.CharField(
        label="Switch in Home Assistant",
        max_length=wire.ENTITY_MAX,
        widget=forms.TextInput(attrs={"list": "found-switches", "spellcheck": "false"}),
        help_text="Choose one of those found, or type it, such as switch.miner_study.",
    )
    name = forms.CharField(label="Name", max_length=120, required=False, help_text="Empty takes the switch's own.")
    meter = forms.CharField(
        label="Power sensor",
        max_length=wire.ENTITY_MAX,
        required=False,
        widget=forms.TextInput(attrs={"list": "found-meters", "spellcheck": "false"}),
        help_text="Watts at the wall; they count before the miner's own figure. Empty if it has none.",
    )
    miners = forms.ModelMultipleChoiceField(
        label="Miners on it",
        queryset=Miner.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="It is switched off only when every one of them should be off.",
    )

    class Meta:
        model = PowerSwitch
        fields = EDITABLE
        help_texts = {
            "locked": "Nothing but a person switches it; its miners are paused or run their lowest mode instead.",
            "respect_hours": "1 to 168; counts for the choice “for some hours”.",
            "min_off_minutes": "Delays switching on only. Off for the price is never held back.",
            "daily_cap": "1 to 200. Beyond it, switching on is refused.",
            "cycles_hung": "Off for ten seconds when its miner hangs for ten minutes, at most once an hour.",
        }

    field_order = ["entity", "name", "miners", "meter", "policy", "respect_hours", "locked"]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.instance.pk:  # what hangs on it is no column of the plug
            meter = PowerMeter.objects.filter(switch=self.instance).first()
            self.initial.setdefault("miners", list(self.instance.miners.all()))
            linked_first = Case(When(plug=self.instance.pk, then=0), default=1)
            self.fields["miners"].queryset = Miner.objects.order_by(linked_first, "name")  # type: ignore[attr-defined]
            self.initial.setdefault("meter", meter.entity if meter is not None else "")

    def clean_entity(self) -> str:
        entity = str(self.cleaned_data["entity"]).strip().lower()
        if not wire.is_entity_id(entity) or wire.domain_of(entity) not in wire.SWITCH_DOMAINS:
            raise forms.ValidationError(
                f"Write a switch such as switch.desk_plug ({', '.join(wire.SWITCH_DOMAINS)} can be switched)."
            )
        if PowerSwitch.objects.filter(entity=entity).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("This switch is linked already. Change that plug instead.")
        return entity

    def clean_meter(self) -> str:
        entity = str(self.cleaned_data["meter"]).strip().lower()
        if entity and not (wire.is_entity_id(entity) and wire.domain_of(entity) == "sensor"):
            raise forms.ValidationError("Write a power sensor such as sensor.desk_plug_power.")
        return entity

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["name"] = wire.printable(cleaned.get("name")) or cleaned.get("entity", "")
        return cleaned


class MeterForm(forms.Form):
    """A power sensor of one miner that has no plug of its own."""

    miner = forms.ModelChoiceField(label="Miner", queryset=Miner.objects.all(), empty_label="Choose a miner")
    entity = forms.CharField(
        label="Power sensor",
        max_length=wire.ENTITY_MAX,
        required=False,
        widget=forms.TextInput(attrs={"list": "found-meters", "spellcheck": "false"}),
        help_text="Such as sensor.desk_power. Empty takes it away.",
    )
