"""What is known of coins now. Reads only the database, one query for all of them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from pools.coin_facts import CoinFacts, Word, believe
from pools.coins import Coin
from pools.emission import subsidy, subsidy_at
from pools.models import CoinWord


def coin_facts(coin: str, *, now: datetime) -> CoinFacts:
    """Return what is believed of one coin. One query."""
    return believed([coin], now)[coin]


def all_coin_facts(*, now: datetime) -> dict[str, CoinFacts]:
    """Return what is believed of every coin by its sign. One query."""
    return believed(Coin.values, now)


def believed(coins: Iterable[str], now: datetime) -> dict[str, CoinFacts]:
    words: dict[str, list[Word]] = {coin: [] for coin in coins}
    rows = CoinWord.objects.filter(coin__in=words, source__enabled=True).select_related("source")
    for row in rows:
        words[row.coin].append(word_of(row))

    def pays(coin: str, height: int | None) -> Decimal | None:
        return subsidy_at(coin, now) if height is None else subsidy(coin, height)

    return {coin: believe(coin, said, now=now, subsidy_of=pays) for coin, said in words.items()}


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
