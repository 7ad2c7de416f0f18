"""The forms of the energy page."""

import re

from django import forms

from energy.tariffs.octopus_agile.wire import REGIONS

POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?( ?[0-9][A-Z]{2})?")
FIND = ""


class RegionForm(forms.Form):
    """The region of the tariff, or a postcode to find it by."""

    region = forms.ChoiceField(
        required=False,
        choices=[
            (FIND, "Find it by postcode"),
            *((letter, f"{letter} · {name}") for letter, name in REGIONS.items()),
        ],
        error_messages={"invalid_choice": "Choose one of the fourteen regions."},
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    postcode = forms.CharField(
        required=False,
        max_length=10,
        help_text="Only to find your region; it is not kept. Counts where no region is chosen.",
        error_messages={"max_length": "Write a postcode such as BN1 1AE."},
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "postal-code"}),
    )

    def clean_postcode(self) -> str:
        text = " ".join(str(self.cleaned_data["postcode"]).upper().split())
        if text and not POSTCODE.fullmatch(text):
            raise forms.ValidationError("Write a postcode such as BN1 1AE, or choose the region.")
        return text

    def clean(self) -> dict[str, str]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("postcode") and not cleaned.get("region"):
            self.add_error("postcode", "Write a postcode or choose a region.")
        return cleaned
