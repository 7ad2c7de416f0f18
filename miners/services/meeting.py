"""Make sure that an order reaches the device it is meant for: addresses are swapped, boards are replaced."""

from datetime import datetime, timedelta

from miners.drivers.abilities import SetsMode, SetsTuning
from miners.drivers.base import Driver, PayloadError, Reading, RefusedError, UnreachableError
from miners.models import CommandKind, Miner

FRESH = timedelta(seconds=20)  # no device leaves its address to another one in less
BY_BOARD = {CommandKind.MODE, CommandKind.TUNING}
BY_NUMBER = {CommandKind.MODE, CommandKind.POOL, CommandKind.SLOT, CommandKind.SWITCH_SLOT}


def is_tuned(miner: Miner, kind: str) -> bool:
    """Tell whether a command of this kind carries a clock and a core voltage, which another board might not bear."""
    driver = miner.able()
    return kind in BY_BOARD and isinstance(driver, SetsTuning) and not isinstance(driver, SetsMode)


def serial_of(miner: Miner) -> str | None:
    """Return the number its maker gave the device, None where it tells none."""
    board = miner.board
    return board.serial if board is not None else None


def is_to_be_met(miner: Miner, kind: str, now: datetime) -> bool:
    """Tell whether to look who answers first: a device that was silent, or one read a while ago that is to be
    tuned, or that each reading knows by its number and that is to get a mode or a pool."""
    if miner.pushed or kind == CommandKind.CONFIGURE:
        return False
    old = miner.last_seen_at is None or not timedelta(0) <= now - miner.last_seen_at < FRESH
    by_number = kind in BY_NUMBER and serial_of(miner) is not None
    return miner.failures > 0 or (old and (by_number or is_tuned(miner, kind)))


def meet(
    driver: Driver, miner: Miner, kind: str, *, now: datetime, turns_off: bool = False, in_haste: bool = False
) -> None:
    """Raise RefusedError, before anything is written, where another device or another board answers.

    Raise whatever a reading raises but for a refusal: the order itself is then refused, and says more.
    Turning off is kept from another device only: it does no board any harm, and is tried without an answer too.
    `in_haste`: the device bears one more request only, and this is the one that turns it off.
    """
    if in_haste or not is_to_be_met(miner, kind, now):
        return
    reading = introduction(driver, miner, kind, turns_off=turns_off)
    if reading is None:
        return
    if is_another_device(miner, reading):
        raise RefusedError(another_device(miner, reading))
    if not turns_off and has_another_chip(miner, reading):
        raise RefusedError(f"{miner.name} has another chip than before, {reading.asic_model}. Nothing was sent.")


def introduction(driver: Driver, miner: Miner, kind: str, *, turns_off: bool) -> Reading | None:
    """Return what the device tells of itself, None where the order goes on without."""
    try:  # with a board it is one request, and enough where the device is known by its number
        return driver.read(board=miner.board if serial_of(miner) is not None else None)
    except RefusedError:
        return None
    except PayloadError:
        if is_tuned(miner, kind):
            raise
        return None  # turning off does not wait for a device to be understood
    except UnreachableError:
        if not turns_off:
            raise
        return None


def has_another_chip(miner: Miner, reading: Reading) -> bool:
    board = miner.board
    known = board.asic_model if board is not None else None
    return bool(known) and reading.asic_model not in {None, known}


def is_another_device(miner: Miner, reading: Reading) -> bool:
    """Tell whether addresses were swapped: what answers is neither to be counted nor commanded as this miner.

    The MAC decides where both tell one, else the maker's number: a MAC may be told at the first contact only.
    """
    for stored, told in ((miner.mac, reading.mac), (serial_of(miner), reading.serial)):
        if stored and told:
            return stored != told
    return False


def are_one(first: Reading, second: Reading) -> bool:
    """Tell whether two readings are of one device, so far as they tell who they are."""
    numbers = {first.serial, second.serial} - {None}
    return first.mac == second.mac and len(numbers) <= 1


def another_device(miner: Miner, reading: Reading) -> str:
    who = f"the MAC {reading.mac}" if reading.mac else f"the serial number {reading.serial}"
    return (
        f"Another device answers at {miner.host}, {reading.model or reading.family} with {who}."
        " Search for devices to find this one again, or remove it if it was replaced."
    )
