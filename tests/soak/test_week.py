"""A week of the soak, with the day the clocks go back; `make soak` lives through the whole year."""

from datetime import UTC, datetime

import pytest

from tests.soak.lived import SEED, Stretch, live, row

ROWS = (row("19", "DGB", "standard", "med"), row("23", "BCH", "eco", "low", alone=True), row(None, "OFF", "", ""))


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_a_week_leaves_everything_as_it_was_promised(settings, monkeypatch):
    began = datetime(2026, 10, 22, 12, tzinfo=UTC)

    life = live(Stretch(SEED, began, 7, rows=ROWS, troubles_a_day=0.5), settings, monkeypatch)

    assert len(life.looks) > 10
