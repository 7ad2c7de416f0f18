"""What an automation rule is made of, and what rules look at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any

from strategy.core import Decision
from strategy.wanting import Cap, Plug, Wanted
from strategy.windows import Window

LOWEST = "lowest"  # the lowest mode of whichever miner


class TriggerKind(StrEnum):
    """What a rule waits for."""

    PRICE_BELOW = "price_below"
    PRICE_ABOVE = "price_above"
    PRICE_BETWEEN = "price_between"
    TIME = "time"
    OFFLINE = "offline"
    OVERHEAT = "overheat"
    POOL_DOWN = "pool_down"


class ActionKind(StrEnum):
    """What a rule does."""

    OFF = "off"
    MODE = "mode"
    PLUG_OFF = "plug_off"
    PLUG_ON = "plug_on"
    POOL = "pool"
    NOTIFY = "notify"


class ScopeKind(StrEnum):
    """Which miners a rule is about."""

    ALL = "all"
    FAMILY = "family"
    MINERS = "miners"


PLANNED = {TriggerKind.PRICE_BELOW, TriggerKind.PRICE_ABOVE, TriggerKind.PRICE_BETWEEN, TriggerKind.TIME}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When a rule holds. A pool of None is the one each miner is set to."""

    kind: TriggerKind
    low_p_per_kwh: Decimal | None = None
    high_p_per_kwh: Decimal | None = None
    window: Window | None = None
    minutes: int = 0  # for so long already; after an overheating: for so long at least
    pool: str | None = None

    @property
    def each_miner(self) -> bool:
        """Tell whether it holds for each miner on its own."""
        own_pool = self.kind is TriggerKind.POOL_DOWN and self.pool is None
        return own_pool or self.kind in {TriggerKind.OFFLINE, TriggerKind.OVERHEAT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a rule does while it holds, or once as it begins to."""

    kind: ActionKind
    mode: str | None = None
    pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The miners a rule is about."""

    kind: ScopeKind = ScopeKind.ALL
    family: str = ""
    miners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the household. The lowest priority number comes first, among equals the older rule."""

    id: int
    name: str
    trigger: Trigger
    action: Action
    scope: Scope = field(default_factory=Scope)
    priority: int = 10
    cooldown: timedelta = timedelta(0)
    dry_run: bool = False
    fault: str = ""  # why what is stored of it cannot be read

    @property
    def rank(self) -> tuple[int, int]:
        return self.priority, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One miner as rules see it; unknown is None. `pool` is ours that it is set to, by id; another is empty."""

    id: str
    name: str
    family: str
    enrolled: bool = False
    writable: bool = True
    on: bool | None = None
    mode: str | None = None
    modes: tuple[str, ...] = ()
    can_pause: bool = False
    pool: str | None = None
    silent_since: datetime | None = None
    overheated: bool | None = None
    plug: Plug | None = None
    plug_waits: str = ""  # why its plug may not come on yet
    wish: Wanted | None = None  # of the strategy, without any rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What rules are judged by."""

    decision: Decision
    zone: tzinfo
    devices: tuple[Device, ...] = ()
    price_p_per_kwh: Decimal | None = None
    forced_off: bool = False
    pools: Mapping[str, str] = field(default_factory=dict)  # id → name, of those in use
    bad_since: Mapping[str, datetime] = field(default_factory=dict)  # by a pool's id
    known: Mapping[tuple[int, str], bool | None] = field(default_factory=dict)  # not asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What is remembered of one rule, for each miner where it holds for each on its own."""

    active: bool = False  # it fired in this crossing
    fired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command to a miner that does not follow the strategy."""

    kind: str  # power, mode, pool or plug
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule means for one miner: a cap, an order, or the reason why neither."""

    miner: str
    words: str
    cap: Cap | None = None
    order: Order | None = None
    overruled: str = ""

    @property
    def counts(self) -> bool:
        return not self.overruled


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one rule stands now. `subject` is a miner's id where it holds for each on its own, else empty."""

    rule: Rule
    subject: str
    holds: bool | None  # None: cannot be told now
    active: bool = False  # it fired, now or before, and still holds
    fires: bool = False  # now
    ends: bool = False  # now
    since: datetime | None = None
    cooling_until: datetime | None = None
    effects: tuple[Effect, ...] = ()
    fault: str = ""  # why it cannot be judged

    @property
    def overruled(self) -> str:
        """Return why it does nothing although it holds, empty if it does something."""
        if not self.effects or any(effect.counts for effect in self.effects):
            return ""
        return self.effects[0].overruled
