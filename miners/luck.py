"""What the page Luck shows: high shares, how lucky they were, the odds of a block, and blocks that were found."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min, Q, QuerySet, Sum
from django.urls import reverse

from miners.contexts import Tile, tiles
from miners.models import HighShare, Miner, PoolWork
from miners.models.history import period_start
from pools.coins import Coin
from pools.luck import Odds, chance_of_share, odds, usual_best_share, work_in_difficulty
from pools.models import BlockState, FoundBlock
from pools.services.networks import Network, networks

MEDALS = {1: "gold", 2: "silver", 3: "bronze"}
SHARES_SHOWN, BLOCKS_SHOWN = 20, 50
WEEK, DAY = timedelta(days=7), timedelta(days=1)
SPANS: dict[str, tuple[str, timedelta | None]] = {
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
    "all": ("All", None),
}
BASES = {"now": "Now", "week": "7-day mean"}


# --- the leaderboard -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of the leaderboard."""

    rank: int
    medal: str
    share: HighShare
    url: str


def shares_of(
    coin: str = "", since: datetime | None = None, until: datetime | None = None, miner: int | None = None
) -> QuerySet[HighShare]:
    """Return high shares, the highest first."""
    rows = HighShare.objects.all()
    if coin:
        rows = rows.filter(coin=coin)
    if since is not None:
        rows = rows.filter(seen_at__gte=since, not_before__isnull=False)
    if until is not None:
        rows = rows.filter(seen_at__lt=until)
    return rows if miner is None else rows.filter(miner=miner)


def leaderboard(rows: QuerySet[HighShare], most: int = SHARES_SHOWN) -> list[Place]:
    """Give the highest shares their ranks; the first three have medals. One query."""
    return [
        Place(
            rank=rank,
            medal=MEDALS.get(rank, ""),
            share=share,
            url=reverse("miner", args=[share.miner_id]) if share.miner_id else "",
        )
        for rank, share in enumerate(rows[:most], 1)
    ]


# --- how lucky a best share is -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLuck:
    """The best share of some work, and how many with as much work have one as high. `chance` is 0 to 1."""

    pk: int | None
    label: str
    url: str
    work_th: float
    best: float | None
    usual: float
    chance: float | None


def share_luck(now: datetime) -> list[ShareLuck]:
    """Return the luck of the whole house and of each miner since HMM counts. Three queries."""
    del now
    work = dict(PoolWork.objects.order_by().values_list("miner").annotate(total=Sum("work_th")))
    found = HighShare.objects.filter(not_before__isnull=False, miner__isnull=False).order_by()
    best = dict(found.values_list("miner").annotate(best=Max("difficulty")))
    rows = [
        luck_of(pk, name, reverse("miner", args=[pk]), work[pk], best.get(pk))
        for pk, name in Miner.objects.order_by("name").values_list("pk", "name")
        if work.get(pk)
    ]
    if len(rows) < 2:
        return rows
    total = luck_of(None, "All miners", "", sum(row.work_th for row in rows), max(best.values(), default=None))
    return [total, *rows]


def luck_of(pk: int | None, label: str, url: str, work_th: float, best: float | None) -> ShareLuck:
    work = work_in_difficulty(work_th)
    chance = chance_of_share(best, work) if best and work > 0 else None
    return ShareLuck(
        pk=pk, label=label, url=url, work_th=work_th, best=best, usual=usual_best_share(work), chance=chance
    )


# --- the odds of a block -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinOdds:
    """What a hash rate may hope for on a coin, if it mined nothing else."""

    coin: str
    network: Network
    hashrate_ths: float
    odds: Odds


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerOdds:
    """What one miner alone may hope for on a coin."""

    pk: int
    label: str
    url: str
    hashrate_ths: float
    odds: Odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One miner's hash rate, of now or as a mean."""

    pk: int
    label: str
    url: str
    hashrate_ths: float | None


def rates(basis: str, now: datetime) -> list[Rate]:
    """Return each miner's hash rate: of a fresh reading, or the mean of a week with the time it stood still."""
    shown: Sequence[Tile] = tiles(now)
    means = week_means(now) if basis == "week" else {}
    return sorted(
        (
            Rate(
                pk=tile.pk,
                label=tile.name,
                url=tile.url,
                hashrate_ths=means.get(tile.pk) if basis == "week" else tile.hashrate_ths if tile.counts else None,
            )
            for tile in shown
        ),
        key=lambda row: (-(row.hashrate_ths or 0.0), row.label.lower()),
    )


def week_means(now: datetime) -> dict[int, float]:
    """Return each miner's work of the last week over the time since its first in it. One query."""
    start = period_start(now - WEEK, DAY)
    rows = PoolWork.objects.filter(starts_at__gte=start, starts_at__lte=now).order_by().values_list("miner")
    return {
        pk: work / max((now - first).total_seconds(), 1.0)
        for pk, work, first in rows.annotate(work=Sum("work_th"), first=Min("starts_at"))
    }


def total_of(found: Iterable[Rate]) -> float | None:
    """Return the hash rate of all miners that tell one, None where none of them does."""
    rates_told = [rate.hashrate_ths for rate in found]
    told = [rate for rate in rates_told if rate is not None]
    return sum(told) if told or not rates_told else None


def coin_odds(hashrate_ths: float | None, known: Mapping[str, Network]) -> list[CoinOdds]:
    """Return what the whole house may hope for on each coin whose difficulty is known; nothing at an unknown rate."""
    if hashrate_ths is None:
        return []
    return [
        CoinOdds(
            coin=coin,
            network=known[coin],
            hashrate_ths=hashrate_ths,
            odds=odds(hashrate_ths, known[coin].difficulty),
        )
        for coin in Coin.values
        if coin in known
    ]


def miner_odds(found: Iterable[Rate], network: Network) -> list[MinerOdds]:
    """Return what each miner alone may hope for on a coin."""
    return [
        MinerOdds(
            pk=rate.pk,
            label=rate.label,
            url=rate.url,
            hashrate_ths=rate.hashrate_ths,
            odds=odds(rate.hashrate_ths, network.difficulty),
        )
        for rate in found
        if rate.hashrate_ths
    ]


# --- found blocks --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """How many blocks somebody found, by coin; orphaned ones do not count."""

    label: str
    url: str
    by_coin: tuple[tuple[str, int], ...]
    total: int


def blocks_of(coin: str = "", miner: int | None = None) -> QuerySet[FoundBlock]:
    """Return found blocks with who found them, the newest first."""
    rows = FoundBlock.objects.select_related("credit")
    if coin:
        rows = rows.filter(coin=coin)
    return rows if miner is None else rows.filter(credit__miner=miner)


def finders(coin: str = "") -> list[Finder]:
    """Return who found how many blocks of which coin, the most first. One query."""
    rows = blocks_of(coin).exclude(state=BlockState.ORPHANED)
    counts: dict[tuple[str, int | None], Counter[str]] = {}
    for found in rows.values_list("credit__miner_label", "credit__miner", "worker", "coin"):
        label, pk, worker, of_coin = found
        counts.setdefault((label or worker or "Not told by the pool", pk), Counter())[of_coin] += 1
    return sorted(
        (
            Finder(
                label=label,
                url=reverse("miner", args=[pk]) if pk else "",
                by_coin=tuple(sorted(by_coin.items())),
                total=by_coin.total(),
            )
            for (label, pk), by_coin in counts.items()
        ),
        key=lambda row: (-row.total, row.label.lower()),
    )


def coins_seen(known: Mapping[str, Network]) -> list[str]:
    """Return the coins worth a filter: mined, found, or with a known difficulty. Two queries."""
    shares = set(HighShare.objects.filter(~Q(coin="")).order_by().values_list("coin", flat=True).distinct())
    blocks = set(FoundBlock.objects.order_by().values_list("coin", flat=True).distinct())
    return [coin for coin in Coin.values if coin in shares | blocks | set(known)]


# --- one miner -----------------------------------------------------------------------------------

OWN_SHARES, OWN_BLOCKS = 5, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerLuck:
    """One miner's best shares and how lucky they are, its odds alone, and its blocks."""

    places: list[Place]
    share_luck: ShareLuck | None
    odds: list[CoinOdds]
    blocks: list[FoundBlock]


def luck_of_miner(miner: Miner, now: datetime) -> MinerLuck:
    """Gather what a miner's page says of luck, for a miner loaded `with_latest`. Five queries."""
    rows = shares_of(miner=miner.pk)
    work = PoolWork.objects.filter(miner=miner).aggregate(total=Sum("work_th"))["total"]
    best = rows.filter(not_before__isnull=False).values_list("difficulty", flat=True).first()
    newest = getattr(miner, "newest", None)
    rate = None if newest is None or newest.is_stale(now, miner.poll_interval_s) else newest.hashrate_ths
    return MinerLuck(
        places=leaderboard(rows, most=OWN_SHARES),
        share_luck=luck_of(miner.pk, miner.name, "", work, best) if work else None,
        odds=coin_odds(rate, networks(now)) if rate else [],
        blocks=list(blocks_of(miner=miner.pk)[:OWN_BLOCKS]),
    )
