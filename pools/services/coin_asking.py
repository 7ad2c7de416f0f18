"""Ask coin sources when they are due and keep what they say. No network inside a transaction."""

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from hmm.live.services import push_event, push_fragment
from hmm.outside import UNFORESEEN
from hmm.secrets import SecretUnreadableError
from pools.backends.base import BackendError
from pools.coin_facts import CoinFacts
from pools.coin_sources.base import Asked, Client, Quote
from pools.coin_sources.registry import CLIENTS, POOLS, POOLS_RANK
from pools.coin_sources.values import DIFFICULTY_MAX, DIFFICULTY_MIN
from pools.models import CoinObservation, CoinSource, CoinWord, Pool
from pools.services.coins import all_coin_facts, coin_facts
from pools.ticker import ticker

logger = logging.getLogger(__name__)

LONGEST_WAIT, WISH_MAX = timedelta(hours=6), timedelta(hours=24)
DOUBLINGS_MAX = 10
JITTER = 0.1
TICKER = "pools/partials/_ticker.html"


def ensure_sources() -> None:
    """Give every source of the product its row."""
    known = set(CoinSource.objects.values_list("kind", flat=True))
    wanted = {kind: client.rank for kind, client in CLIENTS.items()} | {POOLS: POOLS_RANK}
    missing = [CoinSource(kind=kind, rank=rank) for kind, rank in wanted.items() if kind not in known]
    if missing:
        CoinSource.objects.bulk_create(missing, ignore_conflicts=True)


def claim_due_sources(*, now: datetime) -> list[int]:
    """Return the sources to ask now, each once. Nobody is asked before the household has a pool."""
    if not Pool.objects.exists():
        return []
    ensure_sources()
    claimed = []
    for source in CoinSource.objects.due(now, now + 2 * WISH_MAX).filter(kind__in=CLIENTS).defer("key"):
        same = Q(due_at__isnull=True) if source.due_at is None else Q(due_at=source.due_at)
        later = now + CLIENTS[source.kind].every
        if CoinSource.objects.filter(same, pk=source.pk).update(due_at=later, asked_at=now):
            claimed.append(source.pk)
    return claimed


def ask_source(pk: int, *, now: datetime) -> None:
    """Ask one source and keep all it says, or nothing. Safe to run twice."""
    source = CoinSource.objects.filter(pk=pk, enabled=True, kind__in=CLIENTS).defer("key").first()
    if source is None:
        return
    client = CLIENTS[source.kind]
    try:
        quotes = client.read(asked(source))
    except BackendError as error:
        note_failure(source, client, error, now=now)
        return
    except SecretUnreadableError as error:
        note_failure(source, client, BackendError(str(error)), now=now)
        return
    except UNFORESEEN:
        logger.exception("A coin source could not be read", extra={"source": source.kind})
        note_failure(source, client, BackendError("The answer could not be understood."), now=now)
        return
    if source.failures:
        logger.info("The coin source %s answers again", client.label)
    CoinSource.objects.filter(pk=pk).update(answered_at=now, failures=0, last_error="")
    record_quotes(source, quotes, now=now)


def asked(source: CoinSource) -> Asked:
    """Return where a source is asked: the household's address, else the setting's."""
    usual = str(getattr(settings, CLIENTS[source.kind].setting))
    return Asked(url=source.base_url or usual, key=source.key, guarded=bool(source.base_url))


def note_failure(source: CoinSource, client: Client, error: BackendError, *, now: datetime) -> None:
    """Keep what went wrong, and wait twice as long after each failure in a row, or as long as the service asks."""
    if not source.failures:
        logger.info("The coin source %s fails: %s", client.label, error)
    failures = source.failures + 1
    wait = wait_after(client.every, failures, getattr(error, "retry_after_s", None))
    CoinSource.objects.filter(pk=source.pk).update(
        failures=failures,
        failed_at=now,
        last_error=str(error)[:300],
        due_at=now + wait * (1 + JITTER * random.random()),  # noqa: S311  # spreads askers, keeps no secret
    )
    push_event("coins-changed")


def wait_after(every: timedelta, failures: int, wish_s: float | None) -> timedelta:
    """Return how long a source is left alone after so many failures in a row."""
    longer: timedelta = every * 2 ** min(failures - 1, DOUBLINGS_MAX)
    return max(min(longer, LONGEST_WAIT), min(timedelta(seconds=wish_s or 0), WISH_MAX))


def record_quotes(source: CoinSource, quotes: Iterable[Quote], *, now: datetime) -> None:
    """Keep a source's words, and what is believed since under its hour."""
    told, coins = list(quotes), []
    with transaction.atomic():
        bitcoin = coin_facts("BTC", now=now) if any(quote.price_btc for quote in told) else None
        for quote in told:
            defaults = figures_of(quote, now) | (valued(quote, bitcoin, now) if bitcoin is not None else {})
            CoinWord.objects.update_or_create(source=source, coin=quote.coin, defaults=defaults)
            coins.append(quote.coin)
        facts = all_coin_facts(now=now)
        for coin in coins:
            record_hours(facts[coin])
    push_event("coins-changed")
    push_fragment(TICKER, {"ticker": ticker(facts)})


def figures_of(quote: Quote, now: datetime) -> dict[str, object]:
    """Return what a quote says, each figure with its time; a time of the future is now."""
    told: dict[str, object] = {}
    if quote.price_gbp is not None:
        told |= {"price_gbp": quote.price_gbp, "price_at": min(quote.price_at or now, now)}
    if quote.difficulty is not None:
        told |= {"difficulty": quote.difficulty, "difficulty_at": min(quote.difficulty_at or now, now)}
    if quote.height is not None:
        told |= {"height": quote.height, "height_at": now}
    return told


def valued(quote: Quote, bitcoin: CoinFacts, now: datetime) -> dict[str, object]:
    """Return a price in bitcoin in £, as old as the older of the two; nothing while bitcoin's own is not known."""
    worth = bitcoin.usable_price_gbp
    if quote.price_btc is None or worth is None or bitcoin.price_at is None:
        return {}
    price = quote.price_btc * worth
    return {"price_gbp": price, "price_at": min(quote.price_at or now, bitcoin.price_at, now)}


def record_hours(facts: CoinFacts) -> None:
    """Keep each believed figure under the hour it is of; the last word of an hour stays."""
    hours: dict[datetime, dict[str, object]] = {}
    told: dict[str, object]
    if facts.price_at is not None:
        told = {"price_gbp": facts.price_gbp, "price_source": facts.price_source}
        hours.setdefault(hour_of(facts.price_at), {}).update(told)
    if facts.difficulty_at is not None:
        told = {"difficulty": facts.difficulty, "difficulty_source": facts.difficulty_source}
        hours.setdefault(hour_of(facts.difficulty_at), {}).update(told)
    if facts.height_at is not None:
        hours.setdefault(hour_of(facts.height_at), {}).update({"height": facts.height})
    for hour, values in hours.items():
        CoinObservation.objects.update_or_create(coin=facts.coin, hour=hour, defaults=values)


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def note_pool_difficulty(coin: str, difficulty: float | None, *, now: datetime) -> None:
    """Keep the difficulty a pool's statistics told; a pool is asked anyway, so this word costs nothing."""
    if difficulty is None or not DIFFICULTY_MIN <= difficulty <= DIFFICULTY_MAX:
        return
    ensure_sources()
    source = CoinSource.objects.defer("key").get(kind=POOLS)
    if source.enabled:
        CoinSource.objects.filter(pk=source.pk).update(answered_at=now)
        record_quotes(source, [Quote(coin=coin, difficulty=difficulty)], now=now)


def purge_observations(*, now: datetime) -> None:
    """Drop hours older than hourly means are kept."""
    kept = timedelta(days=settings.HMM_KEEP_HOURLY_DAYS)
    CoinObservation.objects.filter(hour__lt=now - kept).delete()
