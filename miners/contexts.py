"""What pages show of miners: one frozen value for each tile, made from one row with its newest reading."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hmm.look.addresses import address
from miners.drivers.base import DeviceState
from miners.drivers.registry import lottery_kinds
from miners.models import Miner, NewestReading
from miners.models.newest import stale_after_s
from miners.services.silence import is_booting, is_off_at_its_plug
from miners.services.wall_power import METER

STATES = {
    "hashing": "Hashing",
    "idle": "Idle",
    "starting": "Starting",
    "stalled": "Stalled",
    "overheated": "Overheated",
    "unreachable": "Unreachable",
    "off": "Off",
    "unknown": "Not seen yet",
}
PROBLEMS = ("overheated", "stalled", "unreachable")
ORDER = ("overheated", "stalled", "unreachable", "starting", "hashing", "idle", "off", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One miner as every page shows it."""

    pk: int
    name: str
    url: str
    model: str
    address: str
    state: str
    state_label: str
    since: datetime | None
    hashrate_ths: float | None
    expected_ths: float | None
    power_w: float | None
    power_source: str
    efficiency_j_per_th: float | None
    chip_temp_c: float | None
    vr_temp_c: float | None
    fan_percent: float | None
    mode: str
    doing: str
    why: str
    note: str
    taken_at: datetime | None
    stale_after_s: int
    stale: bool
    enrolled: bool
    enabled: bool
    champion: bool
    read_only: bool
    is_lottery: bool = False
    sparkline: Sequence[float | None] | None = None

    @property
    def is_problem(self) -> bool:
        return self.state in PROBLEMS

    @property
    def counts(self) -> bool:
        """Tell whether the figures belong into totals: fresh ones only."""
        return self.taken_at is not None and not self.stale and self.state != "unreachable"

    @property
    def live_class(self) -> str:
        """Return the classes of the part that is pushed."""
        marks = {"is-bad": self.is_problem, "is-quiet": not self.counts, "is-stale": self.stale}
        return " ".join(["live", f"live-{self.state}", *(mark for mark, holds in marks.items() if holds)])

    @property
    def taken_iso(self) -> str:
        return self.taken_at.isoformat() if self.taken_at is not None else ""


def shown_state(miner: Miner, newest: NewestReading | None, now: datetime) -> str:
    """Return the state shown: off at its plug, or what the device says, unless it does not answer."""
    if is_off_at_its_plug(miner):
        return "off"
    if is_booting(miner, now):
        return "starting"
    if miner.unreachable_since is not None:
        return "unreachable"
    return newest.state if newest is not None else "unknown"


def tile_of(miner: Miner, now: datetime, *, sparkline: Sequence[float | None] | None = None) -> Tile:
    """Make the tile of a miner that was loaded `with_latest`."""
    newest: NewestReading | None = getattr(miner, "newest", None)
    target = getattr(miner, "target", None)
    state = shown_state(miner, newest, now)
    power = newest.power_w if newest is not None else None
    typed = float(miner.typed_power_w) if miner.typed_power_w is not None else None
    tile = Tile(
        pk=miner.pk,
        name=miner.name,
        url=address("miner", miner.pk),
        model=miner.model or miner.get_kind_display(),
        address=f"{miner.host}:{miner.port}",
        state=state,
        state_label=STATES[state],
        since=since_when(miner, newest, state),
        hashrate_ths=newest.hashrate_ths if newest is not None else None,
        expected_ths=newest.expected_hashrate_ths if newest is not None else None,
        power_w=power if power is not None else typed,
        power_source=power_source(newest, typed),
        efficiency_j_per_th=newest.efficiency_j_per_th if newest is not None else None,
        chip_temp_c=newest.chip_temp_c if newest is not None else None,
        vr_temp_c=newest.vr_temp_c if newest is not None else None,
        fan_percent=newest.fan_percent if newest is not None else None,
        mode=(newest.mode or "") if newest is not None else "",
        doing=doing(miner, newest, target, state),
        why=why(miner, newest, target, state),
        note=in_sentences(target.note, target.waiting) if target is not None else "",
        taken_at=newest.taken_at if newest is not None else None,
        stale_after_s=stale_after_s(miner.poll_interval_s),
        stale=newest is None or newest.is_stale(now, miner.poll_interval_s),
        enrolled=miner.enrolled,
        enabled=miner.enabled,
        champion=bool(target is not None and target.champion),
        read_only=not miner.may_be_written,
        is_lottery=miner.kind in lottery_kinds(),
        sparkline=sparkline,
    )
    return without_current(tile, miner) if state == "off" else tile


def in_sentences(*parts: str) -> str:
    """Return what is to be said about a miner, one sentence after the other, each with its one full stop."""
    return " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts if part)


def since_when(miner: Miner, newest: NewestReading | None, state: str) -> datetime | None:
    """Return since when a miner is in the state shown."""
    if state == "unreachable":
        return miner.unreachable_since
    if newest is None or (state == "starting" and newest.state != DeviceState.STARTING):
        return miner.plug.on_at if miner.plug is not None else None  # it boots since its plug came on
    return newest.state_since


def power_source(newest: NewestReading | None, typed: float | None) -> str:
    """Return where the watts come from: the wall before the miner before what was typed in."""
    if newest is not None and newest.power_w is not None:
        return "wall meter" if newest.power_source == METER else "the miner"
    return "typed in" if typed is not None else ""


def without_current(tile: Tile, miner: Miner) -> Tile:
    """Return the tile of a miner whose plug is off: its last figures say nothing of now."""
    plug = miner.plug
    meter = getattr(miner, "meter", None) or getattr(plug, "meter", None)
    return replace(
        tile,
        since=plug.state_since if plug is not None else None,
        hashrate_ths=None,
        power_w=meter.power_w if meter is not None else None,
        power_source="wall meter" if meter is not None else "",
        efficiency_j_per_th=None,
        chip_temp_c=None,
        vr_temp_c=None,
        fan_percent=None,
        taken_at=plug.read_at if plug is not None else None,
        stale=False,
    )


def doing(miner: Miner, newest: NewestReading | None, target: Any, state: str) -> str:
    """Return what the miner does in two words: coin and mode, or its state."""
    if state in {"unreachable", "unknown"}:
        return STATES[state]
    if state == "off":
        return "Off at the plug"
    if state == "idle":
        return "Paused"
    mode = newest.mode if newest is not None else None
    pool = target.pool_label if target is not None and miner.enrolled else ""
    if not pool and newest is not None and newest.pool:
        pool = str(newest.pool.get("host") or "")
    return " · ".join(part for part in (pool, mode or "") if part) or STATES[state]


def why(miner: Miner, newest: NewestReading | None, target: Any, state: str) -> str:
    """Return the reason beside it."""
    if state == "unreachable":
        return miner.last_error or "No answer."
    at_plug = why_at_plug(miner, newest, state)
    if at_plug:
        return at_plug
    if state == "overheated":
        return "It stepped itself down; its settings are left alone."
    if state == "stalled":
        return "It answers and should hash, and does not."
    if not miner.enrolled:
        return "not enrolled; it does as it was left"
    if target is None:
        return "waiting for the first decision"
    if state == DeviceState.IDLE and newest is not None and target.on is not False and newest.paused:
        return "paused at the device"
    band = f"band {target.band_position}: " if target.band_position else ""
    return f"{band}{target.why}"


def why_at_plug(miner: Miner, newest: NewestReading | None, state: str) -> str:
    """Return the reason that lies at a miner's plug, empty if there is none."""
    plug = miner.plug
    if plug is None:
        return ""
    if state == "off" and plug.held_by:
        return f"its plug {plug.name} was switched off by {plug.held_by}"
    boots = state == "starting" and newest is not None and newest.state != DeviceState.STARTING
    return f"its plug {plug.name} came on; it boots" if boots else ""


def tile_context(miner: Miner, now: datetime) -> dict[str, Any]:
    """Return what the live part of a tile needs."""
    return {"tile": tile_of(miner, now)}


def tiles(now: datetime, sparklines: Mapping[int, Sequence[float | None]] | None = None) -> list[Tile]:
    """Return every miner's tile, problems first; one query whatever their number."""
    lines = sparklines or {}
    made = [tile_of(miner, now, sparkline=lines.get(miner.pk)) for miner in Miner.objects.for_tiles()]
    return sorted(made, key=lambda tile: (ORDER.index(tile.state), tile.name.lower(), tile.pk))


def totals(shown: Iterable[Tile]) -> dict[str, Any]:
    """Return the fleet's sums over fresh figures, and how many were left out."""
    shown = list(shown)
    fresh = [tile for tile in shown if tile.counts]
    hashrate = sum(tile.hashrate_ths or 0 for tile in fresh)
    power = sum(tile.power_w or 0 for tile in fresh)
    expected = sum(tile.expected_ths or 0 for tile in fresh if tile.state == "hashing")
    return {
        "count": len(shown),
        "running": sum(tile.state == "hashing" for tile in fresh),
        "problems": sum(tile.is_problem for tile in shown),
        "stale": sum(tile.stale and tile.taken_at is not None for tile in shown),
        "hashrate_ths": hashrate if fresh else None,
        "power_w": power if fresh else None,
        "efficiency_j_per_th": power / hashrate if hashrate else None,
        "expected_percent": hashrate / expected * 100 if expected else None,
    }
