"""Incidents in the admin, to be read."""

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Incident


@admin.register(Incident)
class IncidentAdmin(admin.ModelAdmin[Incident]):
    """What was wrong, when, and for how long."""

    list_display = ["opened_at", "closed_at", "severity", "label", "title"]
    list_filter = ["severity", "kind", ("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["label", "title", "detail"]
    date_hierarchy = "opened_at"

    def has_add_permission(self, request: HttpRequest) -> bool:  # Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False
