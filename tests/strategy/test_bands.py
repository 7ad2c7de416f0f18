"""Edits of the bands: versions, and refusals that store nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from strategy.band_rows import BandError
from strategy.models import BandVersion, StrategyState
from strategy.services.bands import (
    activate_due,
    active_version,
    add_band,
    apply_now,
    edit_band,
    edited_version,
    load_example,
    pending_version,
    remove_band,
    reset_bands,
    rows_of,
)
from strategy.services.in_force import bands_in_force

pytestmark = pytest.mark.django_db


def edit(position, **changes):
    return edit_band(position, changes, actor="keeper", now=read_clock())


def test_a_new_house_has_six_bands_that_are_all_off():
    bands = active_version().as_core()

    assert [band.ceiling_p_per_kwh for band in bands] == [*map(Decimal, (0, 5, 10, 20, 30)), None]
    assert {band.target for band in bands} == {"OFF"}
    assert {mode for band in bands for mode in band.modes.values()} == {"managed_externally"}


@pytest.mark.parametrize("make", [active_version, lambda: load_example(actor="keeper", now=read_clock())])
def test_the_bands_in_force_are_read_at_once_and_are_those_of_their_version(make, django_assert_num_queries):
    make()
    apply_now(actor="keeper", now=read_clock())

    with django_assert_num_queries(1):
        ruling = bands_in_force()

    assert (ruling.bands, ruling.shape) == (active_version().as_core(), active_version().shape)


def test_bands_asked_for_in_a_new_house_are_made():
    assert bands_in_force().bands == active_version().as_core()


@pytest.mark.parametrize(
    ("position", "changes", "field"),
    [
        (2, {"ceiling_p_per_kwh": "NaN"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "Infinity"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "1000000000"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "abc"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "1.2345678"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "0"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "-1"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": "10"}, "ceiling_p_per_kwh"),
        (2, {"ceiling_p_per_kwh": ""}, "ceiling_p_per_kwh"),
        (6, {"ceiling_p_per_kwh": "40"}, "ceiling_p_per_kwh"),
        (2, {"target": "DOGE"}, "target"),
        (2, {"modes": {"bitaxe": "ludicrous"}}, "bitaxe_mode"),
        (2, {"modes": {"toaster": "eco"}}, "toaster_mode"),
        (7, {"target": "OFF"}, "position"),
        (2, {"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_stored(position, changes, field):
    active_version()

    with pytest.raises(BandError) as caught:
        edit(position, **changes)

    assert field in caught.value.fields
    assert BandVersion.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_limits_may_be_negative_and_aliases_are_understood():
    edit(1, ceiling_p_per_kwh="-5", target="BTC", modes={"bitaxe": "overclock", "avalon_nano": "medium"})

    band = edited_version().as_core()[0]
    assert (band.ceiling_p_per_kwh, band.modes["bitaxe"], band.modes["avalon_nano"]) == (Decimal(-5), "oc", "med")


def test_an_edit_waits_for_the_next_slot_and_then_is_adopted():
    now = read_clock()
    edit(3, target="BCH")
    StrategyState.objects.update(current_band=3)

    assert active_version().as_core()[2].target == "OFF"
    assert not activate_due(now=now)
    assert activate_due(now=pending_version().effective_from)
    assert active_version().as_core()[2].target == "BCH"
    assert StrategyState.objects.get().current_band is None


def test_a_time_that_lies_far_ahead_is_a_clock_that_was_set_back():
    edit(3, target="BCH")

    assert activate_due(now=read_clock() - timedelta(days=3))


def test_there_are_two_to_twelve_bands():
    now = read_clock()
    for _band in range(6):
        add_band(actor="keeper", now=now)
    with pytest.raises(BandError, match="at most 12"):
        add_band(actor="keeper", now=now)
    for _band in range(10):
        remove_band(1, actor="keeper", now=now)
    with pytest.raises(BandError, match="at least 2"):
        remove_band(1, actor="keeper", now=now)
    assert rows_of(edited_version())[-1].ceiling is None


def test_the_example_and_the_reset_are_audited_with_before_and_after():
    load_example(actor="keeper", now=read_clock())
    reset_bands(actor="keeper", now=read_clock())

    example, reset = AuditEntry.objects.order_by("pk")
    assert [row["target"] for row in example.after] == ["BTC", "BCH", "DGB", "DGB", "OFF"]
    assert example.after == reset.before


def test_the_page_shows_what_the_strategy_did(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    load_example(actor="keeper", now=read_clock())

    page = client.get(reverse("strategy")).content.decode()

    assert "Example bands" in page
    assert client.get(reverse("strategy-activity"), headers={"HX-Request": "true"}).status_code == 200
