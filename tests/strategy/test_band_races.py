"""Edits of the bands beside a tick and beside each other: nothing is lost, and the band of now is adopted."""

import pytest

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from strategy.band_rows import BandError, external
from strategy.models import Band, BandVersion, StrategyState, VersionStatus
from strategy.services.bands import (
    add_band,
    apply_now,
    edit_band,
    edited_version,
    pending_version,
    place_of,
    remove_band,
    reset_bands,
)
from strategy.services.gathering import gather
from strategy.services.switches import set_override
from strategy.services.ticking import carry_out, claim, decide
from tests.strategy.test_claim import at_once


def edit(position, now, **changes):
    return edit_band(position, changes, actor="keeper", now=now)


def put_in_force(house, ceiling):
    edit(4, house.now, ceiling_p_per_kwh=ceiling)
    assert apply_now(actor="keeper", now=house.now)


def waiting_for_the_next_slot(house):
    """Bring the house to a cheap slot that the next one does not confirm, so that it stays off."""
    house.prices(25, 9, 45)
    house.tick()
    house.now = house.now.replace(minute=31)
    assert house.tick().band.position == 5


@pytest.mark.django_db
@pytest.mark.parametrize("ceilings", [["21"], ["21", "20"]], ids=["once", "there and back"])
def test_bands_that_are_applied_while_a_tick_is_at_it_are_adopted_by_the_next(house, ceilings):
    waiting_for_the_next_slot(house)
    claim(house.now, None)
    scene = gather(house.now)
    for ceiling in ceilings:
        put_in_force(house, ceiling)
    carry_out(*decide(scene, now=house.now), now=house.now)
    StrategyState.objects.update(ticking_until=None)

    assert house.tick().band.position == 3


@pytest.mark.django_db
def test_bands_that_differ_in_their_modes_only_leave_the_band_of_now(house):
    waiting_for_the_next_slot(house)
    edit(3, house.now, modes={"bitaxe": "eco"})
    apply_now(actor="keeper", now=house.now)

    assert house.tick().band.position == 5


@pytest.mark.django_db(transaction=True)
def test_edits_at_the_same_instant_are_all_kept():
    now = read_clock()
    edit(6, now, target="DGB")

    at_once(*[lambda place=place: edit(place, now, target="BTC") for place in (1, 2, 3, 4)])

    assert [band.target for band in edited_version().as_core()] == ["BTC"] * 4 + ["OFF", "DGB"]
    assert AuditEntry.objects.filter(action="band.edit").count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_who_apply_at_the_same_instant_put_it_in_force_once():
    now = read_clock()
    edit(1, now, target="BTC")

    answers = at_once(*[lambda: apply_now(actor="keeper", now=now)] * 3)

    assert sorted(answers) == [False, False, True]
    assert pending_version() is None
    assert BandVersion.objects.filter(status=VersionStatus.ACTIVE).count() == 1
    assert AuditEntry.objects.filter(action="band.apply").count() == 1


@pytest.mark.django_db
def test_a_band_of_an_earlier_version_is_found_unless_bands_were_added_or_removed_since():
    now = read_clock()
    first = edit(2, now, target="BTC").bands.get(position=3)
    edit(3, now, target="BCH")
    assert place_of(first) == 3

    add_band(actor="keeper", now=now)
    with pytest.raises(BandError, match="there are 7 now"):
        place_of(Band.objects.get(pk=first.pk))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("removed", "added", "kind", "place"),
    [((1,), False, "on", 2), ((1,), True, "on", 2), ((5,), False, "on", 3), ((3,), False, "auto", None)],
    ids=["a cheaper one", "as many as before", "a dearer one", "its own"],
)
def test_an_override_runs_the_band_it_was_given_wherever_that_stands(house, removed, added, kind, place):
    house.prices(25, 25, 25)
    set_override("on", band=3, actor="keeper", now=house.now)
    for position in removed:
        remove_band(position, actor="guest", now=house.now)
    if added:
        add_band(actor="guest", now=house.now)
    before = house.tick().band
    apply_now(actor="guest", now=house.now)

    decision, state = house.tick(), StrategyState.objects.get()

    assert (state.override_kind, state.override_band) == (kind, place)
    assert (decision.target, decision.band.modes) == (
        (before.target, before.modes) if kind == "on" else ("OFF", external())
    )
    assert AuditEntry.objects.filter(action="strategy.override", actor="strategy").count() == (place != 3)


@pytest.mark.django_db
def test_a_band_is_found_while_its_limits_are_moved_one_by_one():
    now = read_clock()
    edit(1, now, target="BTC")
    band = edited_version().bands.get(position=3)
    for position in (5, 4, 3, 2, 1):
        edit(position, now, ceiling_p_per_kwh=str(position * 10 - 5))

    assert place_of(band) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda now: (remove_band(1, actor="guest", now=now), add_band(actor="guest", now=now)),
        lambda now: reset_bands(actor="guest", now=now),
    ],
    ids=["removed and added", "reset"],
)
def test_a_band_of_as_many_others_is_not_taken_for_another(meanwhile):
    """Its new place is a dearer price: a target meant for 5–10 p would run at 10–20 p."""
    now = read_clock()
    for position in (1, 2):
        edit(position, now, ceiling_p_per_kwh=str(position + 1))
    band = edited_version().bands.get(position=3)
    meanwhile(now)
    assert len(edited_version().as_core()) == 6

    with pytest.raises(BandError, match="replaced meanwhile"):
        place_of(band)
