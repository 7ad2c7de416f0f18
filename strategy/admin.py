"""The strategy in the admin; bands, switch and override go through the same services as the page and the API."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from hmm.audit.admin import ReadOnlyAdmin
from hmm.clock import now as read_clock
from miners.drivers.registry import FAMILY_MODES
from strategy.band_rows import BandError
from strategy.forms import BandForm, SafetyForm
from strategy.models import AutomationRule, Band, BandVersion, ModeTarget, RuleCrossing, StrategyState
from strategy.rule_forms import RuleForm
from strategy.services.bands import edit_band, edited_rows, in_turn, place_of
from strategy.services.rules import remove_rule, save_rule
from strategy.services.switches import set_safety


class CheckedBandForm(BandForm):
    """The same, refused at the field: the services say what fits between the other bands.

    Only what was changed is written: the band shown may be the one in force while another edit of it waits.
    """

    def changes(self) -> dict[str, Any]:
        said, families = super().changes(), FAMILY_MODES
        modes = {name: said["modes"][name] for name in families if f"{name}_mode" in self.changed_data}
        return {name: said[name] for name in said if name in self.changed_data} | {"modes": modes}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            edited_rows(place_of(self.instance), self.changes())
        except BandError as error:
            for name, sentence in error.fields.items():
                self.add_error(name if name in self.fields else None, sentence)
        return cleaned


class SafetyAdminForm(SafetyForm, forms.ModelForm[StrategyState]):
    """The fields of the page, shown with what is stored."""

    class Meta:
        model = StrategyState
        fields = ["grace_minutes", "fail_safe"]


@admin.register(Band)
class BandAdmin(admin.ModelAdmin[Band]):
    """Bands of every version. Saving one makes the next version, in force from the next slot."""

    form = CheckedBandForm
    list_display = ["position", "ceiling_p_per_kwh", "target", "champion_only", "version"]
    list_filter = ["version__status"]
    list_select_related = ["version"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Band | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Band, form: BandForm, change: bool) -> None:
        if not form.changed_data:
            return
        try:
            with in_turn():
                edit_band(
                    place_of(obj),
                    form.changes(),
                    actor=request.user.get_username(),
                    now=read_clock(),
                    reason="in the admin",
                )
        except BandError as error:
            self.message_user(request, f"Nothing was stored: {error}", messages.ERROR)


@admin.register(BandVersion)
class BandVersionAdmin(ReadOnlyAdmin):
    """Every edit of the bands."""

    list_display = ["created_at", "status", "effective_from", "created_by"]
    list_filter = ["status"]


@admin.register(ModeTarget)
class ModeTargetAdmin(ReadOnlyAdmin):
    """The modes of the bands."""

    list_display = ["band", "family", "mode"]
    list_filter = ["family", "band__version__status"]
    list_select_related = ["band"]


@admin.register(StrategyState)
class StrategyStateAdmin(admin.ModelAdmin[StrategyState]):
    """What the strategy is told. What it remembers is to be read; the switch and the override have their page."""

    form = SafetyAdminForm
    list_display = ["enabled", "override_kind", "current_band", "decided_at"]
    fields = ["grace_minutes", "fail_safe", "enabled", "current_band", "decided_at", "decision"]
    readonly_fields = ["enabled", "current_band", "decided_at", "decision"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: StrategyState, form: SafetyForm, change: bool) -> None:
        set_safety(**form.cleaned_data, actor=request.user.get_username(), now=read_clock())


@admin.register(AutomationRule)
class AutomationRuleAdmin(admin.ModelAdmin[AutomationRule]):
    """Automation rules, checked and kept by the same form and service as on their page."""

    form = RuleForm
    list_display = ["name", "priority", "trigger", "action", "scope", "dry_run", "enabled"]
    list_filter = ["enabled", "dry_run", "trigger", "action"]
    search_fields = ["name"]

    def save_model(self, request: HttpRequest, obj: AutomationRule, form: RuleForm, change: bool) -> None:
        del change
        save_rule(obj, form.cleaned_data["miners"], actor=request.user.get_username(), now=read_clock())

    def delete_model(self, request: HttpRequest, obj: AutomationRule) -> None:
        remove_rule(obj, actor=request.user.get_username(), now=read_clock())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AutomationRule]) -> None:
        for rule in queryset:
            self.delete_model(request, rule)


@admin.register(RuleCrossing)
class RuleCrossingAdmin(ReadOnlyAdmin):
    """What rules remember of their crossings."""

    list_display = ["rule", "miner", "active", "fired_at", "ended_at"]
    list_filter = ["active", "rule"]
    list_select_related = ["rule", "miner"]
