"""Notifications in the admin, to be read; channels and words are changed on their pages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hmm.audit.admin import ReadOnlyAdmin
from notifications.models import Channel, Delivery, EventChoice, House, Incident, Notice


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """What was wrong, when, and for how long."""

    list_display = ["opened_at", "closed_at", "severity", "label", "title", "acknowledged_by"]
    list_filter = ["severity", "kind", ("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["label", "title", "detail"]
    date_hierarchy = "opened_at"


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What could be told, and what became of it."""

    list_display = ["occurred_at", "event", "phase", "severity", "label", "title", "outcome"]
    list_filter = ["event", "phase", "severity"]
    search_fields = ["label", "title"]
    date_hierarchy = "occurred_at"


@admin.register(Channel)
class ChannelAdmin(ReadOnlyAdmin):
    """The ways to send; their settings are secrets and not shown."""

    list_display = ["name", "kind", "enabled", "minimum_severity", "broken_reason", "delivered_at"]
    list_filter = ["kind", "enabled"]
    exclude = ["sealed"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return Channel.objects.defer("sealed")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The queue and its log."""

    list_display = ["created_at", "channel", "event", "severity", "title", "status", "attempts", "error"]
    list_filter = ["status", "event", "severity"]
    search_fields = ["title", "error"]
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return Delivery.objects.select_related("channel").defer("channel__sealed")


@admin.register(EventChoice)
class EventChoiceAdmin(ReadOnlyAdmin):
    """What the household chose about events."""

    list_display = ["event", "enabled", "template"]


@admin.register(House)
class HouseAdmin(ReadOnlyAdmin):
    """What concerns all channels."""

    list_display = ["maintenance_until", "price_below_p_per_kwh", "price_above_p_per_kwh"]
