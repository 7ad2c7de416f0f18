"""Incidents, what was told of them, and the channels it was told through."""

from notifications.models.channel import Channel, Delivery, DeliveryStatus, EventChoice, House
from notifications.models.incident import Incident, IncidentQuerySet, Severity
from notifications.models.notice import Notice, Phase

__all__ = [
    "Channel",
    "Delivery",
    "DeliveryStatus",
    "EventChoice",
    "House",
    "Incident",
    "IncidentQuerySet",
    "Notice",
    "Phase",
    "Severity",
]
