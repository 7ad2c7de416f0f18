"""What each miner should do under a decision, and whom a difference belongs to. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from strategy.core import KEEP, MANAGED_EXTERNALLY, Decision, Power, Reason

POWER, MODE, POOL = "power", "mode", "pool"
FIELDS = (POWER, MODE, POOL)
OC, TURBO, STANDARD = "oc", "turbo", "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Power, mode and pool of one miner as somebody knows them; unknown is None.

    `pool` is any value that compares: a target's name, or host, port and user.
    """

    power: bool | None = None
    mode: str | None = None
    pool: Hashable | None = None
    uptime_s: int | None = None

    def of(self, name: str) -> Hashable | None:
        return {POWER: self.power, MODE: self.mode, POOL: self.pool}[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """The work and power a miner showed over the last hours; joules per terahash is their ratio."""

    power_w: float | None = None  # sum over the readings in which both were above 0
    hashrate_ths: float | None = None
    samples: int = 0
    expected_j_per_th: float | None = None  # of the lowest preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """The smart plug a miner hangs on."""

    entity: str
    state: bool | None = None
    locked: bool = False
    shared_with: tuple[str, ...] = ()  # ids of the other miners on it
    name: str = ""
    trouble: str = ""  # why it cannot be switched now
    unproven: str = ""  # it did not do what it was last told: it is tried again, and not relied on
    names: Mapping[str, str] = field(default_factory=dict)  # of the others, by id


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most a rule lets one miner do: nothing, or no mode above one."""

    off: bool = False
    mode: str | None = None
    why: str = ""
    rule: str = ""  # its name


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerView:
    """One miner as the decision sees it."""

    id: str
    family: str
    enrolled: bool = True
    reachable: bool = True
    observed: Fields = field(default_factory=Fields)
    confirmed: Fields = field(default_factory=Fields)
    modes: tuple[str, ...] = ()  # that this miner can run, the lowest first
    holds: Mapping[str, str] = field(default_factory=dict)  # field → by whom
    held_values: Mapping[str, Hashable] = field(default_factory=dict)
    overheated: bool = False  # the device stepped itself down
    efficiency: Efficiency = field(default_factory=Efficiency)
    plug: Plug | None = None
    can_turn_off: bool = True
    pause_fails: bool = False  # it was told to a moment ago and runs on; it is told again meanwhile
    restart_owed: bool = False  # the pool it shows was written and counts only after a restart
    failing: bool = False  # should hash, had its start time, does not
    starting: bool = False  # should hash, and is not judged yet
    pools: Mapping[str, Hashable] | None = None  # what a target means for this miner; None: a target is its name
    name: str = ""
    cap: Cap | None = None
    unread: bool = False  # what is stored of it cannot be read

    @property
    def plug_entity(self) -> str:
        return self.plug.entity if self.plug is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a miner should do; None leaves a field alone."""

    on: bool | None
    mode: str | None = None
    pool: Hashable | None = None
    why: str = ""
    note: str = ""
    champion: bool = False

    def of(self, name: str) -> Hashable | None:
        return {POWER: self.on, MODE: self.mode, POOL: self.pool}[name]


class Verdict(StrEnum):
    """Whom a difference belongs to, and so what happens."""

    SAME = "same"  # nothing is sent
    SEND = "send"
    RESEND = "resend"  # the device restarted and forgot
    HELD = "held"  # a person's; until the next band change
    OVERHEATED = "overheated"  # the device's own; the mode is not touched
    WAIT = "wait"  # unknown


def wanted(miner: MinerView, decision: Decision, *, champion: str | None = None) -> Wanted:
    """Return off, or mode and pool, for one miner; never more than its cap. Disabled, nothing is wanted."""
    if not miner.enrolled:
        return Wanted(on=None, why="Not enrolled; the strategy leaves it alone.")
    wish = by_decision(miner, decision, champion)
    return wish if decision.reason is Reason.DISABLED else capped(miner, wish)


def by_decision(miner: MinerView, decision: Decision, champion: str | None) -> Wanted:
    """Return what the decision alone wants of an enrolled miner."""
    if decision.power is Power.HOLD:
        return Wanted(on=None, why=decision.explanation, champion=miner.id == champion)
    if decision.power is Power.OFF:
        return off(miner, decision.explanation)
    if decision.power is Power.LOWEST:
        return lowest(miner, decision)
    if decision.champion_only:
        return in_champion_band(miner, decision, champion)
    return in_band(miner, decision)


def capped(miner: MinerView, wish: Wanted) -> Wanted:
    """Return a wish cut down to the miner's cap; what is less already stays as it is."""
    cap = miner.cap
    if cap is None or wish.on is False:
        return wish
    if cap.off:
        return replace(off(miner, cap.why), champion=wish.champion)
    if wish.on is None and False in {miner.observed.power, miner.confirmed.power}:
        return wish  # it is off and left alone; a setting could turn it on
    asked = wish.mode if wish.mode is not None else miner.observed.mode
    if not exceeds(asked, cap.mode, miner.modes):
        return wish
    kept = "" if wish.mode is not None else "The band leaves modes alone, so it keeps this one afterwards."
    return replace(wish, mode=cap.mode, note=" ".join(filter(None, (cap.why, kept))))


def exceeds(mode: str | None, limit: str | None, modes: tuple[str, ...]) -> bool:
    """Tell whether a mode is above another one; what is not known is not."""
    return mode in modes and limit in modes and modes.index(mode) > modes.index(limit)


def off(miner: MinerView, why: str) -> Wanted:
    """Off whatever its modes; one that cannot be turned off runs its lowest mode and says so."""
    if miner.can_turn_off and not miner.pause_fails:
        return Wanted(on=False, why=why)
    failed = "It does not obey and is told again" if miner.can_turn_off else "It cannot be turned off"
    return Wanted(
        on=False,
        mode=miner.modes[0] if miner.modes else None,
        why=why,
        note=f"{failed}, so it runs its lowest mode.",
    )


def lowest(miner: MinerView, decision: Decision) -> Wanted:
    """What runs goes to its lowest mode; nothing is turned on at an unknown price."""
    if miner.observed.power is False or miner.confirmed.power is False:
        return Wanted(on=False, why=decision.explanation)
    return Wanted(on=None, mode=miner.modes[0] if miner.modes else None, why=decision.explanation)


def in_champion_band(miner: MinerView, decision: Decision, champion: str | None) -> Wanted:
    """The champion alone runs, in its lowest mode on the band's pool."""
    assert decision.band is not None  # noqa: S101  # champion_only says so
    if miner.id != champion:
        words = "another miner is the champion" if champion else "no champion could be chosen yet"
        return off(miner, f"{decision.explanation} Band {decision.band.position} is champion only; {words}.")
    external = decision.band.modes.get(miner.family) == MANAGED_EXTERNALLY
    return Wanted(
        on=True,
        mode=None if external or not miner.modes else miner.modes[0],
        pool=pool_of(miner, decision.target),
        why=f"{decision.explanation} It is the champion.",
        champion=True,
    )


def in_band(miner: MinerView, decision: Decision) -> Wanted:
    """The band's pool and the mode of the miner's family."""
    assert decision.band is not None  # noqa: S101  # a running decision has a band
    mode, note = mode_of(miner, decision.band.modes.get(miner.family, MANAGED_EXTERNALLY))
    return Wanted(on=True, mode=mode, pool=pool_of(miner, decision.target), why=decision.explanation, note=note)


def mode_of(miner: MinerView, asked: str) -> tuple[str | None, str]:
    """Return the mode to run and what is to be said about it."""
    if asked == MANAGED_EXTERNALLY:
        return None, ""
    if asked in miner.modes:
        return asked, ""
    if asked == OC and TURBO in miner.modes:
        return TURBO, "No overclock has been entered for this miner, so it runs turbo."
    if asked in {OC, TURBO} and STANDARD in miner.modes:
        return STANDARD, f"This miner has no {asked}, so it runs standard."
    return None, f"This miner has no mode {asked}; its mode is left alone."


def pool_of(miner: MinerView, target: str) -> Hashable | None:
    """Return what a target means for a miner; KEEP, and a coin without a pool, leave the pool alone."""
    if target == KEEP:
        return None
    return target if miner.pools is None else miner.pools.get(target)


def verdict(miner: MinerView, wanted_state: Wanted, name: str, *, restarted: bool) -> Verdict:
    """Say whom a difference belongs to: the table of ownership, one line a row."""
    want = wanted_state.of(name)
    seen, confirmed = miner.observed.of(name), miner.confirmed.of(name)
    owes = name == POOL and miner.restart_owed
    if want is None:
        return Verdict.SAME
    if not miner.reachable or seen is None:
        return Verdict.WAIT  # an old reading agrees with nothing
    if seen == want and not owes:
        return Verdict.SAME
    if name == MODE and miner.overheated:
        return Verdict.OVERHEATED
    if name in miner.holds and not must_be_enforced(name, want):
        return Verdict.HELD
    if owes or confirmed is None or seen == confirmed:
        return Verdict.SEND
    if restarted:
        return Verdict.RESEND
    return Verdict.SEND if must_be_enforced(name, want) else Verdict.HELD


def must_be_enforced(name: str, want: Hashable | None) -> bool:
    """A person may switch off, and choose mode and pool; nobody but the override runs an excluded price."""
    return name == POWER and want is False


def has_restarted(miner: MinerView) -> bool:
    """Tell whether the device's uptime fell since its state was confirmed."""
    seen, confirmed = miner.observed.uptime_s, miner.confirmed.uptime_s
    return seen is not None and confirmed is not None and seen < confirmed
