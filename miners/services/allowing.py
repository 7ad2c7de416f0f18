"""What may be commanded of a device: its abilities and its board's limits, before a row is written."""

from collections.abc import Callable
from typing import Any

from hmm.secrets import LOST, lost_secrets
from miners.drivers.abilities import (
    ClearsOverheat,
    Configures,
    Identifies,
    MinesOverTls,
    Pauses,
    PausesSince,
    Proves,
    Restarts,
    SetsFan,
    SetsMode,
    SetsPool,
    SwitchesSlot,
)
from miners.drivers.base import Preset
from miners.models import CommandKind, Miner, NewestReading
from miners.models.miner import SECRETS

NEED_A_CODE = {
    CommandKind.MODE,
    CommandKind.TUNING,
    CommandKind.FAN,
    CommandKind.POOL,
    CommandKind.CLEAR_OVERHEAT,
    CommandKind.PROVE,
}


class CommandRefusedError(ValueError):
    """A command that is not given; the sentence says why and what to do."""


def check(miner: Miner, kind: str, value: dict[str, Any], newest: NewestReading | None, *, code: str = "") -> None:
    """Refuse what the device cannot do and what its board must not do, before a row is written."""
    if not miner.may_be_written and kind != CommandKind.PROVE:
        raise CommandRefusedError(
            f"{miner.name} ({miner.model or miner.kind}) is of a kind that HMM only reads until it is proven."
        )
    lost = lost_secret(miner, kind, newest, code=code)
    if lost:
        raise CommandRefusedError(lost)
    if kind in NEED_A_CODE and newest is not None and newest.locked and not (code or miner.otp_secret):
        raise CommandRefusedError(
            f"{miner.name} is locked with a one-time code. Type the one your app shows, or let HMM keep its secret."
        )
    if miner.pushed and kind != CommandKind.CONFIGURE:
        raise CommandRefusedError(
            f"{miner.name} only tells its readings and takes no single order; its pool is part of its configuration."
        )
    CHECKS[CommandKind(kind)](miner, value, newest)


def lost_secret(miner: Miner, kind: str, newest: NewestReading | None, *, code: str = "") -> str:
    """Return why a command cannot be given because a stored secret cannot be read, empty where none is needed."""
    is_locked = kind in NEED_A_CODE and newest is not None and bool(newest.locked) and not code
    is_asked = kind in {CommandKind.POOL, CommandKind.SLOT} and isinstance(miner.driver(), SwitchesSlot)
    needed = {"otp_secret": is_locked, "login_password": is_asked}
    lost = lost_secrets(miner, *(name for name, is_needed in needed.items() if is_needed))
    return f"{miner.name}: {SECRETS[lost[0]]} {LOST}." if lost else ""


def needs(protocol: Any, words: str) -> Callable[[Miner, dict[str, Any], NewestReading | None], None]:
    def check_capability(miner: Miner, _value: dict[str, Any], _newest: NewestReading | None) -> None:
        if not isinstance(miner.able(), protocol):
            raise CommandRefusedError(f"{miner.get_kind_display()} cannot {words}.")

    return check_capability


def check_power(miner: Miner, _value: dict[str, Any], newest: NewestReading | None) -> None:
    driver = miner.able()
    if not isinstance(driver, Pauses):
        raise CommandRefusedError(f"{miner.get_kind_display()} cannot be turned off from here.")
    if newest is None or not newest.can_pause:
        since = f" ({driver.pause_needs} and later have)" if isinstance(driver, PausesSince) else ""
        raise CommandRefusedError(
            f"{miner.name} cannot be paused: its firmware {miner.firmware} has no pause{since}."
        )


def check_mode(miner: Miner, value: dict[str, Any], newest: NewestReading | None) -> None:
    board = miner.board
    mode = value.get("mode")
    if isinstance(miner.able(), SetsMode):
        if mode not in miner.modes:
            raise CommandRefusedError(f"{miner.name} has no mode {mode!r}; it has: {', '.join(miner.modes)}.")
        return
    if board is None or mode not in board.presets:
        known = ", ".join(board.presets) if board is not None else "none yet"
        raise CommandRefusedError(f"{miner.name} has no mode {mode!r}; it has: {known}.")
    check_preset(miner, board.presets[str(mode)], with_consent=mode == "oc")
    del newest


def check_tuning(miner: Miner, value: dict[str, Any], _newest: NewestReading | None) -> None:
    check_preset(miner, preset_of(value), with_consent=False)


def check_preset(miner: Miner, preset: Preset, *, with_consent: bool) -> None:
    """Refuse a clock or core voltage outside the board's limits; the sentence names them."""
    board = miner.board
    limits = None if board is None else board.oc_limits if with_consent else board.limits
    if limits is None:
        raise CommandRefusedError(f"The limits of {miner.name}'s board are not known, so nothing is sent to it.")
    if not limits.allow(preset):
        raise CommandRefusedError(
            f"{miner.name} takes {limits.frequency_min_mhz} to {limits.frequency_max_mhz} MHz and"
            f" {limits.core_voltage_min_mv} to {limits.core_voltage_max_mv} mV,"
            f" not {preset.frequency_mhz} MHz at {preset.core_voltage_mv} mV."
        )


def check_fan(miner: Miner, value: dict[str, Any], _newest: NewestReading | None) -> None:
    percent = value.get("percent")
    driver = miner.able()
    if not isinstance(driver, SetsFan):
        raise CommandRefusedError(f"{miner.get_kind_display()} has no fan to set.")
    if percent is not None and not driver.fan_min_percent <= int(percent) <= 100:
        raise CommandRefusedError(
            f"The fan of {miner.name} runs at {driver.fan_min_percent} to 100 %, or by the device's own control."
        )


def check_pool(miner: Miner, value: dict[str, Any], newest: NewestReading | None) -> None:
    needs((SetsPool, SwitchesSlot), "be given a pool from here")(miner, value, newest)
    check_tls(miner, value)


def check_tls(miner: Miner, value: dict[str, Any]) -> None:
    """Refuse a pool that speaks TLS for a device that does not; it would never get work."""
    if not value.get("tls"):
        return
    driver, remedy = miner.able(), "Give it a pool with a plain port."
    if not isinstance(driver, MinesOverTls):
        raise CommandRefusedError(f"{miner.get_kind_display()} speaks no TLS to a pool. {remedy}")
    if not driver.takes_tls(miner.firmware):
        raise CommandRefusedError(
            f"{miner.name} speaks no TLS to a pool: its firmware is {miner.firmware or 'not known'},"
            f" {driver.tls_needs} and later do. {remedy}"
        )


def check_slot(miner: Miner, value: dict[str, Any], newest: NewestReading | None) -> None:
    """Refuse a slot the device does not have."""
    driver, position = miner.able(), value.get("position")
    if not isinstance(driver, SwitchesSlot):
        raise CommandRefusedError(f"{miner.get_kind_display()} has no pool slots.")
    if not isinstance(position, int) or not 0 <= position < driver.slot_count:
        raise CommandRefusedError(f"{miner.name} has the pool slots 1 to {driver.slot_count}.")
    check_tls(miner, value)
    del newest


def check_prove(miner: Miner, _value: dict[str, Any], _newest: NewestReading | None) -> None:
    if miner.may_be_written:
        raise CommandRefusedError(f"{miner.name} takes commands already; there is nothing to prove.")
    if not isinstance(miner.able(), Proves):
        raise CommandRefusedError(f"{miner.get_kind_display()} has nothing harmless to try; it is only read.")


def check_configure(miner: Miner, value: dict[str, Any], _newest: NewestReading | None) -> None:
    if not isinstance(miner.able(), Configures) or not miner.pushed:
        raise CommandRefusedError(f"{miner.name} takes no configuration from here.")
    if value.get("confirmed") is not True:
        raise CommandRefusedError(
            f"The configuration of {miner.name} is sent only after it was confirmed on its page."
        )


CHECKS: dict[CommandKind, Callable[[Miner, dict[str, Any], NewestReading | None], None]] = {
    CommandKind.POWER: check_power,
    CommandKind.MODE: check_mode,
    CommandKind.TUNING: check_tuning,
    CommandKind.FAN: check_fan,
    CommandKind.POOL: check_pool,
    CommandKind.SLOT: check_slot,
    CommandKind.SWITCH_SLOT: check_slot,
    CommandKind.CONFIGURE: check_configure,
    CommandKind.RESTART: needs(Restarts, "be restarted from here"),
    CommandKind.IDENTIFY: needs(Identifies, "show itself"),
    CommandKind.CLEAR_OVERHEAT: needs(ClearsOverheat, "clear an overheat flag from here"),
    CommandKind.PROVE: check_prove,
}


def preset_of(value: dict[str, Any]) -> Preset:
    return Preset(int(value["frequency_mhz"]), int(value["core_voltage_mv"]))
