from django.contrib import admin
from django.http import HttpRequest

from hmm.audit.admin import AuditedAdmin, ReadOnlyAdmin
from hmm.ops.models import BackupRun, BackupSettings, Chore, Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(admin.ModelAdmin[Heartbeat]):
    list_display = ("part", "beat_at", "pid", "detail")
    search_fields = ("part",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        return False


@admin.register(Chore)
class ChoreAdmin(admin.ModelAdmin[Chore]):
    list_display = ("name", "due_at")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(BackupRun)
class BackupRunAdmin(ReadOnlyAdmin):
    """How each try to make a backup ended."""

    list_display = ("started_at", "trigger", "status", "file", "size_bytes", "error")
    list_filter = ("status", "trigger")
    date_hierarchy = "started_at"


@admin.register(BackupSettings)
class BackupSettingsAdmin(AuditedAdmin):
    """How many backups are kept."""

    list_display = ("__str__", "kept")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BackupSettings | None = None) -> bool:
        return False
