"""What is known of coins now, and was known then. Reads only the database, one query for all of them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial

from pools.coin_facts import DIFFICULTY_HOLDS, CoinFacts, Word, believe
from pools.coins import Coin
from pools.emission import subsidy_about
from pools.models import CoinObservation, CoinWord
from pools.valuing import CoinPast, Hour


def coin_facts(coin: str, *, now: datetime) -> CoinFacts:
    """Return what is believed of one coin. One query."""
    return believed([coin], now)[coin]


def all_coin_facts(*, now: datetime) -> dict[str, CoinFacts]:
    """Return what is believed of every coin by its sign. One query."""
    return believed(Coin.values, now)


def believed(coins: Iterable[str], now: datetime) -> dict[str, CoinFacts]:
    words: dict[str, list[Word]] = {coin: [] for coin in coins}
    rows = CoinWord.objects.filter(coin__in=words, source__enabled=True).select_related("source")
    rows = rows.defer("source__key")  # every page reads this; a key that cannot be opened concerns none of them
    for row in rows:
        words[row.coin].append(word_of(row))

    def pays(coin: str, height: int | None) -> Decimal | None:
        return subsidy_about(coin, height, now)

    return {coin: believe(coin, said, now=now, subsidy_of=pays) for coin, said in words.items()}


def coin_pasts(coins: Iterable[str], start: datetime, end: datetime) -> dict[str, CoinPast]:
    """Return each coin's past, from which work in [start, end) is valued. One query, none for no coin."""
    hours: dict[str, list[Hour]] = {coin: [] for coin in coins}
    if hours:
        rows = CoinObservation.objects.filter(coin__in=hours, hour__gt=start - DIFFICULTY_HOLDS, hour__lt=end)
        told = rows.order_by("hour").values_list("coin", "hour", "price_gbp", "difficulty", "height")
        for coin, hour, price, difficulty, height in told:
            hours[coin].append(Hour(hour, price, difficulty, height))
    return {coin: CoinPast(known, partial(subsidy_about, coin)) for coin, known in hours.items()}


def word_of(row: CoinWord) -> Word:
    return Word(
        source=row.source.kind,
        rank=row.source.rank,
        price_gbp=row.price_gbp,
        price_at=row.price_at,
        difficulty=row.difficulty,
        difficulty_at=row.difficulty_at,
        height=row.height,
        height_at=row.height_at,
    )
