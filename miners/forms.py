"""What persons type about miners."""

from dataclasses import fields as dataclass_fields
from typing import Any

from django import forms

from hmm.hosts import AddressRefusedError, parse_address
from miners.discovery import network_of, ports_of
from miners.drivers.abilities import SwitchesSlot
from miners.drivers.registry import FAMILIES, FAMILY_LABELS, family_choices
from miners.drivers.thresholds import Thresholds
from miners.models import HealthLimits, Miner, ScanNetwork, TuningProfile
from miners.models.miner import POLL_MAX_S, POLL_MIN_S
from miners.services.fleet import check_name
from miners.services.tuning import ProfileError, check_profile, chips
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


class OverclockForm(forms.Form):
    """The pair a miner runs in the mode `oc`; two empty fields take it away."""

    frequency_mhz = forms.IntegerField(label="Clock, MHz", required=False)
    core_voltage_mv = forms.IntegerField(label="Core voltage, mV", required=False)

    def __init__(self, *arguments: Any, miner: Miner, **named: Any) -> None:
        entered = miner.overclock
        pair = {"frequency_mhz": entered.frequency_mhz, "core_voltage_mv": entered.core_voltage_mv} if entered else {}
        super().__init__(*arguments, **{"initial": pair, **named})
        limits = miner.board.oc_limits if miner.board is not None else None
        if limits is not None:
            ranges = {
                "frequency_mhz": f"{limits.frequency_min_mhz} to {limits.frequency_max_mhz}.",
                "core_voltage_mv": f"{limits.core_voltage_min_mv} to {limits.core_voltage_max_mv}.",
            }
            for name, words in ranges.items():
                self.fields[name].help_text = words


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


class NetworkFields:
    """How a network and its ports are checked, in each form that takes them."""

    cleaned_data: dict[str, Any]

    def clean_ports(self) -> str:
        text = str(self.cleaned_data["ports"])
        with_remedy(ports_of, text)
        return text

    def clean(self) -> dict[str, Any]:
        super().clean()  # type: ignore[misc]  # a form's; a stored network is unique
        name = "network" if "network" in self.fields else "cidr"  # type: ignore[attr-defined]  # a form's
        text = self.cleaned_data.get(name)
        if text:
            try:
                self.cleaned_data[name] = str(network_of(text, large=bool(self.cleaned_data.get("large"))))
            except AddressRefusedError as error:
                self.add_error(name, str(error))  # type: ignore[attr-defined]  # a form's
        return self.cleaned_data


def with_remedy(check: Any, text: str) -> Any:
    """Call a check of what was typed and turn its refusal into the field's error."""
    try:
        return check(text)
    except AddressRefusedError as error:
        raise forms.ValidationError(str(error)) from error


PORTS_HELP = "Empty for where miners are at home. Up to eight, with commas."
LARGE_HELP = "Needed for more than 4096 addresses; it takes a while."


class ScanForm(NetworkFields, forms.Form):
    """A network to look through once."""

    network = forms.CharField(label="Network", max_length=50, help_text="Such as 192.168.1.0/24.")
    ports = forms.CharField(label="Ports", max_length=60, required=False, help_text=PORTS_HELP)
    large = forms.BooleanField(label="It is meant to be so large", required=False, help_text=LARGE_HELP)
    add = forms.BooleanField(label="Add every miner that is found", required=False)


class ScanNetworkForm(NetworkFields, forms.ModelForm[ScanNetwork]):
    """A network to look through regularly."""

    class Meta:
        model = ScanNetwork
        fields = ["cidr", "every_h", "auto_add", "ports", "large", "enabled"]
        help_texts = {
            "cidr": "Such as 192.168.1.0/24.",
            "every_h": "1 to 168.",
            "ports": PORTS_HELP,
            "large": LARGE_HELP,
            "auto_add": "Off: what is found is listed here, and you add it.",
        }
        labels = {"large": "It is meant to be so large"}


class CheckAddressForm(forms.Form):
    """One address to be asked what it is."""

    address = forms.CharField(label="Address", max_length=280, help_text="Such as 192.168.1.20 or 192.168.1.20:8080.")

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data.get("address")
        if typed:
            try:
                host, port = parse_address(typed, default_port=0)
            except AddressRefusedError as error:
                self.add_error("address", str(error))
            else:
                self.cleaned_data |= {"host": host, "port": str(port) if port else ""}
        return self.cleaned_data


class ProfileForm(forms.ModelForm[TuningProfile]):
    """A tuning profile made by hand; the board's limits are checked as it is typed and again when it is kept."""

    chip = forms.ChoiceField(label="For", help_text="The chips of your miners.")

    class Meta:
        model = TuningProfile
        fields = ["name", "frequency_mhz", "core_voltage_mv", "fan", "fan_percent"]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(f"{kind}:{chip}", f"{FAMILY_LABELS.get(kind, kind)} · {chip}") for kind, chip in chips()]
        self.fields["chip"].choices = choices  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["chip"] = f"{self.instance.kind}:{self.instance.asic_model}"

    def clean(self) -> dict[str, Any]:
        super().clean()
        kind, _colon, chip = str(self.cleaned_data.get("chip") or "").partition(":")
        self.instance.kind, self.instance.asic_model = kind, chip
        if self.errors:
            return self.cleaned_data
        for name, value in self.cleaned_data.items():
            setattr(self.instance, name, value)
        try:
            check_profile(self.instance)
        except ProfileError as error:
            for field, words in error.fields.items():
                self.add_error(field if field in self.fields else None, words)
        return self.cleaned_data


class ProfileFromMinerForm(forms.Form):
    """A name for what a miner runs at now."""

    miner = forms.ModelChoiceField(Miner.objects.filter(newest__frequency_mhz__isnull=False), label="Miner")
    name = forms.CharField(label="Name", max_length=60)
