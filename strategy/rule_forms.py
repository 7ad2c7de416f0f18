"""An automation rule as page, admin and API take it; each thing that cannot be is named at its field."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms

from miners.drivers.registry import FAMILY_LABELS, FAMILY_MODES
from miners.models import Miner
from pools.models import Pool
from strategy.band_rows import LIMIT_MAX
from strategy.core import short
from strategy.models import AutomationRule
from strategy.models.rule import MINUTES_MAX
from strategy.rule_parts import LOWEST, ActionKind, ScopeKind, TriggerKind
from strategy.services.rules import IDENTITY, PLAIN
from strategy.triggers import DAYS

REST_MINUTES = 15
NEEDED: dict[str, tuple[str, ...]] = {
    TriggerKind.PRICE_BELOW: ("high_p_per_kwh",),
    TriggerKind.PRICE_ABOVE: ("low_p_per_kwh",),
    TriggerKind.PRICE_BETWEEN: ("low_p_per_kwh", "high_p_per_kwh"),
    TriggerKind.TIME: ("starts", "ends"),
    TriggerKind.OFFLINE: ("minutes",),
    TriggerKind.OVERHEAT: (),
    TriggerKind.POOL_DOWN: ("minutes",),
    ActionKind.MODE: ("mode",),
    ActionKind.POOL: ("pool",),
    ScopeKind.FAMILY: ("family",),
    ScopeKind.MINERS: ("miners",),
}
MAY: dict[str, tuple[str, ...]] = {
    TriggerKind.TIME: ("days",),
    TriggerKind.OVERHEAT: ("minutes",),
    TriggerKind.POOL_DOWN: ("watched_pool",),
}
OWN = {
    "trigger": ("low_p_per_kwh", "high_p_per_kwh", "starts", "ends", "days", "minutes", "watched_pool"),
    "action": ("mode", "pool"),
    "scope": ("family", "miners"),
}
ASKED = {
    "low_p_per_kwh": "Write the price above which it holds, in p/kWh.",
    "high_p_per_kwh": "Write the price below which it holds, in p/kWh.",
    "starts": "Write when it begins, such as 16:00.",
    "ends": "Write when it ends, such as 19:00.",
    "minutes": f"Write how many minutes, 1 to {MINUTES_MAX}.",
    "mode": "Choose a mode.",
    "pool": "Choose a pool.",
    "family": "Choose a family.",
    "miners": "Choose at least one miner.",
}


def mode_choices() -> list[tuple[str, str]]:
    modes = dict.fromkeys(mode for listed in FAMILY_MODES.values() for mode in listed)
    return [("", "choose a mode"), (LOWEST, "the lowest each miner has"), *((mode, mode) for mode in modes)]


def price_field(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=-LIMIT_MAX, max_value=LIMIT_MAX, max_digits=10, decimal_places=6
    )


def relevant(cleaned: Mapping[str, Any]) -> set[str]:
    """Return the fields that belong to what was chosen; the others are emptied."""
    chosen = [str(cleaned.get(name) or "") for name in OWN]
    return {field for kind in chosen for field in (*NEEDED.get(kind, ()), *MAY.get(kind, ()))}


class RuleForm(forms.ModelForm[AutomationRule]):
    """One automation rule."""

    low_p_per_kwh = price_field("Above, or from, p/kWh")
    high_p_per_kwh = price_field("Below, p/kWh")
    starts = forms.TimeField(
        label="From", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label="Until", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    days = forms.TypedMultipleChoiceField(
        label="On",
        required=False,
        coerce=int,
        choices=[(str(place), day) for place, day in enumerate(DAYS)],
        widget=forms.CheckboxSelectMultiple,
        help_text="The days it begins on; none means every day. An end before the start is on the next day.",
        error_messages={"invalid_choice": "Choose weekdays: Mon to Sun."},
    )
    minutes = forms.IntegerField(label="For, minutes", required=False, min_value=0, max_value=MINUTES_MAX)
    mode = forms.ChoiceField(
        label="Mode",
        required=False,
        choices=mode_choices,
        error_messages={"invalid_choice": "Choose one of the modes."},
    )
    family = forms.ChoiceField(
        label="Family", required=False, choices=[("", "choose a family"), *FAMILY_LABELS.items()]
    )
    miners = forms.ModelMultipleChoiceField(
        label="Miners",
        required=False,
        queryset=Miner.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "There is no miner %(value)s."},
    )
    watched_pool = forms.ModelChoiceField(
        label="Which pool", required=False, queryset=Pool.objects.all(), empty_label="the one each miner is set to"
    )
    pool = forms.ModelChoiceField(
        label="Pool", required=False, queryset=Pool.objects.usable(), empty_label="choose a pool"
    )

    class Meta:
        model = AutomationRule
        fields = list(dict.fromkeys((*PLAIN, *IDENTITY)))
        labels = {"trigger": "When", "action": "Then", "scope": "For", "cooldown_minutes": "Cooldown, minutes"}
        error_messages = {
            "name": {"required": "Write a name."},
            "trigger": {"required": "Choose when it holds."},
            "action": {"required": "Choose what is done."},
        }
        help_texts = {
            "priority": "1 to 99. Between two rules that contradict each other the lower number decides.",
            "cooldown_minutes": "After it fired it does not fire again before these minutes are over.",
            "dry_run": "Nothing is sent; the activity shows what it would have done.",
        }

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name in ("trigger", "action"):
            field = self.fields[name]
            field.choices = [("", "choose"), *((key, label) for key, label in field.choices if key)]  # type: ignore[attr-defined]  # a choice field
        for name in ("low_p_per_kwh", "high_p_per_kwh"):
            if self.initial.get(name) is not None:
                self.initial[name] = short(self.initial[name])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        keeps = relevant(cleaned)
        for chooser, names in OWN.items():
            needed = NEEDED.get(str(cleaned.get(chooser) or ""), ())
            for name in names:
                if name not in keeps:
                    self.errors.pop(name, None)
                    cleaned[name] = EMPTY.get(name)
                elif name in needed and name not in self.errors and is_missing(cleaned.get(name), name):
                    self.add_error(name, ASKED[name])
        self.check_together(cleaned)
        return cleaned

    def check_together(self, cleaned: dict[str, Any]) -> None:
        """Name what is wrong only beside something else."""
        low, high = cleaned.get("low_p_per_kwh"), cleaned.get("high_p_per_kwh")
        if isinstance(low, Decimal) and isinstance(high, Decimal) and low >= high:
            self.add_error("high_p_per_kwh", f"It must be above {low.normalize():f} p/kWh.")
        family, mode = cleaned.get("family"), cleaned.get("mode")
        if family and mode and mode != LOWEST and mode not in FAMILY_MODES.get(family, ()):
            known = ", ".join(FAMILY_MODES.get(family, ()))
            self.add_error("mode", f"{FAMILY_LABELS[family]} has no mode {mode}; it has: {known}.")
        pool = cleaned.get("pool")
        if pool is not None and pool == cleaned.get("watched_pool"):
            self.add_error("pool", "Choose another pool than the one that is watched.")
        if cleaned.get("trigger") == TriggerKind.OVERHEAT and cleaned.get("minutes") is None:
            cleaned["minutes"] = REST_MINUTES if "minutes" not in self.errors else None

    @property
    def helper(self) -> FormHelper:
        """Return how the page lays the form out; groups that belong to a choice are shown with it."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout("name", *WHEN, *THEN, *WHOM, *HOW)
        return helper


EMPTY: dict[str, Any] = {"days": [], "miners": Miner.objects.none(), "mode": "", "family": ""}


def is_missing(value: Any, name: str) -> bool:
    if name == "minutes":
        return not value
    if name == "miners":
        return value is None or not value.exists()
    return value in (None, "")


def shown_for(chooser: str, kinds: tuple[str, ...], *parts: Any) -> Div:
    """Return a group of fields that belongs to some choices; without JavaScript it is always there."""
    return Div(*parts, css_class="rule-part", data_shown_for=f"{chooser}:{' '.join(kinds)}")


PRICES = (TriggerKind.PRICE_BELOW.value, TriggerKind.PRICE_ABOVE.value, TriggerKind.PRICE_BETWEEN.value)
WHEN = (
    Div("trigger", css_class="form-part"),
    shown_for("trigger", PRICES[1:], "low_p_per_kwh"),
    shown_for("trigger", (PRICES[0], PRICES[2]), "high_p_per_kwh"),
    shown_for("trigger", (TriggerKind.TIME,), Div("starts", "ends", css_class="rule-pair"), InlineCheckboxes("days")),
    shown_for("trigger", (TriggerKind.OFFLINE, TriggerKind.OVERHEAT, TriggerKind.POOL_DOWN), "minutes"),
    shown_for("trigger", (TriggerKind.POOL_DOWN,), "watched_pool"),
)
THEN = (
    Div("action", css_class="form-part"),
    shown_for("action", (ActionKind.MODE,), "mode"),
    shown_for("action", (ActionKind.POOL,), "pool"),
)
WHOM = (
    Div("scope", css_class="form-part"),
    shown_for("scope", (ScopeKind.FAMILY,), "family"),
    shown_for("scope", (ScopeKind.MINERS,), "miners"),
)
HOW = (
    Div("priority", "cooldown_minutes", css_class="rule-pair"),
    "dry_run",
    "enabled",
)
