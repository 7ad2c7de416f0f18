from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pools.coin_facts import CoinFacts, Word, believe
from pools.models import CoinSource, CoinWord
from pools.services.coins import all_coin_facts, coin_facts

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def word(source: str, rank: int, *, ago: timedelta = MINUTE, price: str | None = None, **values: Any) -> Word:
    if price is not None:
        values |= {"price_gbp": Decimal(price), "price_at": NOW - ago}
    if "difficulty" in values:
        values["difficulty_at"] = NOW - ago
    if "height" in values:
        values["height_at"] = NOW - ago
    return Word(source=source, rank=rank, **values)


def facts(*words: Word) -> CoinFacts:
    return believe("BTC", words, now=NOW, subsidy_of=lambda _coin, height: Decimal(height or -1))


def test_nothing_said_is_nothing_known():
    found = facts()

    assert (found.price_gbp, found.difficulty, found.height, found.disagreement_percent) == (None, None, None, None)
    assert not found.disagreement
    assert not found.price_is_stale


def test_the_first_source_in_order_counts_while_it_is_punctual():
    found = facts(
        word("late", 1, ago=46 * MINUTE, price="1"), word("second", 2, price="100"), word("third", 3, price="101")
    )

    assert (found.price_source, found.price_gbp) == ("second", Decimal(100))
    assert found.price_at == NOW - MINUTE


def test_when_all_are_late_the_youngest_word_counts():
    found = facts(word("first", 1, ago=9 * HOUR, price="90"), word("second", 2, ago=5 * HOUR, price="100"))

    assert found.price_source == "second"
    assert found.usable_price_gbp == Decimal(100)


def test_an_old_figure_is_shown_and_not_used():
    found = facts(word("one", 1, ago=24 * HOUR + MINUTE, price="90"), word("two", 2, ago=48 * HOUR, difficulty=5.0))

    assert (found.price_gbp, found.price_is_stale, found.usable_price_gbp) == (Decimal(90), True, None)
    assert (found.difficulty_is_stale, found.usable_difficulty) == (False, 5.0)


@pytest.mark.parametrize(("other", "flagged"), [("120", False), ("120.01", True), ("83.4", False), ("83.3", True)])
def test_more_than_a_fifth_apart_is_flagged(other: str, flagged: bool):
    found = facts(word("one", 1, price="100"), word("two", 2, price=other))

    assert found.disagreement is flagged
    assert found.price_gbp == Decimal(100)


def test_words_of_other_hours_are_not_compared():
    found = facts(word("one", 1, price="100"), word("two", 2, ago=3 * HOUR, price="10"))

    assert found.price_apart_percent is None


def test_the_limits_of_time_belong_to_what_they_limit():
    def of(ago: timedelta, later: timedelta) -> CoinFacts:
        return facts(word("one", 1, ago=ago, price="100"), word("two", 2, ago=later, price="50"))

    assert of(45 * MINUTE, MINUTE).price_source == "one", "punctual to the last"
    assert of(MINUTE, MINUTE + 2 * HOUR).price_apart_percent == 100
    assert of(MINUTE, 2 * MINUTE + 2 * HOUR).price_apart_percent is None
    assert not facts(word("one", 1, ago=24 * HOUR, price="90")).price_is_stale
    assert facts(word("one", 1, ago=48 * HOUR, height=7)).subsidy == 7


def test_a_figure_without_a_time_is_none():
    timeless = Word(source="one", rank=1, price_gbp=Decimal(1), difficulty=5.0, height=7)

    found = facts(timeless, word("two", 2, price="9"))

    assert (found.price_source, found.price_apart_percent) == ("two", None)
    assert (found.difficulty, found.height) == (None, None)


def test_difficulties_that_differ_are_flagged_too():
    found = facts(word("one", 1, difficulty=1e14), word("two", 2, difficulty=1.5e14))

    assert found.disagreement_percent == pytest.approx(50)


def test_the_newest_height_decides_the_subsidy_and_an_old_one_does_not():
    assert facts(word("one", 1, ago=HOUR, height=7), word("two", 2, height=8)).subsidy == 8
    assert facts(word("one", 1, ago=49 * HOUR, height=7)).subsidy == -1


def test_a_price_is_told_in_pence_too():
    assert facts(word("one", 1, price="0.00336")).price_p == Decimal("0.336")


@pytest.mark.django_db
def test_one_query_tells_of_all_coins(django_assert_num_queries):
    source = CoinSource.objects.create(kind="coingecko")
    CoinWord.objects.create(source=source, coin="DGB", price_gbp=Decimal("0.0033612345"), price_at=NOW - MINUTE)
    CoinWord.objects.create(
        source=source, coin="BTC", difficulty=1.3e14, difficulty_at=NOW, height=905_000, height_at=NOW
    )

    with django_assert_num_queries(1):
        found = all_coin_facts(now=NOW)

    assert found["DGB"].price_gbp == Decimal("0.0033612345")
    assert found["DGB"].subsidy == Decimal("245.16336428")
    assert (found["BTC"].difficulty, found["BTC"].subsidy) == (1.3e14, Decimal("3.125"))
    assert found["BC2"].difficulty is None


@pytest.mark.django_db
def test_a_source_that_is_switched_off_is_not_believed():
    source = CoinSource.objects.create(kind="coingecko", enabled=False)
    CoinWord.objects.create(source=source, coin="BTC", price_gbp=Decimal(64_528), price_at=NOW)

    assert coin_facts("BTC", now=NOW).price_gbp is None
