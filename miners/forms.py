"""What persons type about miners."""

from dataclasses import fields as dataclass_fields
from typing import Any

from django import forms

from hmm.net import AddressRefusedError, parse_address
from miners.drivers.base import SwitchesSlot
from miners.drivers.registry import FAMILIES, family_choices
from miners.drivers.thresholds import Thresholds
from miners.models import HealthLimits, Miner
from miners.models.miner import POLL_MAX_S, POLL_MIN_S
from miners.services.fleet import check_name
from miners.services.wellbeing import family_limits, out_of_order


class AddMinerForm(forms.Form):
    """An address and, if one likes, a name. The device is asked what it is in the background."""

    address = forms.CharField(
        label="Address",
        max_length=280,
        help_text="Such as 192.168.1.20, or 192.168.1.20:8080, or a name in your network.",
    )
    name = forms.CharField(
        label="Name", max_length=60, required=False, help_text="Empty takes the device's own name."
    )
    family = forms.ChoiceField(label="Family", required=False, help_text="Leave it open and HMM asks the device.")
    enrolled = forms.BooleanField(
        label="Follows the strategy", required=False, help_text="Off: it is only watched until you switch this on."
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["family"].choices = [("", "Ask the device"), *family_choices()]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return free_of_others(self.cleaned_data["name"]) if self.cleaned_data["name"] else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        family = cleaned.get("family") or next(iter(FAMILIES))
        if cleaned.get("address"):
            try:
                parse_address(cleaned["address"], default_port=FAMILIES[family].default_port)
            except AddressRefusedError as error:
                self.add_error("address", str(error))
        return cleaned


def free_of_others(name: str, *, other_than: Miner | None = None) -> str:
    """Return a name no other miner has. Raise ValidationError naming the one that has it."""
    try:
        check_name(name, other_than=other_than)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from error
    return name


class EditMinerForm(forms.ModelForm[Miner]):
    """What a person may change of a miner."""

    class Meta:
        model = Miner
        fields = ["name", "enrolled", "enabled", "poll_interval_s", "worker_name", "typed_power_w", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "poll_interval_s": f"{POLL_MIN_S} to {POLL_MAX_S}.",
            "worker_name": "How pools see it, after your account and a dot.",
            "typed_power_w": "For a miner that does not measure its own power.",
        }

    def clean_name(self) -> str:
        return free_of_others(self.cleaned_data["name"], other_than=self.instance)

    @property
    def changes(self) -> dict[str, Any]:
        """Return what was changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class EditWithLoginForm(EditMinerForm):
    """The same for a device that asks for the login of its own pages before it takes a pool.

    The stored password is never shown; an empty one keeps it.
    """

    login_password = forms.CharField(
        label="Password of its own pages",
        max_length=64,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Empty keeps the one that is stored, or else the usual one of the model.",
    )

    class Meta(EditMinerForm.Meta):
        fields = [*EditMinerForm.Meta.fields, "login_user"]

    @property
    def changes(self) -> dict[str, Any]:
        told = super().changes
        return {name: value for name, value in told.items() if name != "login_password" or value}


def edit_form_of(miner: Miner) -> type[EditMinerForm]:
    """Return the form for a miner, with a login where the device asks for one."""
    return EditWithLoginForm if isinstance(miner.driver(), SwitchesSlot) else EditMinerForm


class HealthLimitsForm(forms.ModelForm[HealthLimits]):
    """From which figures on a family's miners are in trouble; what is left empty is the family's own."""

    class Meta:
        model = HealthLimits
        fields = [field.name for field in dataclass_fields(Thresholds)]

    def __init__(self, *arguments: Any, kind: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.kind = kind
        for name, field in self.fields.items():
            own = getattr(family_limits(kind), name)
            field.widget.attrs["placeholder"] = "off" if own is None else f"{own:g}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for part in ("chip", "vr"):
            warn, critical = f"{part}_warn_c", f"{part}_critical_c"
            if out_of_order(self.kind, cleaned, warn, critical):
                self.add_error(critical, "It lies below the first limit. Raise it, or lower the first.")
        return cleaned
