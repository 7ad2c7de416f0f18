"""One device of the household, and who may talk to it at this moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from hmm.durability import forgettable
from hmm.net import counted, within
from hmm.secrets import EncryptedTextField, lost_secrets, opened
from miners.budget import kept
from miners.drivers.base import Board, Driver, Options, Preset, Trust
from miners.drivers.boards import board_from_json
from miners.drivers.registry import driver_for, family_choices, own_modes

LEASE = timedelta(seconds=15)
SEARCH = "search-"  # how the sign of a search begins that looks whether a silent miner is there again
STEP_S = 14.0  # what all exchanges under one lease may take together, so that it outlasts them
POLL_MIN_S, POLL_MAX_S, POLL_DEFAULT_S = 15, 60, 30
BACK_OFF_MAX = timedelta(minutes=5)
PORT_MAX = 65535
TILE_COLUMNS = (
    *("name", "kind", "host", "port", "model", "trust", "proven_at", "enabled", "enrolled", "poll_interval_s"),
    *("typed_power_w", "last_seen_at", "unreachable_since", "last_error"),
    *("plug__name", "plug__state", "plug__state_since", "plug__confirmed", "plug__on_at", "plug__held_by"),
    *("plug__read_at", "plug__meter__switch", "plug__meter__power_w", "meter__miner", "meter__power_w"),
    *("newest__taken_at", "newest__state", "newest__state_since", "newest__hashrate_ths", "newest__mode"),
    *("newest__expected_hashrate_ths", "newest__power_w", "newest__power_source", "newest__chip_temp_c"),
    *("newest__vr_temp_c", "newest__fan_percent", "newest__paused", "newest__pool"),
    *("target__on", "target__pool_label", "target__why", "target__note", "target__waiting"),
    *("target__band_position", "target__champion"),
)
SECRETS = {"otp_secret": "the secret of its one-time codes", "login_password": "the password of its own pages"}


class MinerQuerySet(models.QuerySet["Miner"]):
    """Reads and claims of miners."""

    def with_latest(self) -> "MinerQuerySet":
        """Bring the newest reading, the target, the plug and the meters along, in the same query."""
        return self.select_related("newest", "target", "plug__meter", "meter")

    def for_tiles(self, *more: str) -> "MinerQuerySet":
        """Bring the same along, only what a tile shows, and `more` where it is asked for."""
        return self.with_latest().only(*TILE_COLUMNS, *more)

    def for_strategy(self) -> "MinerQuerySet":
        """Bring along what a decision looks at, without secrets: one that cannot be opened is no reason to stop."""
        return self.select_related("newest", "target", "plug").defer(
            "otp_secret", "login_password", "requests_at", "newest__chips"
        )

    def polled(self) -> "MinerQuerySet":
        return self.filter(enabled=True)

    def due(self, now: datetime) -> "MinerQuerySet":
        """Return polled miners whose time has come."""
        return self.polled().at_time(now)

    def at_time(self, now: datetime) -> "MinerQuerySet":
        """Return miners whose due time has come. One further ahead than two of the longest waits comes
        from a clock that was set back, and counts as due."""
        return self.filter(Q(poll_due_at__lte=now) | Q(poll_due_at__gt=now + 2 * BACK_OFF_MAX))

    def free(self, now: datetime) -> "MinerQuerySet":
        """Return miners nobody talks to. A lease that ends later than two leases ahead is a clock set back."""
        return self.filter(Q(busy_until__isnull=True) | Q(busy_until__lte=now) | Q(busy_until__gt=now + 2 * LEASE))

    @contextmanager
    def lease(self, pk: int, *, now: datetime) -> Iterator["Miner | None"]:
        """Give the miner to the one caller who may talk to it, None to everybody else.

        Taken by one conditional UPDATE, released only if still one's own. What is said to the device inside
        ends before the lease does, however many exchanges it takes.
        """
        with within(STEP_S):
            yield from self._leased(pk, now=now)

    def take(self, pk: int, *, now: datetime, for_search: bool = False) -> str:
        """Take the lease of a miner and return its holder's sign; empty when somebody else has it."""
        holder = f"{SEARCH if for_search else ''}{uuid4().hex}"[:32]
        with forgettable():
            return holder if self.free(now).filter(pk=pk).update(busy_until=now + LEASE, busy_by=holder) else ""

    def give_back(self, pk: int, holder: str, **noted: list[float]) -> None:
        """End a lease that is still one's own."""
        with forgettable():
            self.model.objects.filter(pk=pk, busy_by=holder).update(busy_until=None, busy_by="", **noted)

    def _leased(self, pk: int, *, now: datetime) -> Iterator["Miner | None"]:
        holder = self.take(pk, now=now)
        if not holder:
            yield None
            return
        spent: dict[str, list[float]] = {}
        try:
            miner = self.with_latest().get(pk=pk)
            with counted_for(miner, spent, now):
                yield miner
        finally:
            self.give_back(pk, holder, **spent)


@contextmanager
def counted_for(miner: "Miner", spent: dict[str, list[float]], now: datetime) -> Iterator[None]:
    """Note what was asked of a device meanwhile, for its budget of requests."""
    with counted() as asked:
        try:
            yield
        finally:
            moments = [now.timestamp() + seconds for host, seconds in asked if host == miner.host]
            if moments:
                spent["requests_at"] = kept(miner.requests_at, moments, now.timestamp())


class Miner(models.Model):
    """A device at an address. Its identity is the MAC; addresses move."""

    name = models.CharField(max_length=60)
    kind = models.CharField("family", max_length=20, choices=family_choices)
    host = models.CharField("address", max_length=253)
    port = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(PORT_MAX)])
    mac = models.CharField(
        max_length=12,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[0-9a-f]{12}$", "Twelve hex digits in lower case, without separators.")],
    )
    model = models.CharField(max_length=60, blank=True)
    firmware = models.CharField(max_length=60, blank=True)
    board_version = models.CharField(max_length=20, blank=True)
    board_facts = models.JSONField(null=True, blank=True)
    board_due = models.BooleanField(default=False, editable=False)  # it restarted and was not asked since
    trust = models.CharField(max_length=9, choices=[(item.value, item.name.lower()) for item in Trust])
    enabled = models.BooleanField("polled", default=True)
    pushed = models.BooleanField("tells its readings by itself", default=False)
    enrolled = models.BooleanField("follows the strategy", default=False)
    poll_interval_s = models.PositiveSmallIntegerField(
        "poll every, s",
        default=POLL_DEFAULT_S,
        validators=[MinValueValidator(POLL_MIN_S), MaxValueValidator(POLL_MAX_S)],
    )
    worker_name = models.CharField(max_length=32, blank=True)
    notes = models.TextField(blank=True)
    typed_power_w = models.DecimalField(
        "power typed in, W",
        max_digits=7,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(10_000)],
    )
    plug = models.ForeignKey(
        "miners.PowerSwitch", on_delete=models.SET_NULL, null=True, blank=True, related_name="miners"
    )
    oc_frequency_mhz = models.PositiveSmallIntegerField(null=True, blank=True)
    oc_core_voltage_mv = models.PositiveSmallIntegerField(null=True, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True)  # of an unknown make, it showed that it keeps settings
    otp_secret = EncryptedTextField(blank=True, default="")  # only where a person wanted it kept
    poll_due_at = models.DateTimeField(db_index=True)
    busy_until = models.DateTimeField(null=True, blank=True)
    busy_by = models.CharField(max_length=32, blank=True, default="")
    requests_at = models.JSONField(default=list)  # of the last minute, in seconds since the epoch; see budget.py
    failures = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    unreachable_since = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    login_user = models.CharField(
        "user of its own pages",
        max_length=64,
        blank=True,
        help_text="Only for a device that asks for it before it takes a pool; empty is the usual one.",
    )
    login_password = EncryptedTextField("password of its own pages", blank=True, default="")
    slots_due_at = models.DateTimeField(null=True, blank=True)  # when its pool slots are stored again
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MinerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["host", "port"], name="one_miner_at_an_address"),
            models.CheckConstraint(
                condition=Q(poll_interval_s__gte=POLL_MIN_S) & Q(poll_interval_s__lte=POLL_MAX_S),
                name="poll_interval_is_15_to_60_s",
            ),
            models.CheckConstraint(
                condition=Q(oc_frequency_mhz__isnull=True, oc_core_voltage_mv__isnull=True)
                | Q(oc_frequency_mhz__isnull=False, oc_core_voltage_mv__isnull=False),
                name="an_overclock_has_clock_and_core",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def driver(self, *, code: str = "") -> Driver:
        """Return the driver that talks to this device, with a one-time code for what it is about to be told.

        A stored secret that cannot be read is left out: readings need none, and `allowing` refuses what does.
        """
        secret, password = opened(self, "otp_secret") or "", opened(self, "login_password") or ""
        options = Options(code=code, secret=secret, user=self.login_user, password=password)
        return driver_for(self.kind, self.host, self.port, options)

    def able(self) -> Driver:
        """Return the driver to be asked what this family can do; it opens no secret."""
        return driver_for(self.kind, self.host, self.port)

    @property
    def lost_secrets(self) -> list[str]:
        """Return in words which of its secrets cannot be read any more."""
        return [SECRETS[name] for name in lost_secrets(self, *SECRETS)]

    @property
    def board(self) -> Board | None:
        """Return what is known of the board, None before it was first described and where that cannot be read."""
        if not self.board_facts:
            return None
        try:
            board = board_from_json(self.board_facts)
        except (TypeError, ValueError, AttributeError):
            return None  # the next poll describes it again
        entered = self.overclock
        if entered is None or board.oc_limits is None or not board.oc_limits.allow(entered):
            return board
        return replace(board, presets={**board.presets, "oc": entered})

    @property
    def modes(self) -> tuple[str, ...]:
        """Return the modes this device can be told, the lowest first."""
        return self.modes_on(self.board)

    def modes_on(self, board: Board | None) -> tuple[str, ...]:
        """Return the same for a board that was read already."""
        own = own_modes(self.kind)
        if own is not None:
            return own
        return tuple(board.presets) if board is not None else ()

    @property
    def overclock(self) -> Preset | None:
        """Return the clock and core voltage a person entered for the mode `oc`."""
        if self.oc_frequency_mhz is None or self.oc_core_voltage_mv is None:
            return None
        return Preset(self.oc_frequency_mhz, self.oc_core_voltage_mv)

    @property
    def may_be_written(self) -> bool:
        return self.trust == Trust.FULL or self.proven_at is not None

    @property
    def pool_needs_restart(self) -> bool:
        """Tell whether a pool that was written counts only after a restart; so far as is known, it does."""
        newest = getattr(self, "newest", None)
        return newest is None or newest.pool_needs_restart

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.poll_interval_s)

    @property
    def is_looked_for(self) -> bool:
        """Tell whether its lease is a search's."""
        return self.busy_by.startswith(SEARCH)

    def is_reachable(self) -> bool:
        return self.last_seen_at is not None and self.unreachable_since is None
