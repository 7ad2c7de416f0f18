"""The band editor: what is saved, what waits, what can be taken back, and what is refused at its field."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from strategy import core
from strategy.band_questions import changes, remove_question
from strategy.band_rows import BandError, example_rows
from strategy.models import BandVersion, VersionStatus
from strategy.services.bands import (
    activate,
    active_version,
    add_band,
    edit_band,
    edited_version,
    load_example,
    pending_version,
    remove_band,
    rows_of,
)
from strategy.services.undoing import discard_pending, undo_edit, version_before

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


@pytest.fixture
def viewer(client):
    client.force_login(User.objects.create_user("viewer", password="a long pass phrase"))
    return client


def edit(position, now=None, **changes):
    return edit_band(position, changes, actor="keeper", now=now or read_clock())


def limits(version):
    return [band.ceiling_p_per_kwh for band in version.as_core()]


def test_undo_goes_back_one_edit_at_a_time():
    now, start = read_clock(), rows_of(active_version())
    edit(1, target="BTC")
    first = rows_of(edit(2, target="BCH"))
    edit(3, target="DGB")

    undo_edit(actor="keeper", now=now)
    assert rows_of(edited_version()) == first
    undo_edit(actor="keeper", now=now)
    assert [band.target for band in edited_version().as_core()[:3]] == ["BTC", "OFF", "OFF"]
    undo_edit(actor="keeper", now=now)

    assert pending_version() is None
    assert rows_of(edited_version()) == start
    assert AuditEntry.objects.filter(action="band.undo").count() == 3


def test_an_edit_in_force_can_still_be_undone_for_half_an_hour():
    now, before = read_clock(), rows_of(active_version())
    activate(edit(1, now, target="BTC"), now=read_clock())

    undo_edit(actor="keeper", now=now + timedelta(minutes=29))

    assert rows_of(edited_version()) == before
    assert active_version().as_core()[0].target == "BTC"  # until the next slot


def test_an_old_edit_is_not_undone():
    now = read_clock()
    edit(1, now, target="BTC")

    assert version_before(now + timedelta(minutes=31)) is None
    with pytest.raises(BandError, match="no edit of the last half hour"):
        undo_edit(actor="keeper", now=now + timedelta(minutes=31))


def test_discarding_keeps_the_bands_in_force():
    before = rows_of(active_version())
    edit(1, target="BTC")
    edit(2, target="BTC")

    discard_pending(actor="keeper", now=read_clock())

    assert rows_of(edited_version()) == before
    assert BandVersion.objects.filter(status=VersionStatus.ACTIVE).count() == 1
    assert AuditEntry.objects.get(action="band.discard").after[0]["target"] == "OFF"
    with pytest.raises(BandError, match="Nothing waits"):
        discard_pending(actor="keeper", now=read_clock())


def test_there_are_two_to_twelve_bands():
    for _more in range(6):
        add_band(actor="keeper", now=read_clock())
    assert len(edited_version().as_core()) == 12
    with pytest.raises(BandError, match="at most 12"):
        add_band(actor="keeper", now=read_clock())
    for _fewer in range(10):
        remove_band(1, actor="keeper", now=read_clock())
    with pytest.raises(BandError, match="at least 2"):
        remove_band(1, actor="keeper", now=read_clock())


def test_no_band_is_added_above_the_dearest_limit():
    edit(5, ceiling_p_per_kwh="995")
    add_band(actor="keeper", now=read_clock())
    assert limits(edited_version())[-2:] == [Decimal(1000), None]
    with pytest.raises(BandError, match="Lower it to make room"):
        add_band(actor="keeper", now=read_clock())


@pytest.mark.parametrize("typed", ["0", "10", "nan", "1e9", "−", "", "<b>5</b>", "5" * 80, "\x00"])
def test_a_limit_that_cannot_be_says_so_under_its_field_and_keeps_the_band(keeper, typed):
    before = rows_of(edited_version())
    answer = keeper.post(reverse("band-edit", args=[2]), {"position": "2", "ceiling_p_per_kwh": typed}, headers=HTMX)
    text = answer.content.decode()

    assert answer.status_code == 422
    assert 'aria-describedby="band-2-limit-error"' in text
    assert 'id="band-2-limit-error"' in text
    assert "<b>5</b>" not in text
    assert rows_of(edited_version()) == before


def test_a_limit_between_its_neighbours_names_both(keeper):
    answer = keeper.post(reverse("band-edit", args=[2]), {"position": "2", "ceiling_p_per_kwh": "40"}, headers=HTMX)

    assert "must be above 0 and below 10 p" in answer.content.decode()


def test_limits_may_be_negative(keeper):
    sent = {"position": "1", "ceiling_p_per_kwh": "-2.5", "target": "BTC"}
    answer = keeper.post(reverse("band-edit", args=[1]), sent, headers=HTMX)

    assert answer.status_code == 200
    assert limits(edited_version())[0] == Decimal("-2.5")


@pytest.mark.parametrize("adds", [False, True], ids=["fewer", "as many as before"])
@pytest.mark.parametrize("name", ["band-edit", "band-remove"])
def test_a_page_from_before_a_band_was_removed_changes_nothing(keeper, name, adds):
    page = keeper.get(reverse("band-remove", args=[3]) if name == "band-remove" else reverse("strategy"))
    (version,) = set(re.findall(r'name="version" value="(\d+)"', page.content.decode()))
    remove_band(1, actor="keeper", now=read_clock())
    if adds:
        add_band(actor="keeper", now=read_clock())
    before = rows_of(edited_version())

    answer = keeper.post(
        reverse(name, args=[3]), {"position": "3", "version": version, "target": "BTC"}, headers=HTMX
    )

    assert answer.status_code == 422
    assert "added, removed or replaced meanwhile" in answer.content.decode()
    assert 'value="BTC" selected' not in answer.content.decode(), "the next change would write it into another band"
    assert rows_of(edited_version()) == before


def test_a_page_from_before_another_s_edit_takes_back_nothing_of_it(keeper):
    edit(3, target="BTC", champion_only=True, modes={"bitaxe": "oc", "nerdqaxe": "eco"})
    page = keeper.get(reverse("strategy")).content.decode()
    (version,) = set(re.findall(r'name="version" value="(\d+)"', page))
    edit(3, target="OFF", champion_only=False, modes={"bitaxe": "standard"}, ceiling_p_per_kwh="9")

    shown = {"ceiling_p_per_kwh": "10.00", "target": "BTC", "champion_only": "on", "bitaxe_mode": "oc"}
    answer = keeper.post(
        reverse("band-edit", args=[3]), {**shown, "version": version, "nerdqaxe_mode": "turbo"}, headers=HTMX
    )

    row = rows_of(edited_version())[2]
    assert answer.status_code == 200
    assert (row.target, row.champion_only, row.ceiling) == ("OFF", False, Decimal(9))
    assert (row.modes["bitaxe"], row.modes["nerdqaxe"]) == ("standard", "turbo")

    refused = keeper.post(
        reverse("band-edit", args=[3]),
        {**shown, "version": version, "position": "3", "ceiling_p_per_kwh": "x"},
        headers=HTMX,
    )
    assert (
        f'name="position" value="3"><input type="hidden" name="version" value="{version}"' in refused.content.decode()
    )


@pytest.mark.parametrize("version", ["", "x", "999999", "²", "9" * 40])
def test_a_page_that_never_was_changes_nothing(keeper, version):
    sent = {"position": "3", "version": version, "target": "BTC"}

    assert keeper.post(reverse("band-edit", args=[3]), sent, headers=HTMX).status_code == 422
    assert pending_version() is None


def test_what_is_saved_says_from_when_and_can_be_undone_on_the_page(keeper):
    answer = keeper.post(reverse("band-edit", args=[1]), {"position": "1", "target": "BTC"}, headers=HTMX)
    text = answer.content.decode()

    assert "in force from" in text
    for name in ("band-undo", "band-discard", "band-apply"):
        assert f'action="{reverse(name)}"' in text
    keeper.post(reverse("band-undo"), headers=HTMX)
    assert pending_version() is None


@pytest.mark.parametrize(
    ("name", "arguments"), [("band-reset", []), ("band-example", []), ("band-remove", [2])]
)  # fmt: skip
def test_what_replaces_bands_asks_first_and_names_the_change(keeper, name, arguments):
    edit(2, target="BTC")
    before = rows_of(edited_version())
    page = keeper.get(reverse(name, args=arguments))
    dialog = keeper.get(reverse(name, args=arguments), headers=HTMX)

    assert "Keep my bands" in page.content.decode()
    assert "<nav" not in dialog.content.decode()
    assert "BTC" in dialog.content.decode()
    assert rows_of(edited_version()) == before

    keeper.post(reverse(name, args=arguments))
    assert rows_of(edited_version()) != before


def test_a_viewer_sees_the_bands_and_no_button(viewer):
    load_example(actor="keeper", now=read_clock())
    text = viewer.get(reverse("strategy-bands"), headers={"HX-Request": "true"}).content.decode()

    assert "DGB" in text
    assert "<form" not in text
    assert "<select" not in text
    assert viewer.get(reverse("band-reset")).status_code == 403
    assert viewer.post(reverse("band-undo")).status_code == 403


def test_a_question_marks_what_changes_and_nothing_else():
    activate(load_example(actor="keeper", now=read_clock()), now=read_clock())

    marked = {change.position: change.differs for change in remove_question(2)["changes"]}

    assert marked == {1: False, 2: True, 3: False, 4: False}


def test_a_question_marks_a_mode_of_one_family():
    rows = example_rows()
    rows[0].modes["avalon_nano"] = "managed_externally"
    one_less = core.Band(position=1, ceiling_p_per_kwh=None, target="BTC", modes=rows[0].modes)
    other = replace(one_less, modes={**rows[0].modes, "nerdqaxe": "managed_externally"})

    assert [change.differs for change in changes([one_less], [other])] == [True]
    assert [change.differs for change in changes([one_less], [one_less])] == [False]


def test_a_limit_with_too_many_decimals_is_told_how_many_there_may_be():
    with pytest.raises(BandError, match="at most 6 decimals"):
        edit(2, ceiling_p_per_kwh="5.1234567")
