"""Make sure that an order reaches the device it is meant for: addresses are swapped, boards are replaced."""

from datetime import datetime, timedelta

from miners.drivers.abilities import SetsMode, SetsTuning
from miners.drivers.base import Driver, PayloadError, Reading, RefusedError, UnreachableError
from miners.models import CommandKind, Miner

FRESH = timedelta(seconds=20)  # no device leaves its address to another one in less
BY_BOARD = {CommandKind.MODE, CommandKind.TUNING}


def is_tuned(miner: Miner, kind: str) -> bool:
    """Tell whether a command of this kind carries a clock and a core voltage, which another board might not bear."""
    driver = miner.able()
    return kind in BY_BOARD and isinstance(driver, SetsTuning) and not isinstance(driver, SetsMode)


def is_to_be_met(miner: Miner, kind: str, now: datetime) -> bool:
    """Tell whether to look who answers first: a device that was silent, or one to be tuned, read a while ago."""
    if miner.pushed or kind == CommandKind.CONFIGURE:
        return False
    old = miner.last_seen_at is None or not timedelta(0) <= now - miner.last_seen_at < FRESH
    return miner.failures > 0 or (old and is_tuned(miner, kind))


def meet(driver: Driver, miner: Miner, kind: str, *, now: datetime, turns_off: bool = False) -> None:
    """Raise RefusedError, before anything is written, where another device or another board answers.

    Raise whatever a reading raises but for a refusal: the order itself is then refused, and says more.
    Turning off is kept from another device only: it does no board any harm, and is tried without an answer too.
    """
    reading = introduction(driver, miner, kind, turns_off=turns_off) if is_to_be_met(miner, kind, now) else None
    if reading is None:
        return
    if is_another_device(miner, reading):
        raise RefusedError(another_device(miner, reading))
    if not turns_off and has_another_chip(miner, reading):
        raise RefusedError(f"{miner.name} has another chip than before, {reading.asic_model}. Nothing was sent.")


def introduction(driver: Driver, miner: Miner, kind: str, *, turns_off: bool) -> Reading | None:
    """Return what the device tells of itself, None where the order goes on without."""
    try:
        return driver.read()
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
    """Tell whether addresses were swapped: what answers is neither to be counted nor commanded as this miner."""
    return bool(miner.mac and reading.mac and reading.mac != miner.mac)


def another_device(miner: Miner, reading: Reading) -> str:
    return (
        f"Another device answers at {miner.host}, {reading.model or reading.family} with the MAC {reading.mac}."
        " Search for devices to find this one again, or remove it if it was replaced."
    )
