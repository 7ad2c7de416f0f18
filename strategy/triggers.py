"""Whether a rule's trigger holds. Pure; what cannot be told is None, and then a rule stays as it was."""

from collections.abc import Callable
from datetime import datetime, timedelta

from strategy.core import short
from strategy.rule_parts import Crossing, Device, Surroundings, Trigger, TriggerKind

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def holds(
    trigger: Trigger, device: Device | None, scene: Surroundings, crossing: Crossing, now: datetime
) -> bool | None:
    """Tell whether a trigger holds, for one miner where it is asked for each."""
    return TESTS[trigger.kind](trigger, device, scene, crossing, now)


def price_holds(
    trigger: Trigger, _device: Device | None, scene: Surroundings, _crossing: Crossing, _now: datetime
) -> bool | None:
    """Compare the price of now: below and above are strict, between is from a limit to below the other."""
    price, low, high = scene.price_p_per_kwh, trigger.low_p_per_kwh, trigger.high_p_per_kwh
    if price is None:
        return None
    if trigger.kind is TriggerKind.PRICE_BELOW:
        return high is not None and price < high
    if trigger.kind is TriggerKind.PRICE_ABOVE:
        return low is not None and price > low
    return low is not None and high is not None and low <= price < high


def time_holds(
    trigger: Trigger, _device: Device | None, scene: Surroundings, _crossing: Crossing, now: datetime
) -> bool:
    return trigger.window is not None and trigger.window.holds(now, scene.zone)


def offline_holds(
    trigger: Trigger, device: Device | None, _scene: Surroundings, _crossing: Crossing, now: datetime
) -> bool:
    """Tell whether a miner has been silent for long; one whose plug is off is off on purpose."""
    if device is None or device.silent_since is None or has_no_current(device):
        return False
    return now - device.silent_since >= timedelta(minutes=trigger.minutes)


def overheat_holds(
    trigger: Trigger, device: Device | None, _scene: Surroundings, crossing: Crossing, now: datetime
) -> bool | None:
    """Tell whether a miner is too hot. Once fired it lasts its minutes, so that the chip may cool."""
    if device is None:
        return False
    rests_until = crossing.fired_at + timedelta(minutes=trigger.minutes) if crossing.fired_at is not None else now
    if crossing.active and crossing.fired_at is not None and crossing.fired_at <= now < rests_until:
        return True
    return False if has_no_current(device) else device.overheated


def pool_holds(
    trigger: Trigger, device: Device | None, scene: Surroundings, _crossing: Crossing, now: datetime
) -> bool | None:
    """Tell whether a pool has been down for long: the one that is named, or the one a miner is set to."""
    pool = trigger.pool if trigger.pool is not None else device.pool if device is not None else None
    if pool is None:
        return None
    since = scene.bad_since.get(pool)
    return since is not None and now - since >= timedelta(minutes=trigger.minutes)


def has_no_current(device: Device) -> bool:
    return device.plug is not None and device.plug.state is False


TESTS: dict[TriggerKind, Callable[[Trigger, Device | None, Surroundings, Crossing, datetime], bool | None]] = {
    TriggerKind.PRICE_BELOW: price_holds,
    TriggerKind.PRICE_ABOVE: price_holds,
    TriggerKind.PRICE_BETWEEN: price_holds,
    TriggerKind.TIME: time_holds,
    TriggerKind.OFFLINE: offline_holds,
    TriggerKind.OVERHEAT: overheat_holds,
    TriggerKind.POOL_DOWN: pool_holds,
}


# --- words ---------------------------------------------------------------------------------------


def trigger_words(trigger: Trigger, *, pool: str = "", who: str = "a miner") -> str:
    """Return a trigger as half a sentence that goes on after "while" or "when"."""
    low, high = short(trigger.low_p_per_kwh), short(trigger.high_p_per_kwh)
    minutes = trigger.minutes
    match trigger.kind:
        case TriggerKind.PRICE_BELOW:
            return f"the price is below {high} p/kWh"
        case TriggerKind.PRICE_ABOVE:
            return f"the price is above {low} p/kWh"
        case TriggerKind.PRICE_BETWEEN:
            return f"the price is from {low} to below {high} p/kWh"
        case TriggerKind.TIME:
            return window_words(trigger)
        case TriggerKind.OFFLINE:
            return f"{who} has not answered for {minutes} min"
        case TriggerKind.OVERHEAT:
            return f"{who} is too hot ({minutes} min at least)" if minutes else f"{who} is too hot"
    named = f"pool {pool or 'that was removed'}" if trigger.pool is not None else "its pool"
    return f"{named} has been down for {minutes} min"


def window_words(trigger: Trigger) -> str:
    window = trigger.window
    if window is None:
        return "never"
    days = "" if len(window.days) == len(DAYS) else f" on {days_words(window.days)}"
    if window.starts == window.ends:
        return f"it is a day from {window.starts:%H:%M}{days}"
    return f"it is {window.starts:%H:%M} to {window.ends:%H:%M}{days}"


def days_words(days: frozenset[int]) -> str:
    """Return weekdays in order, three and more in a row with a dash."""
    listed = sorted(days)
    runs: list[list[int]] = []
    for day in listed:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    joined = [[f"{DAYS[run[0]]}–{DAYS[run[-1]]}"] if len(run) > 2 else [DAYS[day] for day in run] for run in runs]
    return ", ".join(word for words in joined for word in words)
