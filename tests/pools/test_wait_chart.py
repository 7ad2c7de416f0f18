"""The wait for a block as a curve, and luck in words: pure."""

import math

import pytest

from pools.luck import chance_of_share, usual_best_share, work_in_difficulty
from pools.templatetags.pool_figures import luck_word, of_a_block
from pools.wait_chart import ENDS_AT, PLOT, wait_chart


def test_the_marks_are_the_waits_of_the_exponential_law():
    chart = wait_chart(100.0)

    waits = {mark.label: mark.wait_s for mark in chart.marks}
    assert waits["half"] == pytest.approx(100 * math.log(2))
    assert waits["average"] == pytest.approx(100)
    assert waits["9 of 10"] == pytest.approx(100 * math.log(10))


def test_the_curve_rises_from_nothing_and_stays_in_its_chart():
    chart = wait_chart(1e9)

    heights = [float(point.split(",")[1]) for point in chart.curve.line.split()]
    assert heights[0] == PLOT
    assert heights == sorted(heights, reverse=True)
    assert min(heights) > 0
    assert all(0 < float(mark.at.rstrip("%")) < 100 for mark in chart.marks)
    assert 1 - math.exp(-ENDS_AT) > 0.95


@pytest.mark.parametrize("mean_s", [0.0, -1.0, math.inf, math.nan])
def test_a_wait_without_an_end_has_no_curve(mean_s):
    assert wait_chart(mean_s) is None


def test_half_of_all_have_a_better_share_than_the_usual_one():
    work = work_in_difficulty(5_000.0)

    assert work == pytest.approx(5_000e12 / 2**32)
    assert chance_of_share(usual_best_share(work), work) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="nought"):
        chance_of_share(1.0, 0.0)


@pytest.mark.parametrize(
    ("percent", "words"),
    [(None, "–"), (100.0, "a block"), (415.0, "a block"), (0.81, "0.81 %"), (0.01, "0.01 %"), (0.001, "1 in 100k")],
)
def test_what_a_share_reached_of_a_block_reads_as_people_say_it(percent, words):
    assert of_a_block(percent) == words


@pytest.mark.parametrize(
    ("chance", "word"),
    [
        (0.01, "very lucky"),
        (0.1, "lucky"),
        (0.5, "usual"),
        (0.9, "unlucky"),
        (0.99, "very unlucky"),
        (1.0, "very unlucky"),
    ],
)
def test_the_smaller_the_chance_the_luckier(chance, word):
    assert luck_word(chance) == word
