"""What has to be true of a lived stretch, counted again from bare rows in fractions, without the product's code."""

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.db import connection

from energy.totals import BY, totals
from hmm.audit.models import AuditEntry
from miners.models import Command, PlugCommand
from tests.soak.household import PLUGS
from tests.soak.life import Life
from tests.soak.world import moment

HELD = 3  # poll intervals a reading's watts are held at most
DAY_S = 86_400.0
MICRO = Decimal("0.000001")
NANO = Decimal("0.000000001")


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def check_all(life: Life) -> None:
    """Raise AssertionError for whatever was promised and did not hold."""
    assert life.too_long == [], "hashed in a band it was excluded from"
    assert life.complaints == [], "was not as it should be although nothing was wrong"
    assert [look for look in life.looks if look[1] != look[2]] == [], "decided otherwise than the rule says"
    check_plugs(life)
    check_transitions(life)
    assert check_ledger(life) > 0
    check_totals(life)
    check_nothing_hangs(life)


def check_plugs(life: Life) -> None:
    """No plug came on more often within 24 hours than a person allows; what a hand did does not count."""
    for plug in PLUGS:
        moves = life.world.house.moves
        times = [at for at, entity, on, by_hand in moves if entity == plug.entity and on and not by_hand]
        most = max((sum(1 for other in times if at - DAY_S < other <= at) for at in times), default=0)
        assert most <= plug.cap, f"{plug.entity} came on {most} times in 24 h, allowed are {plug.cap}"
    assert not [move for move in life.world.house.moves if is_locked(move[1]) and not move[3]], "a locked plug moved"


def is_locked(entity: str) -> bool:
    return next(plug.locked for plug in PLUGS if plug.entity == entity)


def check_transitions(life: Life) -> None:
    """Each row of the activity begins where the one before ended, and the looks saw exactly these changes."""
    told = [
        (
            (entry.before["band"], entry.before["target"]),
            (entry.after["band"], entry.after["target"]),
            entry.created_at,
        )
        for entry in AuditEntry.objects.filter(action="strategy.transition").order_by("pk")
    ]
    for one, following in pairwise(told):
        assert one[1] == following[0], f"a change between {one[2]} and {following[2]} has no row, or two"
    assert not [entry for entry in told if entry[0] == entry[1]], "a row tells of no change"
    seen: list[tuple[int | None, str]] = []
    for _at, _expected, given, _reason in life.looks:
        if not seen or seen[-1] != given:
            seen.append(given)
    answers = [entry[1] for entry in told]
    assert answers == seen or life.world.kills, f"the activity tells {answers}, seen were {seen}"
    assert is_within(seen, answers), "a change that was seen has no row"


def is_within(part: list[Any], whole: list[Any]) -> bool:
    """Tell whether all of a list stands in another in the same order; a killed tick may add a row, never lose one."""
    left = iter(whole)
    return all(any(item == other for other in left) for item in part)


def check_ledger(life: Life) -> int:
    """Count every closed row of the ledger again from the raw readings; return how many there were."""
    readings: dict[int, list[tuple[datetime, Any, str]]] = defaultdict(list)
    for pk, at, watts, state in rows(
        "SELECT miner_id, taken_at, power_w, state FROM miners_telemetryreading ORDER BY miner_id, taken_at"
    ):
        readings[pk].append((moment(at), watts, state))
    intervals = dict(rows("SELECT id, poll_interval_s FROM miners_miner"))
    counted = 0
    for pk, start, end, energy, cost, price, hashing in rows(
        "SELECT miner_id, starts_at, ends_at, energy_kwh, cost_p, price_p_per_kwh, hashing_s FROM energy_ledgerentry"
        " WHERE is_final AND miner_id IS NOT NULL"
    ):
        known = readings[pk]
        kwh, seconds = counted_again(known, moment(start), moment(end), intervals[pk])
        assert Decimal(energy) / 10**6 == kwh, (pk, start)
        assert abs(hashing - seconds) <= 1, (pk, start, hashing, seconds)
        expected = None if price is None else (kwh * Decimal(price) / 10**6).quantize(NANO, ROUND_HALF_EVEN)
        assert (None if cost is None else Decimal(cost) / 10**9) == expected, (pk, start)
        told = life.oracle_price(moment(start))
        assert price is None or told is None or Decimal(price) / 10**6 in told, (pk, start, price, told)
        counted += 1
    return counted


def counted_again(
    known: list[tuple[datetime, Any, str]], start: datetime, end: datetime, interval_s: int
) -> tuple[Decimal, float]:
    """Return kWh, rounded once, and the seconds of hashing of one miner in one slot."""
    joules, hashing = Fraction(0), 0.0
    longest = timedelta(seconds=HELD * interval_s)
    first = bisect_right(known, start - longest, key=lambda reading: reading[0])
    for place in range(max(0, first - 1), len(known)):
        at, watts, state = known[place]
        if at >= end:
            break
        following = known[place + 1][0] if place + 1 < len(known) else end
        low, high = max(at, start), min(following, at + longest, end)
        if high <= low:
            continue
        micros = (high - low) // timedelta(microseconds=1)
        if watts is not None:
            joules += Fraction(repr(watts)) * Fraction(micros, 10**6)
        if state == "h":
            hashing += micros / 1e6
    kwh = joules / 3_600_000
    return (Decimal(kwh.numerator) / Decimal(kwh.denominator)).quantize(MICRO, ROUND_HALF_EVEN), hashing


def check_totals(life: Life) -> None:
    """The parts add up to the whole to the last decimal, however the ledger is cut."""
    energy, cost, hashing = rows("SELECT SUM(energy_kwh), SUM(cost_p), SUM(hashing_s) FROM energy_ledgerentry")[0]
    start, end = life.world.began - timedelta(days=2), life.world.now + timedelta(days=2)
    for by in BY:
        parts = totals(by, start, end)
        assert sum(part.energy_kwh for part in parts) * 10**6 == int(energy or 0), by
        assert sum(part.cost_p for part in parts) * 10**9 == int(cost or 0), by
        assert sum(part.hashing_s for part in parts) == int(hashing or 0), by


def check_nothing_hangs(life: Life) -> None:
    """No command is left in the middle for longer than its patience."""
    old = life.world.now - timedelta(minutes=30)
    open_ones = Command.objects.open().filter(created_at__lt=old).exclude(status="needs restart")
    stuck = [f"{item.miner} {item} {item.status}" for item in open_ones if not item.is_put_off]
    assert stuck == []
    assert not PlugCommand.objects.open().filter(created_at__lt=old).exists()
