"""Bands, override and safety as forms; what they may hold is the services' to say."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from hmm.look.zones import local_zone
from miners.drivers.registry import FAMILY_LABELS, FAMILY_MODES
from strategy import core
from strategy.models import Band
from strategy.services.switches import GRACE_MAX


class BandForm(forms.ModelForm[Band]):
    """One band with a mode for each hardware family."""

    class Meta:
        model = Band
        fields = ["ceiling_p_per_kwh", "target", "champion_only"]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        stored = {item.family: item.mode for item in self.instance.modes.all()} if self.instance.pk else {}
        for family, modes in FAMILY_MODES.items():
            options = [*modes, core.MANAGED_EXTERNALLY]
            self.fields[f"{family}_mode"] = forms.ChoiceField(
                label=f"{FAMILY_LABELS[family]} mode",
                choices=[(mode, mode.replace("_", " ")) for mode in options],
                initial=stored.get(family, core.MANAGED_EXTERNALLY),
            )

    def changes(self) -> dict[str, Any]:
        """Return what was sent in the words of the service."""
        said = self.cleaned_data
        modes = {family: said[f"{family}_mode"] for family in FAMILY_MODES}
        return {name: said[name] for name in ("ceiling_p_per_kwh", "target", "champion_only")} | {"modes": modes}


FOREVER, MORNING, AT = "", "morning", "at"
MORNING_H = 7


class OverrideForm(forms.Form):
    """Force on or off: as which band, and for how long."""

    kind = forms.ChoiceField(
        label="What",
        choices=[("on", "Force on"), ("off", "Force off"), ("auto", "Auto")],
        error_messages={"invalid_choice": "Choose auto, on or off.", "required": "Choose auto, on or off."},
    )
    band = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=core.BANDS_MAX,
        error_messages={"invalid": "Choose one of the bands that run."},
    )
    lasts = forms.ChoiceField(
        label="For how long",
        required=False,
        choices=[
            (FOREVER, "until I change it"),
            ("60", "for 1 hour"),
            ("180", "for 3 hours"),
            (MORNING, "until 07:00"),
            (AT, "until the time beside"),
        ],
    )
    until = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": "The end is a date and a time, such as 2026-11-24 18:00."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("lasts") == AT and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", "Choose when the override ends.")
        return cleaned

    def ends_at(self, now: datetime) -> datetime | None:
        """Return when it ends; a time that is given counts, whatever the choice beside it."""
        until: datetime | None = self.cleaned_data.get("until")
        lasts = self.cleaned_data.get("lasts", FOREVER)
        if until is not None:
            return until
        if lasts == MORNING:
            local = now.astimezone(local_zone())
            morning = local.replace(hour=MORNING_H, minute=0, second=0, microsecond=0)
            return morning if morning > local else morning + timedelta(days=1)
        return now + timedelta(minutes=int(lasts)) if lasts.isdigit() else None


class SafetyForm(forms.Form):
    """What happens while no price is known."""

    grace_minutes = forms.IntegerField(
        label="Grace time",
        min_value=0,
        max_value=GRACE_MAX,
        help_text=f"Minutes that everything stays as it is after the last known price, 0 to {GRACE_MAX}.",
        error_messages={
            "invalid": f"Write whole minutes, 0 to {GRACE_MAX}.",
            "min_value": f"Write whole minutes, 0 to {GRACE_MAX}.",
            "max_value": f"Write whole minutes, 0 to {GRACE_MAX}.",
        },
        widget=forms.NumberInput(attrs={"class": "form-control", "min": "0", "max": str(GRACE_MAX)}),
    )
    fail_safe = forms.ChoiceField(
        label="Then",
        choices=[
            ("off", "turn every enrolled miner off"),
            ("lowest", "run the lowest modes"),
            ("hold", "leave everything as it is"),
        ],
        help_text="One alert is sent. With the next price all goes on by itself.",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
