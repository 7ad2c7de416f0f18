"""What the bench reads out of a pushed tile is the moment of the reading, and no other time on it."""

from datetime import datetime, timedelta

import pytest
from django.template.loader import render_to_string

from hmm.clock import now as read_clock
from hmm.demo.bench import TAKEN
from miners.contexts import tile_context
from miners.models import Miner, NewestReading


@pytest.mark.django_db
def test_a_tile_tells_the_bench_when_its_reading_was_taken():
    now = read_clock()
    taken = now - timedelta(seconds=3)
    miner = Miner.objects.create(name="Study", kind="bitaxe", host="192.168.9.9", port=80, poll_due_at=now)
    NewestReading.objects.create(miner=miner, taken_at=taken, state="hashing", state_since=now - timedelta(hours=2))

    html = render_to_string(
        "miners/partials/_live.html", {**tile_context(Miner.objects.for_tiles().get(), now), "oob": True}
    )

    found = TAKEN.search(html)
    assert found is not None
    assert datetime.fromisoformat(found[1]) == taken
