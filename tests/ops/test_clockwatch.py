import pytest

from hmm.ops.supervision.clockwatch import ClockWatch


class Clock:
    def __init__(self):
        self.value = 1000.0

    def __call__(self):
        return self.value


@pytest.fixture
def wall():
    return Clock()


@pytest.fixture
def monotonic():
    return Clock()


@pytest.fixture
def watch(wall, monotonic):
    return ClockWatch(wall, monotonic)


def test_time_that_passes_is_no_jump(watch, wall, monotonic):
    wall.value += 3600
    monotonic.value += 3600

    assert watch.jump() == 0


@pytest.mark.parametrize("seconds", [31, -31, 7200, -7200])
def test_a_moved_wall_clock_is_told_once(watch, wall, seconds):
    wall.value += seconds

    assert watch.jump() == seconds
    assert watch.jump() == 0


def test_corrections_of_time_servers_are_no_jump(watch, wall):
    wall.value -= 30

    assert watch.jump() == 0


def test_small_drifts_add_up(watch, wall):
    wall.value += 20
    assert watch.jump() == 0
    wall.value += 20

    assert watch.jump() == 40
