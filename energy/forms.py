"""The forms of the energy page."""

from django import forms

from energy.tariffs.octopus_agile.wire import REGIONS


class RegionForm(forms.Form):
    """The region of the tariff."""

    region = forms.ChoiceField(
        choices=[(letter, f"{letter} · {name}") for letter, name in REGIONS.items()],
        error_messages={"invalid_choice": "Choose one of the fourteen regions."},
    )
