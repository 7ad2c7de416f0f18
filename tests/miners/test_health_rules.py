"""What counts as trouble by one reading, and when it has lasted long enough to be told. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miners.drivers.thresholds import DEFAULT, Thresholds
from miners.health import CLOSES_AFTER, OPENS_AFTER, Code, Vitals, plausible_hashrate_ths, step, symptoms

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WELL = Vitals(
    state="hashing",
    hashrate_ths=1.0,
    expected_hashrate_ths=1.07,
    chip_temp_c=60.0,
    vr_temp_c=62.0,
    fan_rpm=3900,
    fan_percent=48.0,
    fan_has_turned=True,
    shares_accepted=400,
    shares_rejected=3,
    wifi_rssi_dbm=-55,
    firmware="v2.12.2",
    web_firmware="v2.12.2",
)


def told(limits=DEFAULT, **changes):
    return {(item.code.value, item.severity) for item in symptoms(replace(WELL, **changes), limits)}


def test_a_miner_that_is_well_has_nothing():
    assert told() == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"chip_temp_c": 67.9}, set()),
        ({"chip_temp_c": 68.0}, {("hot_chip", "warning")}),
        ({"chip_temp_c": 73.0}, {("hot_chip", "critical")}),
        ({"vr_temp_c": 90.0}, {("hot_vr", "warning")}),
        ({"vr_temp_c": 100.0}, {("hot_vr", "critical")}),
        ({"state": "overheated", "chip_temp_c": 80.0, "hashrate_ths": 0.0}, {("overheated", "critical")}),
        ({"fan_rpm": 0}, {("fan", "danger")}),
        ({"fan_rpm": 0, "fan_percent": 0.0}, set()),
        ({"fan_rpm": 0, "fan_has_turned": False}, set()),
        ({"fan_rpm": None}, set()),
        ({"state": "stalled", "hashrate_ths": 0.0}, {("stalled", "warning")}),
        ({"state": "stalled", "hashrate_ths": 0.0, "wanted_on": False}, set()),
        ({"state": "idle", "hashrate_ths": 0.0}, set()),
        ({"hashrate_ths": 0.74}, {("low_hashrate", "warning")}),
        ({"hashrate_ths": 0.76}, set()),
        ({"hashrate_ths": 0.1, "expected_hashrate_ths": None}, set()),
        ({"shares_accepted": 95, "shares_rejected": 5}, set()),
        ({"shares_accepted": 94, "shares_rejected": 6}, {("rejects", "warning")}),
        ({"shares_accepted": 9, "shares_rejected": 10}, set()),
        ({"wifi_rssi_dbm": -80}, set()),
        ({"wifi_rssi_dbm": -81}, {("wifi", "warning")}),
        ({"web_firmware": "v2.11.0"}, {("firmware", "warning")}),
        ({"web_firmware": None}, set()),
        ({"fault": "fan"}, {("fault", "danger")}),
    ],
)
def test_each_rule_at_its_edge(changes, expected):
    assert told(**changes) == expected


def test_a_limit_of_none_switches_its_rule_off():
    off = Thresholds(
        chip_warn_c=None,
        chip_critical_c=None,
        vr_warn_c=None,
        vr_critical_c=None,
        reject_percent=None,
        low_hashrate_percent=None,
        weak_wifi_dbm=None,
    )

    bad = {"chip_temp_c": 99.0, "vr_temp_c": 120.0, "hashrate_ths": 0.1, "shares_rejected": 400, "wifi_rssi_dbm": -99}

    assert told(off, **bad) == set()


def test_the_words_hold_no_live_figure():
    first, second = (symptoms(replace(WELL, chip_temp_c=figure), DEFAULT) for figure in (69.1, 70.2))

    assert first == second


def run(code, pattern, every=timedelta(seconds=30)):
    mark, shown = None, []
    for place, present in enumerate(pattern):
        mark = step(mark, code, present=present, now=NOW + place * every)
        shown.append(bool(mark and mark.counts))
    return shown


def test_one_hot_reading_is_no_reason():
    assert run(Code.HOT_CHIP, [True, False, False]) == [False, False, False]


def test_heat_that_lasts_counts_and_goes_when_it_has_been_gone():
    assert run(Code.HOT_CHIP, [True] * 3 + [False] * 6) == [False, False, True, True, True, True, True, False, False]


def test_a_short_gap_ends_nothing():
    assert run(Code.HOT_CHIP, [True, True, True, False, True, False, True]) == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
    ]


def test_overheating_counts_at_once_and_ends_at_once():
    assert run(Code.OVERHEATED, [True, False]) == [True, False]


@given(code=st.sampled_from(list(Code)), pattern=st.lists(st.booleans(), max_size=40))
def test_nothing_counts_before_its_time_nor_stays_after_it(code, pattern):
    every = timedelta(seconds=30)
    for place, counts in enumerate(run(code, pattern, every)):
        run_back = 0
        while run_back <= place and not pattern[place - run_back]:
            run_back += 1
        if counts:
            assert any(pattern[: place + 1])
            assert run_back * every <= CLOSES_AFTER[code] + every
        lasting = 0
        while lasting <= place and pattern[place - lasting]:
            lasting += 1
        if lasting and (lasting - 1) * every >= OPENS_AFTER[code]:
            assert counts


@given(back=st.integers(1, 10**6))
def test_a_clock_that_was_set_back_leaves_nothing_for_ever(back):
    mark = step(None, Code.STALLED, present=True, now=NOW)
    past = NOW - timedelta(seconds=back)
    mark = step(mark, Code.STALLED, present=True, now=past)

    assert step(mark, Code.STALLED, present=True, now=past + OPENS_AFTER[Code.STALLED]).counts


def test_plausible_is_three_times_the_largest_that_is_known():
    assert plausible_hashrate_ths(3.0, 0.4, None, 1.0) == 3.0
    assert plausible_hashrate_ths(3.1, 0.4, None, 1.0) is None
    assert plausible_hashrate_ths(9.9, None, None) == 9.9
