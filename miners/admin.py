"""Miners in the admin: what a person may change goes through the services; readings are to be read."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from hmm.audit.admin import DeletesWithHistory, ReadOnlyAdmin
from hmm.clock import now as read_clock
from miners.forms import EditMinerForm, ProfileForm, ScanNetworkForm
from miners.models import (
    BlockCredit,
    Command,
    DeviceTemplate,
    FieldState,
    FirmwareVersion,
    FiveMinuteMean,
    HealthLimits,
    HealthReason,
    HeardDevice,
    HighShare,
    HourlyMean,
    Miner,
    MinerTarget,
    NewestReading,
    PoolSlot,
    PoolWork,
    ScanNetwork,
    TelemetryReading,
    TuningProfile,
)
from miners.plug_admin import PowerSwitchAdmin  # noqa: F401  # registers plugs and their Home Assistant
from miners.services.finding import remove_network, save_network
from miners.services.fleet import EDITABLE, edit_miner, remove_miner
from miners.services.tuning import remove_profile, save_profile


@admin.register(Miner)
class MinerAdmin(DeletesWithHistory):
    """Devices with what is known of them. They are added by their address on the page Miners, which asks them."""

    form = EditMinerForm
    list_display = ["name", "kind", "model", "firmware", "host", "enabled", "enrolled", "last_seen_at"]
    list_filter = ["kind", "enabled", "enrolled", "trust"]
    search_fields = ["name", "host", "mac", "model"]
    actions = ["enrol", "leave_alone"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # Django's signature
        return False

    def save_model(self, request: HttpRequest, obj: Miner, form: ModelForm[Miner], change: bool) -> None:
        stored = Miner.objects.get(pk=obj.pk)
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in EDITABLE}
        edit_miner(stored, values, actor=request.user.get_username(), now=read_clock(), reason="in the admin")

    def delete_model(self, request: HttpRequest, obj: Miner) -> None:
        remove_miner(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Miner]) -> None:
        for miner in queryset:
            remove_miner(miner, actor=request.user.get_username())

    @admin.action(description="Let the chosen miners follow the strategy", permissions=["change"])
    def enrol(self, request: HttpRequest, queryset: QuerySet[Miner]) -> None:
        self.set_enrolled(request, queryset, enrolled=True)

    @admin.action(description="Leave the chosen miners alone", permissions=["change"])
    def leave_alone(self, request: HttpRequest, queryset: QuerySet[Miner]) -> None:
        self.set_enrolled(request, queryset, enrolled=False)

    def set_enrolled(self, request: HttpRequest, queryset: QuerySet[Miner], *, enrolled: bool) -> None:
        for miner in queryset:
            edit_miner(miner, {"enrolled": enrolled}, actor=request.user.get_username(), now=read_clock())
        self.message_user(request, f"{len(queryset)} changed.", messages.SUCCESS)


@admin.register(Command)
class CommandAdmin(ReadOnlyAdmin):
    """What was asked of devices and how it ended."""

    list_display = ["created_at", "miner", "kind", "status", "actor", "finished_at", "message"]
    list_filter = ["status", "kind", "actor"]
    search_fields = ["miner__name", "reason", "message"]
    date_hierarchy = "created_at"
    list_select_related = ["miner"]
    exclude = ["secret", "code"]


@admin.register(NewestReading)
class NewestReadingAdmin(ReadOnlyAdmin):
    """The newest reading of each miner."""

    list_display = ["miner", "taken_at", "state", "hashrate_ths", "power_w", "chip_temp_c", "mode"]
    list_filter = ["state"]
    list_select_related = ["miner"]


@admin.register(TelemetryReading)
class TelemetryReadingAdmin(ReadOnlyAdmin):
    """Every poll of the last days."""

    list_display = ["taken_at", "miner", "state", "hashrate_ths", "power_w", "chip_temp_c"]
    list_filter = ["miner", "state"]
    list_select_related = ["miner"]
    show_full_result_count = False


@admin.register(FiveMinuteMean, HourlyMean)
class PeriodAdmin(ReadOnlyAdmin):
    """Sums of readings by period."""

    list_display = ["starts_at", "miner", "samples", "hashing_samples", "hashrate_ths_sum", "power_w_sum"]
    list_filter = ["miner"]
    list_select_related = ["miner"]
    show_full_result_count = False


@admin.register(PoolSlot)
class PoolSlotAdmin(ReadOnlyAdmin):
    """The pools each miner keeps, as it last showed them."""

    list_display = ["miner", "position", "rank", "host", "port", "user", "status", "live", "synced_at"]
    list_filter = ["live", "status"]
    search_fields = ["miner__name", "host", "user"]
    list_select_related = ["miner"]


@admin.register(FieldState)
class FieldStateAdmin(ReadOnlyAdmin):
    """What was confirmed of each field, and who holds it."""

    list_display: list[Any] = ["miner", "field", "confirmed", "confirmed_at", "held_by", "failures", "retry_at"]
    list_filter = ["field", "held_by"]
    list_select_related = ["miner"]


@admin.register(MinerTarget)
class MinerTargetAdmin(ReadOnlyAdmin):
    """What the strategy wants of each miner."""

    list_display = ["miner", "on", "mode", "pool_label", "band_position", "champion", "decided_at"]
    list_select_related = ["miner"]


@admin.register(HeardDevice)
class HeardDeviceAdmin(ReadOnlyAdmin):
    """Devices that were heard and are not stored."""

    list_display = ["host", "kind", "model", "firmware", "heard_at"]
    list_filter = ["kind"]
    search_fields = ["host", "model"]
    exclude = ["datagram"]


@admin.register(DeviceTemplate)
class DeviceTemplateAdmin(ReadOnlyAdmin):
    """For which devices a whole configuration is stored; what it holds is not shown."""

    list_display = ["miner", "saved_at"]
    list_select_related = ["miner"]
    exclude = ["sealed"]


@admin.register(ScanNetwork)
class ScanNetworkAdmin(admin.ModelAdmin[ScanNetwork]):
    """Networks that are looked through for miners."""

    form = ScanNetworkForm
    list_display = ["cidr", "enabled", "every_h", "auto_add", "due_at", "scanned_at"]
    list_filter = ["enabled", "auto_add"]

    def save_model(self, request: HttpRequest, obj: ScanNetwork, form: ModelForm[ScanNetwork], change: bool) -> None:
        save_network(obj, actor=request.user.get_username(), now=read_clock())

    def delete_model(self, request: HttpRequest, obj: ScanNetwork) -> None:
        remove_network(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ScanNetwork]) -> None:
        for network in queryset:
            remove_network(network, actor=request.user.get_username())


@admin.register(TuningProfile)
class TuningProfileAdmin(admin.ModelAdmin[TuningProfile]):
    """Tuning profiles; those that ship with HMM stay as they are."""

    form = ProfileForm
    list_display = ["name", "kind", "asic_model", "in_words", "shipped"]
    list_filter = ["shipped", "kind", "asic_model"]
    search_fields = ["name"]

    def has_change_permission(self, request: HttpRequest, obj: TuningProfile | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj is not None and obj.shipped)

    def has_delete_permission(self, request: HttpRequest, obj: TuningProfile | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.shipped)

    def save_model(
        self, request: HttpRequest, obj: TuningProfile, form: ModelForm[TuningProfile], change: bool
    ) -> None:
        save_profile(obj, actor=request.user.get_username())

    def delete_model(self, request: HttpRequest, obj: TuningProfile) -> None:
        remove_profile(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TuningProfile]) -> None:
        for profile in queryset.filter(shipped=False):
            remove_profile(profile, actor=request.user.get_username())


@admin.register(HealthReason)
class HealthReasonAdmin(ReadOnlyAdmin):
    """What is wrong with miners; what does not count yet has not lasted long enough."""

    list_display = ["miner", "title", "severity", "since", "counts", "gone_since"]
    list_filter = ["code", "severity", "counts"]
    list_select_related = ["miner"]


@admin.register(HealthLimits)
class HealthLimitsAdmin(ReadOnlyAdmin):
    """Limits that were typed in; they are changed on the page Miners, Health."""

    list_display = ["kind", "chip_warn_c", "chip_critical_c", "vr_warn_c", "vr_critical_c", "reject_percent"]


@admin.register(FirmwareVersion)
class FirmwareVersionAdmin(ReadOnlyAdmin):
    """Which firmware a miner had from when on."""

    list_display = ["seen_at", "miner", "firmware", "web_firmware"]
    list_filter = ["miner"]
    date_hierarchy = "seen_at"
    list_select_related = ["miner"]


@admin.register(HighShare)
class HighShareAdmin(ReadOnlyAdmin):
    """Shares of high difficulty, the highest first."""

    list_display = ["difficulty", "miner_label", "coin", "pool_label", "source", "seen_at", "not_before"]
    list_filter = ["coin", "source", "miner"]
    search_fields = ["miner_label"]
    date_hierarchy = "seen_at"


@admin.register(PoolWork)
class PoolWorkAdmin(ReadOnlyAdmin):
    """What miners did for pools, by hour and, once it is past, by day."""

    list_display = ["starts_at", "is_day", "miner", "pool", "coin", "accepted", "rejected", "work_th"]
    list_filter = ["is_day", "coin", "pool", "miner"]
    list_select_related = ["miner", "pool"]


@admin.register(BlockCredit)
class BlockCreditAdmin(ReadOnlyAdmin):
    """Whose found blocks are."""

    list_display = ["block", "miner_label", "miner"]
    list_select_related = ["block", "miner"]
