"""Smart plugs: the server that switches them, the plugs, their meters, and commands to them as rows."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from hmm.secrets import LOST, EncryptedTextField, is_kept, opened
from miners.models.command import CommandStatus
from miners.models.miner import Miner
from miners.models.state import RETRY_MAX
from miners.switches.base import (
    BannedError,
    PlugState,
    SwitchUnreachableError,
    TokenLostError,
    TokenRejectedError,
)
from miners.switches.home_assistant.client import HomeAssistant
from miners.switches.registry import backend_choices

CHECK_EVERY, CHECK_WHEN_LINKED = timedelta(seconds=60), timedelta(seconds=30)
FRESH_FOR = timedelta(seconds=150)  # a state or figure older than this is not known any more
FURTHEST_AHEAD = timedelta(minutes=10)  # nothing is ever due later; beyond it the clock was set back
OPEN = (CommandStatus.WANTED, CommandStatus.SENDING, CommandStatus.SENT)
FAILED = (CommandStatus.REFUSED, CommandStatus.NOT_VERIFIED)
TROUBLES = {
    SwitchUnreachableError.code: "does not answer",
    TokenRejectedError.code: "rejects our token",
    TokenLostError.code: "is not asked: its token cannot be read any more",
    BannedError.code: "has banned us",
}
HOUR_MAX, MINUTES_MAX, CAP_MAX = 168, 240, 200


class PlugPolicy(models.TextChoices):
    """What becomes of a person's hand at a plug."""

    HOUSE = "house", "Off is respected; on is put back where off is wanted"
    RESPECT = "respect", "Respected until the band changes"
    RESPECT_HOURS = "respect_hours", "Respected for some hours"
    ENFORCE = "enforce", "Put back"


class HomeAssistantServer(models.Model):
    """The one connection to Home Assistant, and how it is."""

    url = models.CharField("address", max_length=200, blank=True)
    token = EncryptedTextField(blank=True, default="")
    verify_tls = models.BooleanField("check the certificate", default=True)
    enabled = models.BooleanField("in use", default=True)
    due_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    ok_at = models.DateTimeField("last success", null=True, blank=True)
    down_since = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    error_text = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=20, blank=True)
    running_since = models.DateTimeField(null=True, blank=True)  # None while it starts
    found = models.JSONField(default=list, blank=True)  # [{entity, name, kind}]

    class Meta:
        verbose_name = "Home Assistant"
        verbose_name_plural = "Home Assistant"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_home_assistant")]

    def __str__(self) -> str:
        return "Home Assistant"

    @property
    def is_set_up(self) -> bool:
        return self.enabled and bool(self.url) and is_kept(self, "token")

    def client(self) -> HomeAssistant:
        """Return who asks it. Raise TokenLostError when the stored token cannot be read any more."""
        token = opened(self, "token")
        if token is None:
            raise TokenLostError(f"The stored token {LOST}.")
        return HomeAssistant(self.url, token, verify_tls=self.verify_tls)

    def trouble(self, now: datetime) -> str:
        """Return why its plugs cannot be switched now, empty when they can."""
        if not self.is_set_up:
            return "Home Assistant is not connected"
        if self.error_code:
            return f"Home Assistant {TROUBLES.get(self.error_code, 'fails')}"
        if self.ok_at is None or not timedelta(0) <= now - self.ok_at < FRESH_FOR:
            return "Home Assistant has not been heard yet"
        return ""


class PowerSwitch(models.Model):
    """A smart plug that feeds one miner or several. `state` is what was read last; only on and off are known."""

    kind = models.CharField(max_length=20, choices=backend_choices, default=HomeAssistant.kind)
    entity = models.CharField(max_length=255)
    name = models.CharField(max_length=120)
    policy = models.CharField(
        "when somebody switches it by hand", max_length=13, choices=PlugPolicy.choices, default=PlugPolicy.HOUSE
    )
    respect_hours = models.PositiveSmallIntegerField(
        "hours to respect", default=4, validators=[MinValueValidator(1), MaxValueValidator(HOUR_MAX)]
    )
    locked = models.BooleanField("locked", default=False)
    min_on_minutes = models.PositiveSmallIntegerField(
        "stays on at least, min", default=5, validators=[MaxValueValidator(MINUTES_MAX)]
    )
    min_off_minutes = models.PositiveSmallIntegerField(
        "stays off at least, min", default=5, validators=[MaxValueValidator(MINUTES_MAX)]
    )
    daily_cap = models.PositiveSmallIntegerField(
        "switched on at most, times in 24 h",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(CAP_MAX)],
    )
    cycles_hung = models.BooleanField("power-cycles a hung miner", default=False)
    state = models.CharField(max_length=11, default=PlugState.UNKNOWN.value)
    read_at = models.DateTimeField(null=True, blank=True)
    state_since = models.DateTimeField(null=True, blank=True)
    on_at = models.DateTimeField(null=True, blank=True)  # when it was last seen to come on
    away_at = models.DateTimeField(null=True, blank=True)  # when it was last seen to be unavailable
    confirmed = models.BooleanField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    held_by = models.CharField(max_length=150, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)  # empty: until the band changes
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    mismatch_since = models.DateTimeField(null=True, blank=True)
    cycled_at = models.DateTimeField(null=True, blank=True)
    cycle_ends_at = models.DateTimeField(
        null=True, blank=True
    )  # went off for a power-cycle; from then on it may come on

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "power switches"
        constraints = [
            models.UniqueConstraint(fields=["kind", "entity"], name="one_plug_of_an_entity"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_on(self, now: datetime) -> bool | None:
        """Return whether it is on; None when that is not known, or was read too long ago."""
        if self.read_at is None or not timedelta(minutes=-5) <= now - self.read_at < FRESH_FOR:
            return None
        return PlugState(self.state).is_on

    def may_retry(self, now: datetime) -> bool:
        """Tell whether a failed command may be given again. A time too far ahead is a clock set back."""
        return self.retry_at is None or now >= self.retry_at or self.retry_at > now + 2 * RETRY_MAX

    @property
    def was_away(self) -> bool:
        """Tell whether it was unavailable since its state was confirmed: a restart, not a hand."""
        return self.away_at is not None and (self.confirmed_at is None or self.away_at > self.confirmed_at)


class PowerMeter(models.Model):
    """A power sensor, at a plug or at one miner. Watts are those of the wall."""

    entity = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=120)
    switch = models.OneToOneField(PowerSwitch, on_delete=models.CASCADE, null=True, blank=True, related_name="meter")
    miner = models.OneToOneField(Miner, on_delete=models.CASCADE, null=True, blank=True, related_name="meter")
    power_w = models.FloatField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(switch__isnull=True) | Q(miner__isnull=True), name="a_meter_is_at_a_plug_or_at_a_miner"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def watts_at(self, now: datetime) -> float | None:
        """Return the newest figure while it is fresh."""
        if self.read_at is None or not timedelta(minutes=-5) <= now - self.read_at < FRESH_FOR:
            return None
        return self.power_w


class PlugCommandQuerySet(models.QuerySet["PlugCommand"]):
    """Reads of commands to plugs."""

    def open(self) -> "PlugCommandQuerySet":
        return self.filter(status__in=OPEN)

    def due(self, now: datetime) -> "PlugCommandQuerySet":
        return self.open().filter(Q(due_at__lte=now) | Q(due_at__gt=now + 2 * FURTHEST_AHEAD))


class PlugCommand(models.Model):
    """One switching of one plug; at most one is open. It is applied when a state read afterwards shows it."""

    switch = models.ForeignKey(PowerSwitch, on_delete=models.CASCADE, related_name="commands")
    on = models.BooleanField()
    is_cycle = models.BooleanField(default=False)  # off and on again, for a hung miner
    status = models.CharField(max_length=14, choices=CommandStatus.choices, default=CommandStatus.WANTED)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)  # since when reads show what is wanted
    reads = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    message = models.TextField(blank=True)
    audit_entry_id = models.BigIntegerField(null=True, blank=True)

    objects = PlugCommandQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["switch"], condition=Q(status__in=OPEN), name="one_open_command_of_a_plug"
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="plug_command_due")]

    def __str__(self) -> str:
        return f"{self.switch_id} {'on' if self.on else 'off'}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
