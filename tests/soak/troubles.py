"""What goes wrong in the soak's house, drawn from the seed: on the wire, at the devices, in the house, by hand."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hmm.simulation.server import Simulator
from miners.drivers.esp_simulator import EspSimulator
from pools.models import Pool, PoolHealth
from tests.soak.household import CAST, PLUGS

LINES = ("vanish", "stall", "refuse", "malformed", "truncate", "empty")
TRAPS = ("unavailable", "unknown", "stuck", "late", "optimistic", "error")
LIES = {
    "bitaxe": ("miningPaused", "restart", "frequency", "stratumURL", "pools"),
    "nerdqaxe": ("frequency", "restart", "stratumURL"),
    "avalon_nano": ("workmode", "setpool", "switchpool", "reboot"),
    "nmminer": ("pools", "restart"),
}


@dataclass(slots=True)
class Trouble:
    """One thing that goes wrong: begun, ended, and whom it touches ("" is everybody)."""

    name: str
    who: tuple[str, ...]
    lasts: timedelta
    begin: Callable[[], None]
    end: Callable[[], None] = lambda: None
    hand: bool = False  # a person's will: it is respected, or put back
    fields: tuple[str, ...] = ()  # what the person holds from here on
    plugs: tuple[str, ...] = field(default=())
    moments: tuple[timedelta, ...] = ()  # after its begin: when something may follow; what lies between is quiet


def draw(world: Any, dice: random.Random) -> Trouble:
    kinds = [line, line, line, lie, heat, restart, hand_settings, hand_power, hand_pool, house_down, house_starts]
    kinds += [trap, flip, feed_fails, prices_late, price_gone, price_corrected, pool_bad, reboot_house]
    return dice.choice(kinds)(world, dice)


def minutes(dice: random.Random, low: float, high: float) -> timedelta:
    return timedelta(seconds=round(dice.uniform(low, high) * 60))


def some(world: Any, dice: random.Random, kind: type[Simulator] = Simulator) -> Any:
    return dice.choice([item for item in world.house.residents.values() if isinstance(item.device, kind)])


def line(world: Any, dice: random.Random) -> Trouble:
    who, fault = some(world, dice), dice.choice(LINES)
    if fault == "malformed" and who.role.family == "avalon_nano":
        fault = "garbage"
    return Trouble(
        f"{who.role.name}: {fault}",
        (who.role.name,),
        minutes(dice, 0.3, 6),
        lambda: who.set_trouble(fault),
        lambda: who.set_trouble("none"),
    )


def lie(world: Any, dice: random.Random) -> Trouble:
    who = some(world, dice)
    about = dice.choice(LIES[who.role.family])

    def tell(about: set[str]) -> None:
        who.device.lies_about = about

    return Trouble(
        f"{who.role.name} lies about {about}",
        (who.role.name,),
        minutes(dice, 1, 5),
        lambda: tell({about}),
        lambda: tell(set()),
    )


def heat(world: Any, dice: random.Random) -> Trouble:
    who = some(world, dice, EspSimulator)
    return Trouble(
        f"{who.role.name} overheats",
        (who.role.name,),
        minutes(dice, 1, 3),
        who.device.trip_overheat,
        fields=("mode",),
    )


def restart(world: Any, dice: random.Random) -> Trouble:
    who = some(world, dice)
    return Trouble(f"{who.role.name} restarts", (who.role.name,), minutes(dice, 0.5, 1), who.device.reboot)


def reboot_house(world: Any, dice: random.Random) -> Trouble:
    """A short power cut: everything boots at once."""

    def cut() -> None:
        for resident in world.house.residents.values():
            if resident.powered:
                resident.device.reboot()

    return Trouble("power cut", ("",), minutes(dice, 1, 2), cut)


def hand_settings(world: Any, dice: random.Random) -> Trouble:
    who = some(world, dice, EspSimulator)
    lower = dice.choice((-25, 25))

    def turn() -> None:
        who.device.settings["frequency"] += lower

    return Trouble(
        f"{who.role.name}: clock by hand", (who.role.name,), minutes(dice, 1, 2), turn, hand=True, fields=("mode",)
    )


def hand_power(world: Any, dice: random.Random) -> Trouble:
    who = dice.choice([item for item in world.house.residents.values() if item.role.pauses])

    def press() -> None:
        stopped = getattr(who.device, "paused", None) or getattr(who.device, "stopped", False)
        who.device.set_paused(paused=not stopped)

    return Trouble(
        f"{who.role.name}: pause or resume by hand",
        (who.role.name,),
        minutes(dice, 1, 2),
        press,
        hand=True,
        fields=("power",),
    )


def hand_pool(world: Any, dice: random.Random) -> Trouble:
    who = some(world, dice, EspSimulator)

    def type_in() -> None:
        who.device.settings.update(stratumURL="own.test", stratumPort=3333, stratumUser="own")
        who.device.reboot()

    return Trouble(
        f"{who.role.name}: pool by hand", (who.role.name,), minutes(dice, 1, 2), type_in, hand=True, fields=("pool",)
    )


# --- the house -----------------------------------------------------------------------------------

ON_PLUGS = tuple(role.name for role in CAST if role.plug)


def house_down(world: Any, dice: random.Random) -> Trouble:
    server = world.house.server
    return Trouble(
        "Home Assistant is gone",
        ON_PLUGS,
        minutes(dice, 0.5, 7),
        lambda: server.set_fault("vanish"),
        lambda: server.set_fault("none"),
    )


def house_starts(world: Any, dice: random.Random) -> Trouble:
    """A restart of Home Assistant: gone for a moment, then there with nothing known yet."""
    server = world.house.server

    def set_state(state: str, trap: str) -> None:
        server.core_state = state
        for plug in server.plugs.values():
            plug.trap = trap

    return Trouble(
        "Home Assistant restarts",
        ON_PLUGS,
        minutes(dice, 0.5, 4),
        lambda: set_state("NOT_RUNNING", "unavailable"),
        lambda: set_state("RUNNING", "none"),
    )


def trap(world: Any, dice: random.Random) -> Trouble:
    entity, kind = dice.choice(PLUGS).entity, dice.choice(TRAPS)
    plug = world.house.server.plugs[entity]
    who = tuple(resident.role.name for resident in world.house.behind(entity))

    def put(kind: str) -> None:
        plug.trap = kind

    return Trouble(f"{entity}: {kind}", who, minutes(dice, 1, 6), lambda: put(kind), lambda: put("none"))


def flip(world: Any, dice: random.Random) -> Trouble:
    entity = dice.choice(PLUGS).entity
    who = tuple(resident.role.name for resident in world.house.behind(entity))

    def press() -> None:
        world.house.flip(entity, on=not world.house.server.plugs[entity].is_on)

    return Trouble(
        f"{entity}: by hand", who, minutes(dice, 1, 2), press, hand=True, fields=("power",), plugs=(entity,)
    )


# --- prices and pools ----------------------------------------------------------------------------


def feed_fails(world: Any, dice: random.Random) -> Trouble:
    fault = dice.choice(("vanish", "refuse", "malformed", "html", "truncate"))
    return Trouble(
        f"feed: {fault}",
        (),
        minutes(dice, 30, 240),
        lambda: world.feed.set_fault(fault),
        lambda: world.feed.set_fault("none"),
    )


def prices_late(world: Any, dice: random.Random) -> Trouble:
    def late(by: timedelta) -> None:
        world.feed.late_by = by

    by = minutes(dice, 60, 600)
    return Trouble(f"prices {by} late", (), by + timedelta(hours=20), lambda: late(by), lambda: late(timedelta()))


def price_gone(world: Any, dice: random.Random) -> Trouble:
    """A slot that is never published, some way ahead."""
    ahead = dice.randint(60, 90)
    start, end = world.feed.book.slot_at(world.now)
    missing = [start + (ahead + place) * (end - start) for place in range(dice.choice((1, 1, 3)))]
    return Trouble("slots without a price", (), timedelta(), lambda: world.feed.book.missing.update(missing))


def price_corrected(world: Any, dice: random.Random) -> Trouble:
    start, end = world.feed.book.slot_at(world.now)
    moment = start + dice.randint(2, 8) * (end - start)

    def correct() -> None:
        old = world.feed.book.price(moment, "J")
        if old is not None:
            world.feed.book.changed[moment] = old[1] + 7

    return Trouble("a price is corrected", (), timedelta(), correct)


def pool_bad(world: Any, dice: random.Random) -> Trouble:
    """The pool of a coin falls silent; its checks are the pools' own, here only their outcome."""
    coin = dice.choice(("DGB", "BCH", "BTC"))
    lasts = minutes(dice, 6, 30)
    left_at, back_at = timedelta(minutes=5), lasts + timedelta(minutes=15)

    def fall() -> None:
        pool = Pool.objects.get(coin=coin)
        PoolHealth.objects.update_or_create(pool=pool, defaults={"bad_since": world.now, "good_since": None})

    def rise() -> None:
        PoolHealth.objects.filter(pool__coin=coin).update(good_since=world.now)

    return Trouble(f"pool {coin} is down", (), lasts, fall, rise, moments=(left_at, back_at))
