"""The ribbon, the shades and the flags of a history."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hmm.look.charts import Span
from hmm.look.marks import BandSlot, Marker, flags_of, joined, ribbon_of, shades_of, without
from hmm.look.panels import Frame, draw_panel

START = datetime(2026, 11, 28, tzinfo=UTC)
DAY = Span(START, START + timedelta(days=1))
HALF = timedelta(minutes=30)


def at(hours):
    return START + timedelta(hours=hours)


def slots(positions, length=HALF):
    return [BandSlot(START + n * length, START + (n + 1) * length, band) for n, band in enumerate(positions)]


def test_neighbours_of_one_band_are_one_part_of_the_ribbon():
    parts = ribbon_of(slots([4, 4, 4, 2, 4]), DAY, 6)

    assert [(part.box.x, part.box.width) for part in parts] == [
        ("0.00%", "6.25%"),
        ("6.25%", "2.08%"),
        ("8.33%", "2.08%"),
    ]
    assert [part.number for part in parts] == ["4", "2", "4"]


def test_a_hole_in_what_is_known_stays_empty():
    known = slots([3] * 10)

    assert len(ribbon_of([*known[:4], *known[6:]], DAY, 6)) == 2


def test_a_quarter_of_slots_is_told_by_what_lasted_longest():
    quarter = Span(START, START + timedelta(days=90))
    parts = ribbon_of(slots([3, 3, 3, 5] * 1080), quarter, 6)

    assert len(parts) == 1
    assert "b3" in parts[0].css


def test_flags_that_would_lie_on_each_other_leave_the_newest():
    markers = [Marker(at(hour), "M", f"{hour}", "/") for hour in (1, 5, 5.1, 23, 30)]

    assert [flag.title for flag in flags_of(markers, DAY)] == ["1", "5.1", "23"]


def test_off_on_purpose_is_shaded_and_no_gap():
    off = ((at(6), at(12)),)
    samples = [(at(hour / 4), 1.0) for hour in (*range(24), *range(48, 60), *range(80, 96))]
    panel = draw_panel(
        "Hashrate, TH/s", [samples], frame=Frame(DAY.start, DAY.end, timedelta(hours=1), off), colour=1, height=100
    )

    assert [shade.box.x for shade in panel.shades] == ["25.00%"]
    assert [gap.words for gap in panel.gaps] == ["no data, 5 h 15 min"]
    assert len(panel.lines[0].strokes) == 3


def test_a_threshold_lies_inside_its_panel():
    panel = draw_panel(
        "Temperature, °C",
        [[(at(1), 40.0), (at(2), 42.0)]],
        frame=Frame(DAY.start, DAY.end, HALF),
        colour=2,
        height=100,
        limits=[(70.0, "warn at 70 °C")],
    )

    assert 0 < float(panel.limits[0].at) < panel.plot_height


stretches = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 20)).map(lambda one: (at(one[0]), at(one[0] + one[1]))), max_size=8
)


@settings(deadline=None)
@given(taken=stretches, first=st.integers(0, 80), length=st.integers(1, 30))
def test_what_is_left_and_what_is_taken_make_the_whole(taken, first, length):
    whole, parts = (at(first), at(first + length)), joined(taken)
    left = without(whole, parts)
    covered = sum(
        (max(timedelta(0), min(end, whole[1]) - max(start, whole[0])) for start, end in parts), timedelta(0)
    )

    assert sum((end - start for start, end in left), timedelta(0)) + covered == whole[1] - whole[0]
    assert all(start < end for start, end in left)


def test_shades_outside_the_span_are_left_out():
    assert shades_of([(at(-9), at(-3)), (at(30), at(40))], DAY) == ()
