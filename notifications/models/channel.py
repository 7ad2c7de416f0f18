"""Channels, the queue of what is sent through them, and what a household chose about events."""

import json
from datetime import datetime
from typing import Any

from django.db import models

from hmm.secrets import EncryptedTextField
from notifications.models.incident import Incident, Severity
from notifications.models.notice import Notice
from notifications.transports.registry import transport_choices


class Channel(models.Model):
    """One way to reach a person. Its settings are sealed as a whole: tokens and addresses are secrets."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=transport_choices)
    enabled = models.BooleanField("in use", default=True)
    sealed = EncryptedTextField(default="{}")
    minimum_severity = models.CharField("from", max_length=8, choices=Severity.choices, default=Severity.INFO)
    events = models.JSONField(default=list, blank=True)  # keys; empty means all
    subjects = models.JSONField("miners", default=list, blank=True)  # "miner:7"; empty means all
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    broken_reason = models.CharField(max_length=300, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    wait_until = models.DateTimeField(null=True, blank=True)  # the service asked for a pause
    busy_until = models.DateTimeField(null=True, blank=True)
    last_update = models.BigIntegerField(default=0)  # of the chat's updates, the last one acted on

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def config(self) -> dict[str, Any]:
        """Return the settings of the transport. Raise SecretUnreadableError as their column does."""
        return dict(json.loads(self.sealed or "{}"))

    @property
    def is_usable(self) -> bool:
        return self.enabled and not self.broken_reason

    def wants(self, event: str, severity: str, subject: str) -> bool:
        """Tell whether a notice is for this channel. Miners are chosen among miners only."""
        values = list(Severity.values)
        if values.index(severity) < values.index(self.minimum_severity) or (self.events and event not in self.events):
            return False
        return not (self.subjects and subject.startswith("miner:") and subject not in self.subjects)

    def is_quiet(self, local: datetime) -> bool:
        """Tell whether a local time lies in the quiet hours, which may go over midnight."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return False
        clock = local.time()
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until


class DeliveryStatus(models.TextChoices):
    """Where a message stands; `possibly sent` tells that nobody answered after it had left."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    POSSIBLY = "possibly", "Possibly sent"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Too old, not sent"
    QUIET = "quiet", "Quiet hours, not sent"


class Delivery(models.Model):
    """One message for one channel, from its queueing to its end. `message` holds no secret."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    notices = models.ManyToManyField(Notice, related_name="deliveries")
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    event = models.CharField(max_length=40)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    title = models.CharField(max_length=300)
    message = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=120, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["status", "channel", "id"], name="delivery_to_send")]

    def __str__(self) -> str:
        return self.title


class EventChoice(models.Model):
    """What a household chose about one event: whether it is told, and in which words."""

    event = models.CharField(max_length=40, unique=True)
    enabled = models.BooleanField(default=True)
    template = models.TextField(blank=True)  # Markdown; empty takes the standard text

    class Meta:
        ordering = ["event"]

    def __str__(self) -> str:
        return self.event


class House(models.Model):
    """The one row of what concerns all channels."""

    maintenance_until = models.DateTimeField(null=True, blank=True)
    price_below_p_per_kwh = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    price_above_p_per_kwh = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)

    def __str__(self) -> str:
        return "Notifications"
