"""A form for any tariff, made from the settings its source names."""

import json
from typing import Any

from django import forms

from energy.tariffs.base import ConfigError, DataError, Setting, Slot
from energy.tariffs.csv_prices import wire
from energy.tariffs.csv_prices.tariff import CsvPrices
from energy.tariffs.registry import settings_of, source_for

TEXT_MAX, LONG_TEXT_MAX = 200, 4000
FILE_LIMIT = 20_000_000  # bytes


class TariffForm(forms.Form):
    """A name, and what the tariff of `kind` wants to know. `config` holds it once the form is valid."""

    name = forms.CharField(
        required=False, max_length=100, help_text="As you want to see it; empty for the tariff's own name."
    )

    def __init__(self, kind: str, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.kind, self.source = kind, source_for(kind)
        self.asked = settings_of(kind)
        self.config: dict[str, Any] = {}
        self.slots: list[Slot] = []
        for setting in self.asked or ():
            self.fields[setting.name] = field_of(setting)
        if self.asked is None:
            self.fields["config"] = forms.CharField(
                required=False,
                max_length=LONG_TEXT_MAX,
                label="Settings",
                help_text='A JSON object as the plug-in\'s page says, such as {"home": "1"}.',
                widget=forms.Textarea(attrs={"rows": 4, "class": "mono"}),
            )
        if kind == CsvPrices.kind:
            self.fields["file"] = forms.FileField(
                label="Prices as CSV", help_text="Columns valid_from (with a zone) and price_pence_inc_vat."
            )
        for field in self.fields.values():
            field.widget.attrs.setdefault(
                "class", "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            )

    def clean_file(self) -> Any:
        """Read the prices whole, or name the line at fault."""
        file = self.cleaned_data["file"]
        if file.size > FILE_LIMIT:
            raise forms.ValidationError(f"Choose a file of at most {FILE_LIMIT // 1_000_000} MB.")
        try:
            self.slots = wire.slots_of(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This is no text file; save the table as CSV.") from error
        except DataError as error:
            raise forms.ValidationError(str(error)) from error
        return file

    def clean_config(self) -> dict[str, Any]:
        try:
            config = json.loads(self.cleaned_data["config"] or "{}", parse_constant=float_refused)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("This is no JSON.") from error
        if not isinstance(config, dict) or "\\u0000" in self.cleaned_data["config"]:
            raise forms.ValidationError('Write an object, such as {"home": "1"}.')
        return config

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if self.asked is None:
            self.config = cleaned["config"]
        else:
            self.config = {item.name: cleaned[item.name] for item in self.asked if cleaned[item.name] != ""}
        try:
            wrong = self.source.validate(self.config)
        except ConfigError as error:
            wrong = {"": str(error)}
        for name, sentence in wrong.items():
            self.add_error(name if name in self.fields else None, sentence)
        return cleaned

    @property
    def title(self) -> str:
        """Return the name the tariff is to have."""
        region = self.config.get("region")
        own = f"{self.source.label}, region {region}" if region else self.source.label
        return str(self.cleaned_data["name"]) or own


def float_refused(word: str) -> float:
    """Refuse what is no number; databases keep no NaN in JSON."""
    raise ValueError(f"{word} is no number")


def field_of(setting: Setting) -> forms.Field:
    """Return the field of a setting."""
    words: dict[str, Any] = {"label": setting.label, "help_text": setting.help, "required": setting.required}
    if setting.choices:
        return forms.ChoiceField(choices=setting.choices, **words)
    if setting.is_long:
        area = forms.Textarea(attrs={"rows": 5, "class": "form-control mono"})
        return forms.CharField(max_length=LONG_TEXT_MAX, widget=area, initial=setting.initial, **words)
    return forms.CharField(max_length=TEXT_MAX, initial=setting.initial, **words)
