"""Keep the high shares of our miners, each once, and tell of records."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from hmm.live.services import push_event
from hmm.look.formats import difficulty as in_words
from miners.models import HighShare, Miner, NewestReading, ShareSource
from miners.services.pool_use import pool_at
from miners.shares import SAME, Rise, Seen, high_from, is_same, restarted, rises
from miners.workers import miner_of, miners_by_worker, named
from notifications.services.collecting import tell
from pools.models import Pool, PoolWorker
from pools.services.networks import difficulty_of

SHARES_CHANGED = "shares-changed"
ONE_COIN = timedelta(minutes=15)  # a longer gap between readings may have held another coin
KEPT_ALL, KEPT_BEST = timedelta(days=31), 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A share about to be kept. Without `not_before` nobody knows when it was found."""

    difficulty: float
    source: ShareSource
    miner: Miner | None
    label: str
    pool: Pool | None
    not_before: datetime | None


# --- what miners tell ----------------------------------------------------------------------------


def note_shares(miner: Miner, before: NewestReading | None, newest: NewestReading, *, now: datetime) -> None:
    """Take in what is new to us in a reading. Call it inside the reading's transaction."""
    if before is None:
        give_back(miner)
    earlier, seen = None if before is None else seen_in(before), seen_in(newest)
    for rise in rises(earlier, seen):
        if rise.found and rise.difficulty < high_from(newest.expected_hashrate_ths or newest.hashrate_ths):
            continue
        found = rise.found and before is not None
        keep(
            Finding(
                difficulty=rise.difficulty,
                source=ShareSource.MINER,
                miner=miner,
                label=miner.name,
                pool=pool_of(rise, before, newest) if found and before is not None else None,
                not_before=min(before.taken_at, now) if found and before is not None else None,
            ),
            now=now,
        )


def seen_in(row: NewestReading) -> Seen:
    return Seen(at=row.taken_at, uptime_s=row.uptime_s, session=row.best_session_difficulty, ever=row.best_difficulty)


def pool_of(rise: Rise, before: NewestReading, newest: NewestReading) -> Pool | None:
    """Return the pool a share was found for: the one of now, where the miner cannot have worked for another."""
    if not rise.since_boot or not restarted(seen_in(before), seen_in(newest)):
        moved = before.pool is None or not is_one_pool(before.pool, newest.pool)
        if moved or newest.taken_at - before.taken_at > ONE_COIN:
            return None
    return pool_at(newest.pool)


def is_one_pool(one: Any, other: Any) -> bool:
    places = [(each.get("host"), each.get("port")) for each in (one, other) if isinstance(each, dict)]
    return len(places) == 2 and places[0] == places[1]


def give_back(miner: Miner) -> None:
    """Give a device that was removed and added again what it found before."""
    if miner.mac:
        HighShare.objects.filter(miner__isnull=True, mac=miner.mac).update(miner=miner)


# --- what pools tell -----------------------------------------------------------------------------


def take_from_pools(*, now: datetime) -> None:
    """Take in the best shares of the pools' workers that rose; each once, also after a crash."""
    news = PoolWorker.objects.filter(Q(best_told__isnull=True) | ~Q(best_told=F("best_share")))
    rows = list(news.filter(best_share__gt=0).select_related("pool")[:500])
    known = miners_by_worker() if rows else {}
    for row in rows:
        take_worker(row, miner_of(row.name, known), now=now)


def take_worker(row: PoolWorker, miner: Miner | None, *, now: datetime) -> None:
    same = Q(best_told__isnull=True) if row.best_told is None else Q(best_told=row.best_told)
    with transaction.atomic():
        if not PoolWorker.objects.filter(same, pk=row.pk).update(best_told=row.best_share):
            return
        if row.best_share is None or (row.best_told is not None and row.best_share <= row.best_told):
            return
        first = row.best_told is None or row.seen_before is None
        keep(
            Finding(
                difficulty=row.best_share,
                source=ShareSource.POOL,
                miner=miner,
                label=miner.name if miner is not None else row.name or row.pool.name,
                pool=row.pool,
                not_before=None if first else min(row.seen_before or now, now),
            ),
            now=now,
        )


# --- keeping -------------------------------------------------------------------------------------


def keep(finding: Finding, *, now: datetime) -> HighShare | None:
    """Store a share unless it is known, and tell of it when it is a record. Return it when it is new."""
    with transaction.atomic():
        if finding.miner is not None:  # the miner and its pool may tell of it at the same moment
            Miner.objects.select_for_update().filter(pk=finding.miner.pk).first()
        twin = twin_of(finding)
        if twin is not None:
            complete(twin, finding, now)
            return None
        coin = finding.pool.coin if finding.pool is not None else ""
        others = HighShare.objects.aggregate(ever=Max("difficulty"), of_coin=Max("difficulty", filter=Q(coin=coin)))
        share = HighShare.objects.create(
            miner=finding.miner,
            miner_label=finding.label[:200],
            mac=(finding.miner.mac if finding.miner is not None else None) or "",
            coin=coin,
            pool=finding.pool,
            pool_label=finding.pool.name if finding.pool is not None else "",
            difficulty=finding.difficulty,
            network_difficulty=difficulty_of(coin, now) if finding.not_before is not None else None,
            source=finding.source,
            seen_at=now,
            not_before=finding.not_before,
        )
        if share.not_before is not None:
            tell_record(share, others["ever"], others["of_coin"], now=now)
        transaction.on_commit(lambda: push_event(SHARES_CHANGED))
    return share


def twin_of(finding: Finding) -> HighShare | None:
    """Return the share that is this one, told by somebody else or before."""
    near = (finding.difficulty * (1 - 2 * SAME), finding.difficulty * (1 + 2 * SAME))
    rows: QuerySet[HighShare] = HighShare.objects.filter(difficulty__range=near)
    if finding.miner is None:
        rows = rows.filter(miner__isnull=True, miner_label=finding.label[:200])
    else:
        names = {finding.miner.name, finding.miner.worker_name, named(finding.label)} - {""}
        rows = rows.filter(Q(miner=finding.miner) | Q(miner__isnull=True, miner_label__in=names))
    return next((row for row in rows if is_same(row.difficulty, finding.difficulty)), None)


def complete(twin: HighShare, finding: Finding, now: datetime) -> None:
    """Add what the first who told did not know: the miner, or the pool and with it the coin."""
    late: dict[str, Any] = {}
    if twin.miner_id is None and finding.miner is not None:
        late |= {"miner": finding.miner, "miner_label": finding.label[:200], "mac": finding.miner.mac or ""}
    if not twin.coin and finding.pool is not None:
        late |= {"pool": finding.pool, "pool_label": finding.pool.name, "coin": finding.pool.coin}
        if twin.not_before is not None:
            late["network_difficulty"] = difficulty_of(finding.pool.coin, now)
    if late:
        HighShare.objects.filter(pk=twin.pk).update(**late)


def tell_record(share: HighShare, ever: float | None, of_coin: float | None, *, now: datetime) -> None:
    """Tell of a share above all others, or above all others of its coin; once, for it is kept once."""
    of_all, of_its_coin = share.difficulty > (ever or 0.0), share.coin and share.difficulty > (of_coin or 0.0)
    if not of_all and not of_its_coin:
        return
    before = ever if of_all else of_coin
    title = "found the best share of all miners" if of_all else f"found the best share on {share.coin}"
    words = [f"{in_words(share.difficulty)}{f' on {share.coin}' if share.coin else ''}, {part_of_block(share)}."]
    if before:
        words.append(f"The best {'of all' if of_all else f'on {share.coin}'} was {in_words(before)}.")
    tell(
        "best_share",
        key=str(share.pk),
        subject=f"miner:{share.miner_id}" if share.miner_id else f"worker:{share.miner_label}",
        label=share.miner_label,
        title=title,
        detail=" ".join(words),
        now=now,
    )


def part_of_block(share: HighShare) -> str:
    """Say how much of a block a share reached."""
    percent = share.block_percent
    if percent is None:
        return "of a network whose difficulty is not known"
    if percent >= 100:
        return f"enough for a block of {share.coin}"
    return f"{percent:.3g} % of what a block takes"


def purge_shares(*, now: datetime) -> None:
    """Drop what is older than a month, save the twenty best of each miner and coin."""
    old = HighShare.objects.filter(seen_at__lt=now - KEPT_ALL)
    groups = old.order_by().values_list("miner", "miner_label", "coin").distinct()
    for miner, label, coin in list(groups):
        own = HighShare.objects.filter(coin=coin, miner=miner)  # a miner that is gone is known by its label
        own = own if miner else own.filter(miner__isnull=True, miner_label=label)
        best = list(own.values_list("pk", flat=True)[:KEPT_BEST])
        own.filter(seen_at__lt=now - KEPT_ALL).exclude(pk__in=best).delete()
