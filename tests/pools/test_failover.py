"""When a pool is passed over, to the second."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pools.failover import Standing, after_bad, choose, is_passed_over

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WELL = Standing(id=1, priority=1)


def pool(bad: timedelta, good: timedelta | None = None, **changes: int) -> Standing:
    """Return a pool that has been bad for so long, and is good again since."""
    return replace(WELL, bad_since=NOW - bad, good_since=None if good is None else NOW - good, **changes)


@pytest.mark.parametrize(
    ("standing", "passed_over"),
    [
        (WELL, False),
        (replace(WELL, good_since=NOW), False),
        (pool(5 * MINUTE - SECOND), False),
        (pool(5 * MINUTE), True),
        (pool(20 * MINUTE, 15 * MINUTE - SECOND), True),
        (pool(20 * MINUTE, 15 * MINUTE), False),
        (pool(6 * MINUTE, MINUTE), True),
        (pool(6 * MINUTE - SECOND, MINUTE), False),
        (pool(5 * MINUTE, 9 * MINUTE), True),  # good before it went bad: it is bad now
        (pool(5 * MINUTE - SECOND, 9 * MINUTE), False),
        (pool(9 * MINUTE, 9 * MINUTE), False),
    ],
)
def test_five_bad_minutes_pass_it_over_and_fifteen_good_ones_take_it_again(standing: Standing, passed_over: bool):
    assert is_passed_over(standing, NOW) is passed_over


def test_it_is_down_while_it_is_bad_and_not_before_or_after():
    bad = pool(5 * MINUTE, 9 * MINUTE)

    assert WELL.down_since is None
    assert pool(5 * MINUTE).down_since == bad.down_since == NOW - 5 * MINUTE
    assert pool(5 * MINUTE, MINUTE).down_since is None
    assert pool(5 * MINUTE, 5 * MINUTE).down_since is None
    assert replace(WELL, good_since=NOW).down_since is None


def test_a_relapse_before_the_proof_goes_on_counting_and_one_after_it_begins_anew():
    assert after_bad(WELL, NOW) == NOW
    assert after_bad(pool(MINUTE), NOW) == NOW - MINUTE, "bad all along"
    assert after_bad(pool(20 * MINUTE, 14 * MINUTE), NOW) == NOW - 20 * MINUTE
    assert after_bad(pool(20 * MINUTE, 15 * MINUTE), NOW) == NOW
    assert after_bad(pool(3 * MINUTE, MINUTE), NOW) == NOW, "it was never bad for long"


def test_the_lowest_order_that_is_left_is_used_and_none_where_all_are_passed_over():
    first, second, third = pool(5 * MINUTE), replace(WELL, id=2, priority=7), replace(WELL, id=3, priority=7)

    assert choose([first, third, second], NOW) == second
    assert choose([first], NOW) is None
