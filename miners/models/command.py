"""Commands as rows: one instruction to one device, and the due time of its next step."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from hmm.secrets import EncryptedTextField
from miners.models.miner import Miner

FURTHEST_AHEAD = timedelta(minutes=5)  # no step is ever due later; beyond it the clock was set back


class CommandKind(models.TextChoices):
    """What a command changes."""

    POWER = "power", "Power"
    MODE = "mode", "Mode"
    TUNING = "tuning", "Clock and core voltage"
    FAN = "fan", "Fan"
    POOL = "pool", "Pool"
    SLOT = "slot", "Write a pool slot"
    SWITCH_SLOT = "switch_slot", "Switch to a pool slot"
    RESTART = "restart", "Restart"
    IDENTIFY = "identify", "Identify"
    CONFIGURE = "configure", "Configuration"
    CLEAR_OVERHEAT = "clear_overheat", "Clear overheat"
    PROVE = "prove", "Prove that it keeps settings"


class CommandStatus(models.TextChoices):
    """Where a command stands. It is applied when the device shows it, never when it answers."""

    WANTED = "wanted", "Wanted"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    NEEDS_RESTART = "needs restart", "Needs restart"
    RESTARTING = "restarting", "Restarting"
    APPLIED = "applied", "Applied"
    REFUSED = "refused", "Refused"
    NOT_VERIFIED = "not verified", "Not verified"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (
    CommandStatus.WANTED,
    CommandStatus.SENDING,
    CommandStatus.SENT,
    CommandStatus.NEEDS_RESTART,
    CommandStatus.RESTARTING,
)
UNSENT = (CommandStatus.WANTED, CommandStatus.NEEDS_RESTART)  # nothing of their step has left yet
WITH_A_STEP = (CommandStatus.WANTED, CommandStatus.SENDING, CommandStatus.NEEDS_RESTART)


class CommandQuerySet(models.QuerySet["Command"]):
    """Reads of commands."""

    def open(self) -> "CommandQuerySet":
        return self.filter(status__in=OPEN)

    def put_off(self) -> "CommandQuerySet":
        """Return what a device would not take yet; it is asked again at the due time."""
        return self.filter(status=CommandStatus.WANTED, attempts__gt=0)

    def due(self, now: datetime) -> "CommandQuerySet":
        """Return open commands whose next step is due, or due absurdly late because the clock was set back."""
        return self.open().filter(Q(due_at__lte=now) | Q(due_at__gt=now + 2 * FURTHEST_AHEAD))


class Command(models.Model):
    """One instruction. At most one of a kind is open for a miner."""

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=15, choices=CommandKind.choices)
    value = models.JSONField(null=True, blank=True)
    secret = EncryptedTextField(blank=True, default="")  # a pool's password, blanked at the end
    code = EncryptedTextField(blank=True, default="")  # a one-time code, blanked at the end
    previous = models.JSONField(null=True, blank=True)
    status = models.CharField(max_length=14, choices=CommandStatus.choices, default=CommandStatus.WANTED)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    uptime_at_send_s = models.BigIntegerField(null=True, blank=True)
    give_up_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    actor = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    message = models.TextField(blank=True)
    audit_entry_id = models.BigIntegerField(null=True, blank=True)

    objects = CommandQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["miner", "kind"], condition=Q(status__in=OPEN), name="one_open_command_of_a_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], name="command_due"),
            models.Index(fields=["miner", "-created_at"], name="command_of_miner"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value or ''}".strip()

    @property
    def is_put_off(self) -> bool:
        """Tell whether the device asked to be asked again later: sent before, and waiting to be sent again."""
        return self.status == CommandStatus.WANTED and self.attempts > 0

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def asked(self) -> dict[str, Any]:
        """Return the value as a mapping; a command without one asks for nothing but its kind."""
        return dict(self.value or {})

    @property
    def was_interrupted(self) -> bool:
        """Tell whether the process died between the row and the restart; one that was sent has an end."""
        return self.status == CommandStatus.RESTARTING and self.give_up_at is None
