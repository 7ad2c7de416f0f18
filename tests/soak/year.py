"""The soak itself: a year in stretches of a week, and weeks with slots of 15 and 60 minutes. Run by `make soak`.

HMM_SOAK_SEED chooses another year, HMM_SOAK_STEP=7 lives through every seventh week only.
"""

import os
import sys
import time
from datetime import timedelta

import pytest

from tests.soak.lived import BEGAN, SEED, Stretch, live

STEP = int(os.environ.get("HMM_SOAK_STEP", "1"))
WEEK = timedelta(days=7)
YEAR = [Stretch(SEED * 100 + week, BEGAN + week * WEEK, 7 if week < 52 else 1) for week in range(53)][::STEP]
OTHERS = [
    Stretch(SEED * 100 + 60 + minutes, BEGAN + 12 * WEEK, 3, timedelta(minutes=minutes)) for minutes in (15, 60)
]
BUSY = [Stretch(SEED * 100 + 90, BEGAN + 30 * WEEK, 1, troubles_a_day=30)]


@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stretch", [*YEAR, *OTHERS, *BUSY], ids=str)
def test_the_year(stretch, settings, monkeypatch, capsys):
    began = time.monotonic()

    life = live(stretch, settings, monkeypatch)

    world = life.world
    told = (
        f"\n{stretch}: {time.monotonic() - began:.0f} s; {life.live_s / 60:.0f} min lived second by second,"
        f" {len(life.looks)} looks, {world.polls} polls, {world.kills} kills, {world.crowds} seconds twice at once,"
        f" {sum('begins' in line for line in life.told)} troubles, {life.calm_checks} looks at everything"
    )
    with capsys.disabled():
        sys.stdout.write(told)
