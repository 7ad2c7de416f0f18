"""What persons type about channels and events."""

from typing import Any

from django import forms

from notifications.events import event_choices
from notifications.models import Channel, House
from notifications.subjects import subject_choices
from notifications.transports.base import Setting
from notifications.transports.registry import TRANSPORTS

PREFIX = "config_"


def field_for(setting: Setting, stored: dict[str, Any]) -> forms.Field:
    """Return the field of a transport's setting; a stored secret is never shown."""
    is_stored = bool(stored.get(setting.name))
    if setting.choices:
        return forms.ChoiceField(label=setting.label, choices=setting.choices, initial=stored.get(setting.name))
    words = setting.help
    if setting.secret and is_stored:
        words = f"{words} Stored encrypted; empty keeps it.".strip()
    return forms.CharField(
        label=setting.label,
        max_length=500,
        required=False,
        help_text=words,
        initial="" if setting.secret else stored.get(setting.name) or setting.default,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"})
        if setting.secret
        else forms.TextInput(attrs={"spellcheck": "false"}),
    )


class ChannelForm(forms.ModelForm[Channel]):
    """A channel: its name, what its transport needs, and what is sent through it."""

    events = forms.MultipleChoiceField(
        label="Only these events", required=False, widget=forms.CheckboxSelectMultiple, help_text="None means all."
    )
    subjects = forms.MultipleChoiceField(
        label="Only these miners", required=False, widget=forms.CheckboxSelectMultiple, help_text="None means all."
    )

    class Meta:
        model = Channel
        fields = ["name", "enabled", "minimum_severity", "quiet_from", "quiet_until"]
        labels = {"quiet_from": "Quiet from", "quiet_until": "Quiet until", "minimum_severity": "From which severity"}
        help_texts = {"quiet_until": "What is critical passes."}
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *arguments: Any, kind: str, stored: dict[str, Any], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.kind = kind
        own = {PREFIX + item.name: field_for(item, stored) for item in TRANSPORTS[kind].settings}
        self.fields.update(own)
        self.fields["events"].choices = event_choices()  # type: ignore[attr-defined]  # a choice field
        self.fields["subjects"].choices = subject_choices()  # type: ignore[attr-defined]  # a choice field
        self.initial.update({"events": self.instance.events, "subjects": self.instance.subjects})
        self.order_fields(["name", *own, "enabled", "minimum_severity", "quiet_from", "quiet_until"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", "Write both ends of the quiet hours, or none.")
        return cleaned

    def typed(self) -> dict[str, str]:
        """Return what was typed for the transport."""
        return {
            name.removeprefix(PREFIX): str(value or "")
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX)
        }

    def channel(self) -> Channel:
        """Return the row as it should be, not stored."""
        row = self.save(commit=False)
        row.kind = self.kind
        row.events, row.subjects = self.cleaned_data["events"], self.cleaned_data["subjects"]
        return row


class TemplateForm(forms.Form):
    """The words of one event."""

    enabled = forms.BooleanField(label="Tell this event", required=False)
    template = forms.CharField(
        label="Message, Markdown",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control mono"}),
    )


class PriceForm(forms.ModelForm[House]):
    """From which prices on a household is told."""

    class Meta:
        model = House
        fields = ["price_below_p_per_kwh", "price_above_p_per_kwh"]
        labels = {"price_below_p_per_kwh": "Tell below, p/kWh", "price_above_p_per_kwh": "Tell above, p/kWh"}
        help_texts = {"price_above_p_per_kwh": "Empty tells nothing."}
