"""Override and safety as forms: what they set, what they refuse at the field, and the audit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from energy.models import SettlementPeriod, Tariff
from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from strategy.band_pages import bands_context
from strategy.forms import OverrideForm
from strategy.models import StrategyState
from strategy.pages import status_context
from strategy.services.bands import apply_now, load_example
from strategy.services.switches import set_enabled, strategy_state
from strategy.services.ticking import tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    load_example(actor="keeper", now=read_clock())
    apply_now(actor="keeper", now=read_clock())
    return client


def send(client, **said):
    return client.post(reverse("strategy-override"), said)


def test_an_override_has_a_band_and_an_end(keeper):
    answer = send(keeper, kind="on", band="2", lasts="180")
    state = strategy_state()

    assert answer.status_code == 302
    assert (state.override_kind, state.override_band, state.override_by) == ("on", 2, "keeper")
    assert timedelta(minutes=179) < state.override_until - read_clock() <= timedelta(minutes=180)
    assert "Forced on" in keeper.get(reverse("strategy")).content.decode()


def test_until_seven_is_the_next_seven_on_the_local_clock(settings):
    settings.TIME_ZONE = "Europe/London"
    form = OverrideForm({"kind": "off", "lasts": "morning"})
    assert form.is_valid()
    evening = read_clock().replace(year=2026, month=7, day=1, hour=20)

    assert f"{form.ends_at(evening):%d %H:%M %z}" == "02 07:00 +0100"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "sideways"}, "Choose auto, on or off."),
        ({"kind": "on", "band": "5"}, "Band 5 is OFF"),
        ({"kind": "on", "band": "9"}, "There is no band 9"),
        ({"kind": "on", "band": "x"}, "Choose one of the bands that run."),
        ({"kind": "off", "until": "2020-01-01T00:00"}, "The end must lie ahead."),
        ({"kind": "off", "until": "soon"}, "The end is a date and a time"),
        ({"kind": "off", "lasts": "at"}, "Choose when the override ends."),
    ],
)
def test_an_override_that_cannot_be_says_why_on_the_page(keeper, said, words):
    answer = send(keeper, **said)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert strategy_state().override_kind == "auto"


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"])
def test_the_way_back_stays_in_the_house(keeper, back):
    assert send(keeper, kind="off", back=back)["Location"] == "/strategy/"


def test_grace_and_fail_safe_are_kept_and_audited(keeper):
    keeper.post(reverse("strategy-safety"), {"grace_minutes": "45", "fail_safe": "lowest"})
    state = strategy_state()

    assert (state.grace_minutes, state.fail_safe) == (45, "lowest")
    entry = AuditEntry.objects.get(action="strategy.settings")
    assert (entry.actor, entry.before["grace_minutes"], entry.after["grace_minutes"]) == ("keeper", 30, 45)


@pytest.mark.parametrize("minutes", ["-1", "1441", "ten", "", "1e9"])
def test_a_grace_time_that_cannot_be_keeps_what_was_typed(keeper, minutes):
    answer = keeper.post(reverse("strategy-safety"), {"grace_minutes": minutes, "fail_safe": "off"})

    assert answer.status_code == 422
    assert f'value="{minutes}"' in answer.content.decode() or not minutes
    assert strategy_state().grace_minutes == 30


def test_a_viewer_sees_no_form_that_would_be_refused(client):
    client.force_login(User.objects.create_user("viewer", password="a long pass phrase"))
    main = client.get(reverse("strategy")).content.decode().partition("<main")[2].partition("</main>")[0]

    assert 'method="post"' not in main
    for name in ("strategy-override", "strategy-safety", "strategy-switch", "strategy-execute"):
        assert client.post(reverse(name)).status_code == 403


def test_the_band_that_is_forced_on_is_the_one_shown_as_running(keeper):
    now = read_clock()
    tariff = Tariff.objects.create(kind="flat", name="dear", active=True)
    SettlementPeriod.objects.create(
        tariff=tariff,
        starts_at=now - timedelta(minutes=10),
        ends_at=now + timedelta(minutes=20),
        price_p_per_kwh=Decimal(34),
        fetched_at=now,
    )
    set_enabled(True, actor="keeper")
    tick(now=now)
    send(keeper, kind="on", band="2")
    tick(now=read_clock())

    status = status_context(now)["status"]
    shell = keeper.get(reverse("energy")).context["shell"]

    assert (status.band_position, status.headline) == (2, "Band 2: BCH · oc / high")
    assert [band.position for band in bands_context(now)["bands"] if band.now] == [2]
    assert shell.band_position == 2


def test_while_the_strategy_is_off_no_band_that_it_remembers_is_shown_as_running(keeper):
    StrategyState.objects.update_or_create(pk=1, defaults={"enabled": False, "current_band": 3})

    assert not any(band.now for band in bands_context(read_clock())["bands"])
    assert keeper.get(reverse("energy")).context["shell"].band_position is None


@pytest.mark.parametrize(
    ("fail_safe", "headline"), [("lowest", "Lowest modes"), ("hold", "Everything stays as it is"), ("off", "Off")]
)
def test_in_the_fail_safe_no_band_is_shown_as_running(keeper, fail_safe, headline):
    set_enabled(True, actor="keeper")
    StrategyState.objects.update(current_band=3, grace_minutes=0, fail_safe=fail_safe)
    now = read_clock()
    tick(now=now)

    status = status_context(now)["status"]

    assert (status.band_position, status.headline) == (None, headline)
    assert not any(band.now for band in bands_context(now)["bands"])
