"""Translate a command into one call of its device's driver."""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings

from hmm.secrets import LOST, opened
from miners.drivers.abilities import (
    ClearsOverheat,
    Configures,
    Identifies,
    Pauses,
    Proves,
    Restarts,
    SetsFan,
    SetsMode,
    SetsPool,
    SetsTuning,
    SwitchesSlot,
)
from miners.drivers.base import Board, Driver, PoolTarget, RefusedError
from miners.models import Command, CommandKind, DeviceTemplate, Miner, NewestReading
from miners.services.allowing import lost_secret, preset_of

PROOF_S = 12.0  # several exchanges, inside one lease
Act = Callable[[Any, Command, Miner], bool | None]  # True: it counts only after a restart, which follows at once


def need_secrets(command: Command, miner: Miner, newest: NewestReading | None, code: str | None) -> None:
    """Raise RefusedError when a secret this command needs cannot be read: no device is given a wrong one."""
    if code is None or opened(command, "secret") is None:
        raise RefusedError(f"What was typed in for this {LOST}. Nothing was sent.")
    lost = lost_secret(miner, command.kind, newest, code=code)
    if lost:
        raise RefusedError(lost)


def value_of(command: Command) -> dict[str, Any]:
    return dict(command.value or {})


def board_of(miner: Miner) -> Board:
    board = miner.board
    if board is None:
        raise RefusedError(f"The limits of {miner.name}'s board are not known, so nothing is sent to it.")
    return board


def power(driver: Pauses, command: Command, _miner: Miner) -> None:
    if value_of(command)["on"]:
        driver.resume()
    else:
        driver.pause()


def named_mode(driver: SetsMode, command: Command, miner: Miner) -> None:
    driver.set_mode(value_of(command)["mode"], board=miner.board)


def mode(driver: SetsTuning, command: Command, miner: Miner) -> None:
    board, wanted = board_of(miner), value_of(command)["mode"]
    if wanted not in board.presets:
        raise RefusedError(f"{miner.name} has no mode {wanted} any more; nothing is sent.")
    driver.set_tuning(board.presets[wanted], board=board, with_consent=wanted == "oc")


def tuning(driver: SetsTuning, command: Command, miner: Miner) -> None:
    driver.set_tuning(preset_of(value_of(command)), board=board_of(miner))


def target_of(command: Command) -> PoolTarget:
    value = value_of(command)
    return PoolTarget(
        host=value["host"],
        port=value["port"],
        user=value["user"],
        password=opened(command, "secret") or "x",
        tls=bool(value.get("tls")),
    )


def pool(driver: SetsPool, command: Command, _miner: Miner) -> None:
    driver.set_pool(target_of(command))


def pool_in_a_slot(driver: SwitchesSlot, command: Command, _miner: Miner) -> bool:
    return driver.use_pool(target_of(command))


def write_slot(driver: SwitchesSlot, command: Command, _miner: Miner) -> bool:
    driver.write_slot(value_of(command)["position"], target_of(command))
    return True


def configure(driver: Configures, _command: Command, miner: Miner) -> None:
    """Send the stored configuration, whole, to this one device."""
    stored = DeviceTemplate.objects.filter(miner=miner).first()
    if stored is None:
        raise RefusedError(f"The configuration of {miner.name} was never typed in; nothing is sent.")
    whole = opened(stored, "sealed")
    if whole is None:
        raise RefusedError(f"The configuration of {miner.name} {LOST}.")
    ports: dict[str, int] = settings.HMM_CONFIGURATION_PORTS
    driver.configure(json.loads(whole), None, port=ports.get(miner.kind, driver.configuration_port))


# For each kind the protocols that can carry it out, the better one first.
ACTS: dict[str, tuple[tuple[type[Any], Act], ...]] = {
    CommandKind.POWER: ((Pauses, power),),
    CommandKind.MODE: ((SetsMode, named_mode), (SetsTuning, mode)),
    CommandKind.TUNING: ((SetsTuning, tuning),),
    CommandKind.FAN: ((SetsFan, lambda driver, command, _miner: driver.set_fan(value_of(command).get("percent"))),),
    CommandKind.POOL: ((SwitchesSlot, pool_in_a_slot), (SetsPool, pool)),
    CommandKind.SLOT: ((SwitchesSlot, write_slot),),
    CommandKind.SWITCH_SLOT: (
        (SwitchesSlot, lambda driver, command, _miner: driver.switch_slot(value_of(command)["position"])),
    ),
    CommandKind.CONFIGURE: ((Configures, configure),),
    CommandKind.RESTART: ((Restarts, lambda driver, _command, _miner: driver.restart()),),
    CommandKind.IDENTIFY: ((Identifies, lambda driver, _command, _miner: driver.identify()),),
    CommandKind.CLEAR_OVERHEAT: ((ClearsOverheat, lambda driver, _command, _miner: driver.clear_overheat()),),
    CommandKind.PROVE: ((Proves, lambda driver, _command, _miner: driver.prove(total_s=PROOF_S)),),
}


def act(driver: Driver, command: Command, miner: Miner) -> bool:
    """Call the driver once; return whether a restart must follow before it counts.

    Raise a DriverError when the device cannot do it or does not answer.
    """
    for protocol, call in ACTS[command.kind]:
        if isinstance(driver, protocol):
            return bool(call(driver, command, miner))
    raise RefusedError(f"{miner.name} cannot do this any more; look at its page.")
