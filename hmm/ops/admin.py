from django.contrib import admin
from django.http import HttpRequest

from hmm.ops.models import Chore, Heartbeat


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
