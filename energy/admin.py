"""Tariffs, prices and costs in the admin. Prices and costs are there to be read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from energy.models import LedgerEntry, SettlementPeriod, StandingCharge, Tariff
from energy.services.refresh import choose_tariff, rename_tariff
from energy.tariffs.base import ConfigError
from energy.tariffs.registry import loaded, source_for
from hmm.audit.admin import AuditedAdmin, ReadOnlyAdmin
from hmm.clock import now as read_clock


class TariffForm(forms.ModelForm[Tariff]):
    """A tariff, its configuration checked by the plug-in itself."""

    class Meta:
        model = Tariff
        fields = ["kind", "name", "config"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "config" not in self.fields:
            return cleaned
        kind, config = cleaned.get("kind"), cleaned.get("config")
        if not isinstance(config, dict):
            self.add_error("config", 'Write an object, such as {"region": "J"}.')
        elif kind:
            try:
                wrong = source_for(kind).validate(config)
            except ConfigError as error:
                wrong = {"kind": str(error)}
            for name, sentence in wrong.items():
                self.add_error("kind" if name == "kind" else "config", sentence)
        return cleaned


@admin.register(Tariff)
class TariffAdmin(AuditedAdmin):
    """Which tariffs there are, which one is active, and how its last fetch went."""

    form = TariffForm
    list_display = ["name", "kind", "active", "fetched_at", "fetch_due_at", "failures", "last_error"]
    list_filter = ["kind", "active"]
    search_fields = ["name"]
    readonly_fields = ["active", "fetched_at", "fetch_due_at", "failures", "last_error"]
    actions = ["make_active"]

    def has_delete_permission(self, request: HttpRequest, obj: Tariff | None = None) -> bool:
        return False  # its prices are what past costs are computed from

    def get_readonly_fields(self, request: HttpRequest, obj: Tariff | None = None) -> list[str]:
        terms = ["kind", "config"] if obj is not None else []  # other terms are another tariff with its own history
        return [*terms, *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Tariff, form: forms.ModelForm[Tariff], change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data:
            rename_tariff(obj, form.cleaned_data["name"], actor=request.user.get_username())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        for name, reason in loaded()[1].items():
            messages.warning(request, f"The tariff plug-in {name} failed to load: {reason}")
        return super().changelist_view(request, extra_context)

    @admin.action(description="Make it the active tariff")
    def make_active(self, request: HttpRequest, queryset: QuerySet[Tariff]) -> None:
        if queryset.count() != 1:
            messages.error(request, "Choose exactly one tariff.")
            return
        chosen = queryset.get()
        try:
            choose_tariff(
                kind=chosen.kind,
                config=chosen.config,
                name=chosen.name,
                actor=request.user.get_username(),
                now=read_clock(),
            )
        except (ConfigError, ValueError) as error:
            messages.error(request, f"{chosen.name} cannot be used: {error}")
            return
        messages.success(request, f"{chosen.name} is the active tariff; its prices are fetched within a minute.")


@admin.register(SettlementPeriod)
class SettlementPeriodAdmin(ReadOnlyAdmin):
    """What a kWh costs and when."""

    list_display = ["starts_at", "ends_at", "price_p_per_kwh", "price_ex_vat_p_per_kwh", "tariff", "fetched_at"]
    list_filter = ["tariff"]
    list_select_related = ["tariff"]
    date_hierarchy = "starts_at"


@admin.register(StandingCharge)
class StandingChargeAdmin(ReadOnlyAdmin):
    """What a day of supply costs, from which day on."""

    list_display = ["from_day", "p_per_day", "tariff_label"]
    list_filter = ["tariff_label"]
    search_fields = ["tariff_label"]
    date_hierarchy = "from_day"


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """What each miner used and cost, slot by slot."""

    list_display = [
        "starts_at",
        "miner_label",
        "energy_kwh",
        "price_p_per_kwh",
        "cost_p",
        "mode",
        "band_position",
        "coin",
        "unknown_s",
    ]
    list_filter = ["miner_label", "coin", "is_final"]
    search_fields = ["miner_label", "reason"]
    date_hierarchy = "starts_at"
