"""Rules about readings that need no database. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from miners.drivers.base import DeviceState
from miners.drivers.thresholds import Thresholds

PLAUSIBLE_FACTOR = 3.0
SHARES_MIN = 20  # fewer say nothing about a rate
FAN_DUTY_MIN = 20.0  # below it a fan may stand still on purpose
WARNING, DANGER, CRITICAL = "warning", "danger", "critical"


def plausible_hashrate_ths(hashrate_ths: float | None, *known_ths: float | None) -> float | None:
    """Return the hash rate, or None when it is above three times all that could be expected.

    `known_ths` are the reported theoretical rate, the table's, and the last hour's; without any of them
    nothing is dropped.
    """
    known = [figure for figure in known_ths if figure]
    if hashrate_ths is None or not known:
        return hashrate_ths
    return hashrate_ths if hashrate_ths <= PLAUSIBLE_FACTOR * max(known) else None


class Code(StrEnum):
    """What may be wrong with a miner that answers."""

    OVERHEATED = "overheated"
    HOT_CHIP = "hot_chip"
    HOT_VR = "hot_vr"
    FAN = "fan"
    NOT_OFF = "not_off"
    STALLED = "stalled"
    LOW_HASHRATE = "low_hashrate"
    REJECTS = "rejects"
    WIFI = "wifi"
    FAULT = "fault"
    FIRMWARE = "firmware"


# How long a symptom lasts before it counts, and how long it is gone before it counts no more.
OPENS_AFTER = {
    Code.OVERHEATED: timedelta(0),
    Code.HOT_CHIP: timedelta(seconds=45),
    Code.HOT_VR: timedelta(seconds=45),
    Code.FAN: timedelta(minutes=2),
    Code.NOT_OFF: timedelta(minutes=5),
    Code.STALLED: timedelta(minutes=3),
    Code.LOW_HASHRATE: timedelta(minutes=10),
    Code.REJECTS: timedelta(minutes=10),
    Code.WIFI: timedelta(minutes=10),
    Code.FAULT: timedelta(0),
    Code.FIRMWARE: timedelta(0),
}
CLOSES_AFTER = {code: timedelta(minutes=2) for code in Code} | dict.fromkeys(
    (Code.OVERHEATED, Code.NOT_OFF, Code.FAULT, Code.FIRMWARE), timedelta(0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One reading as far as health goes; unknown is None. Shares are those of the last hour."""

    state: str
    hashing_for: timedelta = timedelta(0)
    wanted_on: bool = True
    runs_in_spite: bool = False  # it is to be off, is told so, and is not at rest
    hashrate_ths: float | None = None
    expected_hashrate_ths: float | None = None
    chip_temp_c: float | None = None
    vr_temp_c: float | None = None
    fan_rpm: int | None = None
    fan_percent: float | None = None
    fan_has_turned: bool = False  # it reported revolutions before, so 0 is no missing sensor
    shares_accepted: int | None = None
    shares_rejected: int | None = None
    wifi_rssi_dbm: int | None = None
    firmware: str | None = None
    web_firmware: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that is wrong. The words hold no live figure, so that they change only when the matter does."""

    code: Code
    severity: str
    title: str
    words: str


def symptoms(vitals: Vitals, limits: Thresholds) -> tuple[Symptom, ...]:
    """Return what is wrong by one reading, the worst rules first. Whether it lasts is judged by `step`."""
    return tuple(found for rule in RULES for found in rule(vitals, limits))


def overheated(vitals: Vitals, _limits: Thresholds) -> Iterator[Symptom]:
    if vitals.state == DeviceState.OVERHEATED:
        words = "It stepped itself down or stopped to cool. HMM leaves its settings alone until the band changes."
        yield Symptom(code=Code.OVERHEATED, severity=CRITICAL, title="overheated", words=words)


def hot(code: Code, part: str, figure: float | None, warn: float | None, critical: float | None) -> Iterator[Symptom]:
    """Return a temperature's symptom; the critical limit counts without the lower one, too."""
    if figure is None:
        return
    if critical is not None and figure >= critical:
        words = f"{part} at {critical:g} °C or above. Lower its mode, clean its fan or give it air."
        yield Symptom(code=code, severity=CRITICAL, title=f"{part.lower()} much too hot", words=words)
    elif warn is not None and figure >= warn:
        words = f"{part} at {warn:g} °C or above. Look at its fan and its place."
        yield Symptom(code=code, severity=WARNING, title=f"{part.lower()} hot", words=words)


def hot_chip(vitals: Vitals, limits: Thresholds) -> Iterator[Symptom]:
    if vitals.state != DeviceState.OVERHEATED:
        yield from hot(Code.HOT_CHIP, "Chip", vitals.chip_temp_c, limits.chip_warn_c, limits.chip_critical_c)


def hot_vr(vitals: Vitals, limits: Thresholds) -> Iterator[Symptom]:
    if vitals.state != DeviceState.OVERHEATED:
        yield from hot(Code.HOT_VR, "Regulator", vitals.vr_temp_c, limits.vr_warn_c, limits.vr_critical_c)


def dead_fan(vitals: Vitals, _limits: Thresholds) -> Iterator[Symptom]:
    turning = vitals.fan_rpm is None or vitals.fan_rpm > 0 or (vitals.fan_percent or 0) < FAN_DUTY_MIN
    if vitals.fan_has_turned and not turning:
        words = "The fan is driven and does not turn. Switch the miner off and look at it."
        yield Symptom(code=Code.FAN, severity=DANGER, title="fan stands still", words=words)


def not_off(vitals: Vitals, _limits: Thresholds) -> Iterator[Symptom]:
    if vitals.runs_in_spite:
        words = "It runs at a price you do not want to pay. HMM goes on telling it to stop; you may pull its plug."
        yield Symptom(code=Code.NOT_OFF, severity=DANGER, title="should be off and still runs", words=words)


def stalled(vitals: Vitals, _limits: Thresholds) -> Iterator[Symptom]:
    if vitals.state == DeviceState.STALLED and vitals.wanted_on:
        words = "It answers and should hash, and does not. Look at its pool, then restart it."
        yield Symptom(code=Code.STALLED, severity=WARNING, title="does not hash", words=words)


def low_hashrate(vitals: Vitals, limits: Thresholds) -> Iterator[Symptom]:
    wanted, share = vitals.expected_hashrate_ths, limits.low_hashrate_percent
    if vitals.state != DeviceState.HASHING or vitals.hashrate_ths is None or not wanted or share is None:
        return
    if vitals.hashrate_ths < wanted * share / 100:
        words = f"It does less than {share:g} % of what its clock would give."
        yield Symptom(code=Code.LOW_HASHRATE, severity=WARNING, title="hash rate low", words=words)


def rejects(vitals: Vitals, limits: Thresholds) -> Iterator[Symptom]:
    accepted, rejected = vitals.shares_accepted, vitals.shares_rejected
    if accepted is None or rejected is None or limits.reject_percent is None:
        return
    every = accepted + rejected
    if every >= SHARES_MIN and rejected * 100 > limits.reject_percent * every:
        words = f"More than {limits.reject_percent:g} % of the last hour's shares were rejected by the pool."
        yield Symptom(code=Code.REJECTS, severity=WARNING, title="many shares rejected", words=words)


def weak_wifi(vitals: Vitals, limits: Thresholds) -> Iterator[Symptom]:
    level, weakest = vitals.wifi_rssi_dbm, limits.weak_wifi_dbm
    if level is not None and weakest is not None and level < weakest:
        words = f"Its Wi-Fi is below {weakest:g} dBm. Move it, or the access point."
        yield Symptom(code=Code.WIFI, severity=WARNING, title="weak Wi-Fi", words=words)


def fault(vitals: Vitals, _limits: Thresholds) -> Iterator[Symptom]:
    if vitals.fault:
        words = f"The device says: {vitals.fault:.200}"
        yield Symptom(code=Code.FAULT, severity=DANGER, title="reports a fault", words=words)


def mixed_firmware(vitals: Vitals, _limits: Thresholds) -> Iterator[Symptom]:
    if vitals.firmware and vitals.web_firmware and vitals.firmware != vitals.web_firmware:
        words = (
            f"Its firmware is {vitals.firmware:.60} and its web files are {vitals.web_firmware:.60}."
            " Update both with files of one version."
        )
        yield Symptom(code=Code.FIRMWARE, severity=WARNING, title="firmware and web files differ", words=words)


RULES: tuple[Callable[[Vitals, Thresholds], Iterator[Symptom]], ...] = (
    overheated,
    hot_chip,
    hot_vr,
    dead_fan,
    fault,
    not_off,
    stalled,
    low_hashrate,
    rejects,
    weak_wifi,
    mixed_firmware,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How long a symptom has been there, and since when it has been gone; `counts` once it lasted."""

    since: datetime
    gone_since: datetime | None = None
    counts: bool = False


def step(mark: Mark | None, code: Code, *, present: bool, now: datetime) -> Mark | None:
    """Return the mark after one more reading, None when there is nothing left to remember.

    An instant in the future comes from a clock that was set back and counts as now.
    """
    if mark is None:
        return Mark(since=now, counts=OPENS_AFTER[code] <= timedelta(0)) if present else None
    since = min(mark.since, now)
    if present:
        return Mark(since=since, counts=mark.counts or now - since >= OPENS_AFTER[code])
    gone_since = min(mark.gone_since or now, now)
    if not mark.counts or now - gone_since >= CLOSES_AFTER[code]:
        return None
    return Mark(since=since, gone_since=gone_since, counts=True)
