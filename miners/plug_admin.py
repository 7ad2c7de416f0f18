"""Home Assistant and its plugs in the admin: what a person may change goes through the services, as on the pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from hmm.audit.admin import DeletesWithHistory, ReadOnlyAdmin
from hmm.clock import now as read_clock
from miners.models import HomeAssistantServer, PlugCommand, PowerMeter, PowerSwitch
from miners.plug_forms import ConnectionForm, PlugForm
from miners.services.home_assistant import save_connection
from miners.services.plug_links import remove_plug, save_plug


@admin.register(HomeAssistantServer)
class HomeAssistantServerAdmin(admin.ModelAdmin[HomeAssistantServer]):
    """The connection and how it is. A token is typed in and never shown."""

    form = ConnectionForm
    list_display = ["url", "enabled", "version", "ok_at", "down_since", "error_text"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # there is one
        return False

    def has_delete_permission(self, request: HttpRequest, obj: HomeAssistantServer | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: HomeAssistantServer, form: ModelForm[HomeAssistantServer], change: bool
    ) -> None:
        said = {name: form.cleaned_data[name] for name in ("url", "new_token", "verify_tls", "enabled")}
        save_connection(**said, actor=request.user.get_username(), now=read_clock())


@admin.register(PowerSwitch)
class PowerSwitchAdmin(DeletesWithHistory):
    """Plugs with what was read of them; forgetting one leaves it as it is."""

    form = PlugForm
    list_display = ["name", "entity", "state", "read_at", "locked", "policy", "held_by", "failures"]
    list_filter = ["state", "locked", "policy"]
    search_fields = ["name", "entity"]

    def save_model(self, request: HttpRequest, obj: PowerSwitch, form: ModelForm[PowerSwitch], change: bool) -> None:
        said: dict[str, Any] = form.cleaned_data
        save_plug(
            obj,
            miner_ids=[miner.pk for miner in said["miners"]],
            meter_entity=said["meter"],
            actor=request.user.get_username(),
            now=read_clock(),
        )

    def delete_model(self, request: HttpRequest, obj: PowerSwitch) -> None:
        remove_plug(obj, actor=request.user.get_username(), now=read_clock())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PowerSwitch]) -> None:
        for switch in queryset:
            self.delete_model(request, switch)


@admin.register(PowerMeter)
class PowerMeterAdmin(ReadOnlyAdmin):
    """Power sensors and what they measure."""

    list_display = ["name", "entity", "switch", "miner", "power_w", "read_at"]
    search_fields = ["name", "entity"]
    list_select_related = ["switch", "miner"]


@admin.register(PlugCommand)
class PlugCommandAdmin(ReadOnlyAdmin):
    """What was asked of plugs and how it ended."""

    list_display = ["created_at", "switch", "on", "status", "actor", "finished_at", "message"]
    list_filter = ["status", "on", "actor"]
    search_fields = ["switch__name", "reason", "message"]
    date_hierarchy = "created_at"
    list_select_related = ["switch"]
