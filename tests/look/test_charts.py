from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hmm.look.charts import draw_spark
from hmm.look.price_chart import price_bars
from strategy.core import Band
from strategy.services.planning import PlanSegment

LONDON = ZoneInfo("Europe/London")
BANDS = (
    Band(position=1, ceiling_p_per_kwh=Decimal(0), target="BTC"),
    Band(position=2, ceiling_p_per_kwh=Decimal(10), floor_p_per_kwh=Decimal(0), target="BCH"),
    Band(position=3, ceiling_p_per_kwh=None, floor_p_per_kwh=Decimal(10), target="OFF"),
)


@dataclass
class Period:
    starts_at: datetime
    ends_at: datetime
    price_p_per_kwh: Decimal


def periods(start, count, length=timedelta(minutes=30), price=lambda place: place % 30 - 5):
    return [Period(start + n * length, start + (n + 1) * length, Decimal(price(n))) for n in range(count)]


def chart(rows, now, plan=(), **named):
    return price_bars(rows, BANDS, plan, now, zone=LONDON, **named)


def test_two_days_of_half_hours_fill_the_width():
    now = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
    drawn = chart(periods(datetime(2026, 11, 24, tzinfo=UTC), 96), now)

    assert len(drawn.bars) == 96
    assert not drawn.unknown
    assert float(drawn.now_x.rstrip("%")) == pytest.approx(12.167 / 48 * 100, abs=0.01)
    assert [day.text for day in drawn.days] == ["Tue 24 Nov", "Wed 25 Nov"]


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 10, 25, 12, tzinfo=UTC), 49), (datetime(2026, 3, 29, 12, tzinfo=UTC), 47)]
)
def test_a_long_and_a_short_day_keep_every_slot(day, hours):
    start = datetime.combine(day.date(), datetime.min.time(), tzinfo=LONDON).astimezone(UTC)
    drawn = chart(periods(start, hours * 2), day)

    assert len(drawn.bars) == hours * 2
    assert not drawn.unknown


def test_the_demo_s_minutes_are_counted_in_slots():
    now = datetime(2026, 11, 24, 12, 10, 30, tzinfo=UTC)
    drawn = chart(periods(now.replace(second=0) - timedelta(minutes=30), 126, timedelta(minutes=1)), now)

    assert len(drawn.bars) == 96
    assert 25 < float(drawn.now_x.rstrip("%")) < 26.1


def test_what_is_not_known_is_hatched_and_never_a_bar():
    now = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
    rows = periods(datetime(2026, 11, 24, tzinfo=UTC), 60)
    del rows[10:12]
    drawn = chart(rows, now)

    assert len(drawn.bars) == 58
    assert [box.x for box in drawn.unknown] == ["10.42%", "62.50%"]


def test_a_negative_price_hangs_and_the_bar_of_now_is_marked():
    now = datetime(2026, 11, 24, 0, 10, tzinfo=UTC)
    drawn = chart(periods(datetime(2026, 11, 24, tzinfo=UTC), 96), now)
    zero = next(mark.at for mark in drawn.grid if mark.text == "0")

    assert drawn.bars[0].y == zero
    assert drawn.bars[0].css == "b1 is-now"
    assert drawn.bars[29].css == "b5"


def test_without_any_price_the_frame_still_stands():
    drawn = chart([], datetime(2026, 11, 24, 12, tzinfo=UTC), stripes=True)

    assert len(drawn.unknown) == 1
    assert drawn.summary.endswith("No price is known for now.")
    assert len(drawn.stripes) == 3


def test_the_plan_lies_above_and_is_said_in_the_table():
    now = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
    start = datetime(2026, 11, 24, 12, tzinfo=UTC)
    plan = [
        PlanSegment(
            starts_at=start, ends_at=start + timedelta(hours=6), label="BCH · eco", kind="run", band_position=2
        ),
        PlanSegment(
            starts_at=start + timedelta(hours=6),
            ends_at=start + timedelta(hours=7),
            label="Off",
            kind="off",
            band_position=3,
        ),
    ]
    drawn = chart(periods(datetime(2026, 11, 24, tzinfo=UTC), 96), now, plan)

    assert [segment.css for segment in drawn.segments] == ["seg-now", "seg-off"]
    assert drawn.segments[0].label == "BCH eco"
    assert [row.runs for row in drawn.rows] == ["BCH · eco", "Off"]


def test_the_row_of_now_has_a_price_though_its_slot_began_before():
    start = datetime(2026, 11, 24, 12, tzinfo=UTC)
    now = start + timedelta(minutes=10)
    plan = [PlanSegment(starts_at=now, ends_at=start + timedelta(hours=1), label="Off", kind="off", band_position=3)]

    drawn = chart(periods(start, 4, price=lambda place: place * 10), now, plan)

    assert [row.price for row in drawn.rows] == ["5.00 p"]


def test_a_sparkline_breaks_at_a_gap():
    spark = draw_spark([1.0, 2.0, None, None, 3.0, 1.0])

    assert len(spark.strokes) == 2
    assert [box.width for box in spark.gaps] == ["33.3"]
    assert draw_spark([None, None]) is None
