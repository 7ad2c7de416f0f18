"""A week of the soak, with the day the clocks go back; `make soak` lives through the whole year."""

from datetime import UTC, datetime

import pytest

from tests.soak.lived import SEED, Stretch, live


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_a_week_leaves_everything_as_it_was_promised(settings, monkeypatch):
    week = Stretch(SEED, datetime(2026, 10, 22, 12, tzinfo=UTC), days=7, troubles_a_day=1)

    life = live(week, settings, monkeypatch)

    assert len(life.looks) > 40
