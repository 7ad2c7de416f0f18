"""What the pool pages show of miners: shares by their own counters, and who a pool's workers are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from hmm.look.formats import scale_for
from hmm.look.panels import Frame, Panel, Sample, draw_panel
from miners.models import PoolWork
from miners.workers import miner_of, miners_by_worker
from pools.models import Pool, PoolSnapshot, PoolWorker

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
LOOK_GAP = timedelta(minutes=45)
GOOD_PERCENT, FAIR_PERCENT = 99.0, 95.0
WORKERS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Shares a pool took and refused in a day, by the miners' own counters."""

    accepted: int = 0
    rejected: int = 0
    miners: int = 0

    @property
    def percent(self) -> float | None:
        """Return how many of a hundred shares were taken; None without any."""
        told = self.accepted + self.rejected
        return self.accepted / told * 100 if told else None

    @property
    def badge(self) -> str:
        percent = self.percent
        if percent is None or percent >= GOOD_PERCENT:
            return ""
        return "badge-warning" if percent >= FAIR_PERCENT else "badge-critical"


def acceptance(now: datetime) -> dict[int, Acceptance]:
    """Return the shares of the last day for each pool that had any. One query."""
    found: dict[int, list[tuple[int, int]]] = {}
    rows = work_since(now).values_list("pool", "miner").annotate(Sum("accepted"), Sum("rejected"))
    for pool, _miner, accepted, rejected in rows.filter(pool__isnull=False):
        if accepted or rejected:
            found.setdefault(pool, []).append((accepted, rejected))
    return {
        pool: Acceptance(
            accepted=sum(one for one, _other in pairs),
            rejected=sum(other for _one, other in pairs),
            miners=len(pairs),
        )
        for pool, pairs in found.items()
    }


def work_since(now: datetime) -> Any:
    return PoolWork.objects.filter(starts_at__gt=now - DAY - HOUR, starts_at__lte=now, is_day=False).order_by()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerShares:
    """One miner's shares at a pool in a day."""

    label: str
    url: str
    shares: Acceptance


def shares_by_miner(pool: Pool, now: datetime) -> list[MinerShares]:
    """Return who sent shares to a pool in a day, the most first. One query."""
    rows = work_since(now).filter(pool=pool).values_list("miner", "miner__name")
    return sorted(
        (
            MinerShares(
                label=name,
                url=reverse("miner", args=[pk]),
                shares=Acceptance(accepted=accepted, rejected=rejected, miners=1),
            )
            for pk, name, accepted, rejected in rows.annotate(Sum("accepted"), Sum("rejected"))
            if accepted or rejected
        ),
        key=lambda row: (-row.shares.accepted, row.label.lower()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLine:
    """A worker as the pool names it, and the miner it is, where that is known."""

    worker: PoolWorker
    label: str
    url: str
    is_old: bool


def worker_lines(pool: Pool, newest: PoolSnapshot | None) -> list[WorkerLine]:
    """Return a pool's workers by name; one the newest look did not name is old. Two queries."""
    rows = list(PoolWorker.objects.filter(pool=pool)[:WORKERS_SHOWN])
    known = miners_by_worker() if rows else {}
    return [line_of(row, known, newest) for row in rows]


def line_of(row: PoolWorker, known: Any, newest: PoolSnapshot | None) -> WorkerLine:
    miner = miner_of(row.name, known)
    return WorkerLine(
        worker=row,
        label=miner.name if miner is not None else "",
        url=reverse("miner", args=[miner.pk]) if miner is not None else "",
        is_old=newest is None or row.seen_at < newest.fetched_at,
    )


def day_panels(pool: Pool, now: datetime) -> tuple[Panel, ...]:
    """Draw a day of hash rate twice: as the pool says it, and by the miners' own figures. Two queries."""
    looks = PoolSnapshot.objects.filter(pool=pool, fetched_at__gt=now - DAY, fetched_at__lte=now)
    told = looks.filter(hashrate_ths__isnull=False).order_by("fetched_at").values_list("fetched_at", "hashrate_ths")
    hours = work_since(now).filter(pool=pool).values_list("starts_at").annotate(Sum("work_th")).order_by("starts_at")
    own = [(middle(starts_at, now), work / seconds_of(starts_at, now)) for starts_at, work in hours]
    unit, tera = scale_for(max([rate for _at, rate in [*told, *own] if rate is not None], default=0.0))
    return (
        panel(f"Hashrate the pool says, {unit}H/s", told, tera, LOOK_GAP, now, axis=not own),
        panel(f"Hashrate of the miners on it, {unit}H/s", own, tera, 2 * HOUR, now, axis=True),
    )


def middle(starts_at: datetime, now: datetime) -> datetime:
    return starts_at + min(HOUR, max(now - starts_at, timedelta(0))) / 2


def seconds_of(starts_at: datetime, now: datetime) -> float:
    """Return how long an hour has been so far, in seconds."""
    return min(3600.0, max(60.0, (now - starts_at).total_seconds()))


def panel(title: str, rows: Iterable[Sample], tera: float, gap: timedelta, now: datetime, *, axis: bool) -> Panel:
    samples = [(at, rate / tera) for at, rate in rows]
    return draw_panel(title, [samples], colour=1, height=120, frame=Frame(now - DAY, now, gap), axis=axis)
