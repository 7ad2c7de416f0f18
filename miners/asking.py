"""From what a page's form says to the value of a command, for one miner or many."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from hmm.secrets import LOST, opened
from miners.drivers.registry import FAMILY_MODES
from miners.drivers.totp import clean_code
from miners.models import CommandKind, Miner, PoolSlot, TuningProfile
from miners.services.allowing import CommandRefusedError
from pools.models import Pool

WITHOUT_VALUE = {CommandKind.RESTART, CommandKind.IDENTIFY, CommandKind.CLEAR_OVERHEAT, CommandKind.PROVE}


def value_of(miner: Miner, kind: str, text: str) -> tuple[dict[str, Any], str]:
    """Return a command's value and its secret. Raise CommandRefusedError for what is no command."""
    if kind in WITHOUT_VALUE:
        return {}, ""
    if kind == CommandKind.POWER and text in {"on", "off"}:
        return {"on": text == "on"}, ""
    if kind in WITH_SECRET:
        return WITH_SECRET[CommandKind(kind)](miner, text)
    if kind in TYPED:
        return TYPED[CommandKind(kind)](miner, text), ""
    raise CommandRefusedError(f"{kind!r:.40} with {text!r:.40} is no command.")


def code_of(text: str) -> str:
    """Return a one-time code of six digits, or nothing. Raise CommandRefusedError for anything else."""
    try:
        return clean_code(text)
    except ValueError as error:
        raise CommandRefusedError(str(error)) from error


def fan_percent(text: str) -> int | None:
    if text in {"", "auto"}:
        return None
    if not text.isdecimal() or len(text) > 5:
        raise CommandRefusedError("Type the fan's duty in whole percent, or nothing for the device's own control.")
    return int(text)


def tuning_value(text: str) -> dict[str, Any]:
    """Return a clock and a core voltage typed as two whole numbers."""
    typed = text.split()
    if len(typed) != 2 or not all(part.isdecimal() and len(part) <= 5 for part in typed):
        raise CommandRefusedError("Type the clock in whole MHz and the core voltage in whole mV.")
    return {"frequency_mhz": int(typed[0]), "core_voltage_mv": int(typed[1])}


def pool_value(miner: Miner, text: str) -> tuple[dict[str, Any], str]:
    try:
        pool = Pool.objects.get(pk=int(text))
    except (ValueError, ObjectDoesNotExist) as error:
        raise CommandRefusedError("That pool is gone. Choose another one.") from error
    return stratum_of(pool, miner), password_of(pool)


def password_of(pool: Pool) -> str:
    """Return the pool's password. Raise CommandRefusedError for one that cannot be read: nobody gets a wrong one."""
    password = opened(pool, "password")
    if password is None:
        raise CommandRefusedError(f"{pool}: its password {LOST}.")
    return password


def stratum_of(pool: Pool, miner: Miner) -> dict[str, Any]:
    """Return a pool as a command to this miner holds it; `tls` only where the pool has it."""
    value = {"host": pool.host, "port": pool.port, "user": pool.user_for(miner.worker_name)}
    return {**value, "tls": True} if pool.tls else value


def slot_value(miner: Miner, text: str) -> tuple[dict[str, Any], str]:
    """Return a pool for a slot, typed as the slot's number as people count and the pool's id."""
    slot, _space, pool = text.partition(" ")
    if not slot.isdecimal() or len(slot) > 2:
        raise CommandRefusedError("Choose the slot to write.")
    value, secret = pool_value(miner, pool)
    return {"position": int(slot) - 1, **value}, secret


def switch_value(miner: Miner, text: str) -> dict[str, Any]:
    slot = PoolSlot.objects.filter(miner=miner, position=int(text) - 1).first() if text.isdecimal() else None
    if slot is None or not slot.host:
        raise CommandRefusedError("That slot is empty. Write a pool into it first.")
    return {"position": slot.position, "host": slot.host, "port": slot.port, "user": slot.user}


TYPED: dict[CommandKind, Callable[[Miner, str], dict[str, Any]]] = {
    CommandKind.MODE: lambda _miner, text: {"mode": text},
    CommandKind.FAN: lambda _miner, text: {"percent": fan_percent(text)},
    CommandKind.TUNING: lambda _miner, text: tuning_value(text),
    CommandKind.SWITCH_SLOT: switch_value,
}
WITH_SECRET: dict[CommandKind, Callable[[Miner, str], tuple[dict[str, Any], str]]] = {
    CommandKind.POOL: pool_value,
    CommandKind.SLOT: slot_value,
}


def bulk_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what may be done to many miners, in groups of (what a form sends, words)."""
    modes = dict.fromkeys(mode for listed in FAMILY_MODES.values() for mode in listed)
    groups = [
        ("Miner", [("restart", "Restart"), ("enable", "Enable"), ("disable", "Disable")]),
        ("Mode", [(f"mode:{mode}", mode) for mode in modes]),
        ("Pool", [(f"pool:{pool.pk}", pool.name) for pool in Pool.objects.usable()]),
        ("Profile", [(f"profile:{one.pk}", f"{one.name} · {one.in_words}") for one in TuningProfile.objects.all()]),
    ]
    return [(label, choices) for label, choices in groups if choices]


def bulk_value(act: str, text: str) -> dict[str, Any]:
    """Return the value an act on many miners takes; what is no number is none of the ids."""
    if act == "mode":
        return {"mode": text}
    if act in {"pool", "profile"}:
        return {f"{act}_id": int(text) if text.isdecimal() and len(text) < 20 else 0}
    return {}
