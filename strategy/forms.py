"""A band as a form; what it may hold is the service's to say."""

from typing import Any

from django import forms

from miners.drivers.registry import FAMILY_LABELS, FAMILY_MODES
from strategy import core
from strategy.models import Band


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
