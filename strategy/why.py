"""Why is nothing happening: the conditions in the order they are asked, and the one that decided. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from miners.switches.ways import ONLY_READ
from strategy import core
from strategy.core import Decision, OverrideKind, Power, Reason, Situation
from strategy.wanting import Cap
from strategy.words import target_words

Clock = Callable[[datetime], str]
STAYS = {Reason.CHEAPER_NOT_CONFIRMED, Reason.NEXT_UNKNOWN}
NO_PRICE = {Reason.NO_PRICE_GRACE, Reason.NO_PRICE_FAIL_SAFE}
POWER_WORDS = {Power.OFF: "off", Power.HOLD: "left as it is", Power.LOWEST: "in the lowest mode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition. `passed` is None for one that was not asked; one that failed need not decide."""

    name: str
    passed: bool | None
    words: str
    decided: bool = False
    decides: bool = True  # whether a failure settles the matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What is known of all miners together."""

    enrolled: int
    unreachable: tuple[str, ...] = ()
    waiting: int = 0  # commands on their way
    held: tuple[str, ...] = ()
    champion: str | None = None
    pool: str | None = None  # the pool the target stands for
    override_by: str = ""
    ruled: tuple[str, ...] = ()  # miners that a rule makes do less, and the rule
    faults: tuple[str, ...] = ()  # rules and miners that cannot be judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What is known of one miner. `starts_until` is set while its start time runs."""

    name: str
    enabled: bool = True
    enrolled: bool = True
    may_be_written: bool = True
    unreachable_since: datetime | None = None
    error: str = ""
    holds: tuple[tuple[str, str], ...] = ()  # (field, by whom)
    is_champion: bool = False
    overheated: bool = False
    commands: tuple[str, ...] = ()
    waiting: str = ""
    starts_until: datetime | None = None
    outcome: str = ""
    cap: Cap | None = None  # of a rule
    faults: tuple[str, ...] = ()  # of rules, and of what is stored of it


def why_fleet(situation: Situation, decision: Decision, fleet: Fleet, clock: Clock) -> tuple[Check, ...]:
    """Return what was asked for the strategy as a whole."""
    checks = [
        *about_faults(fleet.faults),
        *about_prices(situation, decision, fleet, clock),
        check(
            "enrolled",
            fleet.enrolled > 0,
            f"{some(fleet.enrolled)} enrolled",
            "No miner is enrolled: none is told anything.",
        ),
        *about_champion(decision, fleet, name=None),
        about_pool(decision, fleet),
        note(
            "rules",
            not fleet.ruled,
            "No rule makes a miner do less",
            f"A rule makes a miner do less: {listed(fleet.ruled)}.",
        ),
        note(
            "holds",
            not fleet.held,
            "Nobody changed a miner by hand",
            f"Changed by hand and left alone until the band changes: {listed(fleet.held)}.",
        ),
        note(
            "reachable",
            not fleet.unreachable,
            "Every enrolled miner answers",
            f"No answer from {listed(fleet.unreachable)}; set as soon as they answer.",
        ),
        note(
            "commands",
            not fleet.waiting,
            "No command is on its way",
            f"{fleet.waiting} command{'s are' if fleet.waiting != 1 else ' is'} on the way.",
        ),
    ]
    return settled(checks, outcome_of(decision))


def why_miner(
    situation: Situation, decision: Decision, device: Device, fleet: Fleet, clock: Clock
) -> tuple[Check, ...]:
    """Return what was asked for one miner."""
    strategy, *rest = about_prices(situation, decision, fleet, clock)
    checks = [
        *about_faults(device.faults),
        check("enabled", device.enabled, "It is polled", "It is disabled: HMM does not talk to it."),
        check("writable", device.may_be_written, "HMM may command this kind", ONLY_READ),
        strategy,
        check("enrolled", device.enrolled, "It is enrolled", "It is not enrolled: the strategy leaves it alone."),
        *about_holds(device, decision),
        *rest,
        about_rule(device),
        *about_champion(decision, fleet, name=device.name, is_champion=device.is_champion),
        about_pool(decision, fleet),
        *about_device(device, clock),
    ]
    return settled(checks, device.outcome or outcome_of(decision))


# --- the parts -----------------------------------------------------------------------------------


def check(name: str, passed: bool, good: str, bad: str) -> Check:
    return Check(name=name, passed=passed, words=good if passed else bad)


def note(name: str, passed: bool, good: str, bad: str) -> Check:
    """Return a condition that is told when it fails, and settles nothing."""
    return replace(check(name, passed, good, bad), decides=False)


def about_prices(situation: Situation, decision: Decision, fleet: Fleet, clock: Clock) -> list[Check]:
    """Return strategy, override, price and band. Under an override prices are not asked."""
    on = check(
        "strategy",
        situation.enabled,
        "The strategy is on",
        "The strategy is off: prices are watched, nothing is told.",
    )
    override = override_check(situation, decision, fleet, clock)
    if not situation.enabled or decision.reason in {Reason.OVERRIDE_OFF, Reason.OVERRIDE_ON}:
        return [on, override]
    has_price = decision.reason not in NO_PRICE
    price = decision.price_p_per_kwh
    known = f"The price of now is known: {core.exact(price)} p" if price is not None else "The price of now is known"
    checks = [on, override, check("price", has_price, known, decision.explanation)]
    if not has_price or decision.band is None:
        return checks
    place = decision.band.place_words
    return [
        *checks,
        check("confirmed", decision.reason not in STAYS, "The band applies at this price", decision.explanation),
        check("band", decision.band.runs, f"Band {decision.band.position}, {place}, runs", decision.explanation),
    ]


def override_check(situation: Situation, decision: Decision, fleet: Fleet, clock: Clock) -> Check:
    kind = situation.override.at(situation.now)
    by = f" by {fleet.override_by}" if fleet.override_by else ""
    until = f" until {clock(situation.override.until)}" if situation.override.until is not None else ""
    if kind is OverrideKind.OFF:
        return Check(name="override", passed=False, words=f"Forced off{by}{until or ', until it is taken back'}.")
    if decision.reason is Reason.OVERRIDE_ON and decision.band is not None:
        words = f"Forced on{by} in band {decision.band.position}{until}; prices are not asked"
        return Check(name="override", passed=True, words=words)
    return Check(name="override", passed=True, words="No override: the price decides")


def about_holds(device: Device, decision: Decision) -> list[Check]:
    """A person may switch a miner off; one switched on at an excluded price is turned off again."""
    switched_by = next((who for name, who in device.holds if name == "power"), None)
    others = tuple(f"{name} by {who}" for name, who in device.holds if name != "power")
    power = check(
        "power",
        switched_by is None,
        "Nobody switched it by hand",
        f"Switched by hand ({switched_by}); left alone until the band changes.",
    )
    return [
        replace(power, decides=decision.power is Power.ON),
        note(
            "holds",
            not others,
            "Mode and pool were not changed by hand",
            f"Held until the band changes: {listed(others)}.",
        ),
    ]


def about_rule(device: Device) -> Check:
    """Return what a rule leaves of it; one that turns it off decides."""
    why = device.cap.why if device.cap is not None else ""
    found = check("rule", device.cap is None, "No rule makes it do less", why)
    return replace(found, decides=device.cap is not None and device.cap.off)


def about_faults(faults: tuple[str, ...]) -> list[Check]:
    """Return what cannot be judged, if something cannot; the rest goes on without it."""
    return [note("judged", False, "", f"Cannot be judged: {listed(faults)}.")] if faults else []


def about_device(device: Device, clock: Clock) -> list[Check]:
    """Return what the device itself stands in the way with."""
    gone, ready = device.unreachable_since, device.starts_until
    since = f" since {clock(gone)}" if gone is not None else ""
    return [
        check("reachable", gone is None, "It answers", f"No answer{since}. {device.error}".strip()),
        check(
            "overheated",
            not device.overheated,
            "It is not too hot",
            "It overheated; its mode is left alone until the band changes.",
        ),
        check("commands", not device.commands, "No command is on its way", f"On its way: {listed(device.commands)}."),
        check(
            "waiting",
            not device.waiting,
            "Nothing is put off",
            f"{device.waiting[:1].upper()}{device.waiting[1:].rstrip('.')}.",
        ),
        check(
            "starting",
            ready is None,
            "It had its time to start",
            f"It is starting; that may take until {clock(ready) if ready is not None else ''}.",
        ),
    ]


def about_champion(decision: Decision, fleet: Fleet, *, name: str | None, is_champion: bool = False) -> list[Check]:
    """Return the champion's condition, in a champion band only."""
    if not decision.champion_only or decision.band is None:
        return []
    alone = f"Band {decision.band.position} is for the champion alone"
    if fleet.champion is None:
        return [Check(name="champion", passed=False, words=f"{alone}, and no miner can be chosen yet: all stay off.")]
    if name is None or is_champion:
        return [Check(name="champion", passed=True, words=f"{alone}: {fleet.champion}")]
    return [Check(name="champion", passed=False, words=f"{alone}, and that is {fleet.champion}: this one is off.")]


def about_pool(decision: Decision, fleet: Fleet) -> Check:
    if decision.power is not Power.ON or decision.target == core.KEEP:
        return Check(name="pool", passed=True, words="Pools are left as they are", decides=False)
    return note(
        "pool",
        fleet.pool is not None,
        f"{target_words(decision.target)} has a usable pool: {fleet.pool}",
        f"No usable pool for {target_words(decision.target)}: power and mode are set, each miner keeps its pool.",
    )


def outcome_of(decision: Decision) -> str:
    if decision.power is Power.ON and decision.band is not None:
        return f"{decision.explanation} Band {decision.band.position} runs."
    return f"{decision.explanation} So it is {POWER_WORDS.get(decision.power, 'as it is')}."


def settled(checks: Sequence[Check], outcome: str) -> tuple[Check, ...]:
    """Mark the condition that decided; those after it were not asked. Where all passed, the outcome decided."""
    place = next((place for place, item in enumerate(checks) if item.passed is False and item.decides), None)
    if place is None:
        return (*checks, Check(name="outcome", passed=True, words=outcome, decided=True))
    after = tuple(replace(item, passed=None) for item in checks[place + 1 :])
    return (*checks[:place], replace(checks[place], decided=True), *after)


# --- words ---------------------------------------------------------------------------------------


def some(count: int) -> str:
    return f"{count} miner{'' if count == 1 else 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return a few names and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
