from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from hmm.audit.admin import ReadOnlyAdmin
from hmm.clock import now as read_clock
from hmm.ops.backups import making
from hmm.ops.forms import KeepForm
from hmm.ops.models import BackupRun, BackupSettings, Chore, Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """When each part last proved that it works."""

    list_display = ("part", "beat_at", "pid", "detail")
    search_fields = ("part",)


@admin.register(Chore)
class ChoreAdmin(ReadOnlyAdmin):
    """When each piece of housekeeping is due next."""

    list_display = ("name", "due_at")
    search_fields = ("name",)


@admin.register(BackupRun)
class BackupRunAdmin(ReadOnlyAdmin):
    """How each try to make a backup ended."""

    list_display = ("started_at", "trigger", "status", "file", "size_bytes", "error")
    list_filter = ("status", "trigger")
    date_hierarchy = "started_at"


@admin.register(BackupSettings)
class BackupSettingsAdmin(admin.ModelAdmin[BackupSettings]):
    """How many backups are kept."""

    form = KeepForm
    list_display = ("__str__", "kept")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BackupSettings | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: BackupSettings, form: Any, change: bool) -> None:
        making.keep(form.cleaned_data["kept"], actor=request.user.get_username(), now=read_clock())
