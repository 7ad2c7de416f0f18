"""What a miner's own page says: four truths, why, commands, events, and the panels of its past."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hmm.audit.contexts import row_of
from hmm.audit.models import AuditEntry
from hmm.look import formats
from hmm.secrets import opened
from miners.contexts import Tile, tile_of
from miners.drivers.abilities import (
    ClearsOverheat,
    Configures,
    Identifies,
    Pauses,
    Proves,
    Restarts,
    SetsFan,
    SetsPool,
    SetsTuning,
    SwitchesSlot,
)
from miners.drivers.base import Limits
from miners.models import Command, FieldState, FirmwareVersion, HealthReason, Miner, NewestReading, PoolSlot
from miners.outlets import way_off_of
from miners.services.silence import is_off_at_its_plug
from miners.switches.ways import ONLY_READ, Way, uncapital

COMMANDS_SHOWN, EVENTS_SHOWN, FIRMWARES_SHOWN = 6, 8, 6
WEAK_PERCENT = 70.0  # of the chips' mean
AT_THE_DEVICE = "by hand"  # what a hold says that no name in HMM stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One of the four verdicts. `verdict` is "yes", "warn", "no" or "" for unknown."""

    label: str
    verdict: str
    words: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One chip of the newest reading."""

    number: int
    hashrate_ths: float | None
    percent_of_mean: float | None
    error_count: int | None

    @property
    def is_weak(self) -> bool:
        return self.percent_of_mean is not None and self.percent_of_mean < WEAK_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What this device can be told."""

    modes: tuple[str, ...]
    pause: bool
    restart: bool
    configure: bool  # it takes its whole configuration at once, and nothing else
    pool: bool
    identify: bool
    fan_min_percent: int | None
    tuning: Limits | None
    clear_overheat: bool
    slots: int  # that can be written and switched to, 0 where the device has none
    prove: bool  # a device of an unknown make may show that it keeps settings
    code: bool  # it is locked, and HMM does not keep the secret


def detail(miner: Miner, now: datetime) -> dict[str, Any]:
    """Gather the page of one miner, loaded `with_latest`."""
    tile = tile_of(miner, now)
    newest: NewestReading | None = getattr(miner, "newest", None)
    fields = list(FieldState.objects.filter(miner=miner))
    can = abilities(miner, newest)
    return {
        "miner": miner,
        "tile": tile,
        "newest": newest,
        "truths": [
            reachable(miner, tile, now),
            hashing(tile),
            wanted(miner, tile),
            settings_as_left(fields),
        ],
        "holds": [field for field in fields if field.held_by],
        "can": can,
        "slots": list(PoolSlot.objects.filter(miner=miner)) if can.slots else [],
        "off_means": turn_off_means(miner, can, now),
        "left_off": is_left_off(miner, newest),
        "commands": list(Command.objects.filter(miner=miner)[:COMMANDS_SHOWN]),
        "reasons": list(HealthReason.objects.filter(miner=miner, counts=True)),
        "chips": chips_of(newest),
        "firmwares": list(FirmwareVersion.objects.filter(miner=miner)[:FIRMWARES_SHOWN]),
        "events": [row_of(entry) for entry in AuditEntry.objects.about(miner)[:EVENTS_SHOWN]],
    }


def chips_of(newest: NewestReading | None) -> list[Chip]:
    """Return each chip's work beside the mean of all, so that a weak one stands out."""
    told = newest.chips if newest is not None else []
    rates = [chip["hashrate_ths"] for chip in told if chip.get("hashrate_ths") is not None]
    mean = sum(rates) / len(rates) if rates else 0.0
    return [
        Chip(
            number=chip["position"] + 1,
            hashrate_ths=chip.get("hashrate_ths"),
            percent_of_mean=chip["hashrate_ths"] / mean * 100
            if mean and chip.get("hashrate_ths") is not None
            else None,
            error_count=chip.get("error_count"),
        )
        for chip in told
    ]


def reachable(miner: Miner, tile: Tile, now: datetime) -> Truth:
    if not miner.enabled:
        return Truth(label="Reachable", verdict="", words="Not asked", more="Polling is switched off.")
    if miner.unreachable_since is not None:
        return Truth(
            label="Reachable",
            verdict="no",
            words=f"No, for {formats.age(miner.unreachable_since, now)}",
            more=miner.last_error or "It does not answer.",
        )
    if tile.taken_at is None:
        return Truth(label="Reachable", verdict="", words="Not yet seen", more="The first poll is due.")
    verdict = "warn" if tile.stale else "yes"
    return Truth(
        label="Reachable",
        verdict=verdict,
        words=f"Yes, {formats.age(tile.taken_at, now)} ago",
        more="tells by itself" if miner.pushed else f"asked every {miner.poll_interval_s} s",
    )


def hashing(tile: Tile) -> Truth:
    if tile.taken_at is None or tile.state == "unreachable":
        return Truth(label="Hashing", verdict="", words="Unknown", more="No fresh reading.")
    share = tile.hashrate_ths / tile.expected_ths * 100 if tile.hashrate_ths and tile.expected_ths else None
    verdict = {"hashing": "yes", "overheated": "no", "stalled": "no"}.get(tile.state, "warn")
    words = formats.ths(tile.hashrate_ths) if tile.state == "hashing" else tile.state_label
    more = f"{formats.percent(share)} of expected" if share is not None else tile.why
    return Truth(label="Hashing", verdict=verdict, words=words, more=more)


def wanted(miner: Miner, tile: Tile) -> Truth:
    target = getattr(miner, "target", None)
    if not miner.enrolled:
        return Truth(label="Wanted", verdict="", words="As it was left", more="Not enrolled in the strategy.")
    if target is None:
        return Truth(label="Wanted", verdict="", words="Not decided yet", more="Waiting for the first decision.")
    power = {True: "On", False: "Off", None: "Left alone"}[target.on]
    what = ", ".join(part for part in (target.pool_label, target.mode) if part)
    words = f"{power}: {what}" if what and target.on is not False else power
    del tile
    return Truth(
        label="Wanted", verdict="warn" if target.waiting else "yes", words=words, more=target.waiting or target.why
    )


def settings_as_left(fields: list[FieldState]) -> Truth:
    held = [field for field in fields if field.held_by]
    if held:
        names = ", ".join(field.get_field_display().lower() for field in held)
        return Truth(
            label="Settings as left",
            verdict="warn",
            words=f"Held: {names}",
            more=f"{by_whom(held[0])}; the strategy leaves it alone",
        )
    if not any(field.confirmed_at for field in fields):
        return Truth(
            label="Settings as left", verdict="", words="Nothing set yet", more="No command was confirmed so far."
        )
    failing = [field for field in fields if field.failures]
    if failing:
        return Truth(label="Settings as left", verdict="warn", words="Not taken", more="A command was not verified.")
    return Truth(label="Settings as left", verdict="yes", words="Yes", more="as last confirmed")


def by_whom(field: FieldState) -> str:
    return field.held_by if field.held_by == AT_THE_DEVICE else f"by {field.held_by}"


def turn_off_means(miner: Miner, can: Abilities, now: datetime) -> str:
    """Return what turning this miner off would do, for the page to say before it matters."""
    way = way_off_of(miner, now, can_pause=can.pause, lowest_mode=can.modes[0] if can.modes else "")
    if way.way is Way.NOTHING and miner.plug is None and not miner.may_be_written:
        return f"It cannot be turned off from here. {ONLY_READ} A smart plug could turn it off."
    return f"To be off: {uncapital(way.words)}"


def is_left_off(miner: Miner, newest: NewestReading | None) -> bool:
    """Tell whether it stands still because the strategy turned it off, and the strategy no longer looks after it."""
    target = getattr(miner, "target", None)
    looked_after = miner.enrolled and miner.enabled
    stands_still = is_off_at_its_plug(miner) or (newest is not None and bool(newest.paused))
    return not looked_after and target is not None and target.on is False and stands_still


def abilities(miner: Miner, newest: NewestReading | None) -> Abilities:
    """Return what may be sent: nothing to a device of a kind that is only read."""
    driver, board = miner.driver(), miner.board
    writes = miner.may_be_written and not miner.pushed
    return Abilities(
        modes=miner.modes if writes else (),
        pause=writes and isinstance(driver, Pauses) and newest is not None and bool(newest.can_pause),
        configure=miner.may_be_written and miner.pushed and isinstance(driver, Configures),
        pool=writes and isinstance(driver, SetsPool),
        restart=writes and isinstance(driver, Restarts),
        identify=writes and isinstance(driver, Identifies),
        fan_min_percent=driver.fan_min_percent if writes and isinstance(driver, SetsFan) else None,
        tuning=board.limits if writes and isinstance(driver, SetsTuning) and board is not None else None,
        clear_overheat=writes
        and isinstance(driver, ClearsOverheat)
        and newest is not None
        and newest.state == "overheated",
        slots=driver.slot_count if writes and isinstance(driver, SwitchesSlot) else 0,
        prove=not miner.may_be_written and isinstance(driver, Proves),
        code=newest is not None and bool(newest.locked) and not opened(miner, "otp_secret"),
    )
