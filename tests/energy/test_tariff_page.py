"""The page that chooses the tariff."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from energy.models import SettlementPeriod, Tariff
from energy.services.prices import active_tariff
from energy.services.refresh import choose_tariff
from energy.tariffs.registry import loaded
from hmm.clock import now as read_clock

pytestmark = pytest.mark.django_db
PAGE = reverse("energy-tariff")


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"))
    return client


@pytest.mark.parametrize("kind", ["octopus_agile", "time_of_use", "flat", "csv"])
def test_each_kind_has_a_form_of_its_own(keeper, kind):
    answer = keeper.get(PAGE, {"kind": kind})

    assert answer.status_code == 200
    assert f'value="{kind}"' in answer.content.decode()


def test_a_flat_price_becomes_the_tariff(keeper):
    answer = keeper.post(PAGE, {"kind": "flat", "price_p_per_kwh": "24.5", "name": "Fixed"})

    assert answer.status_code == 302
    assert (active_tariff().name, active_tariff().config) == ("Fixed", {"price_p_per_kwh": "24.5"})
    assert 'value="24.5"' in keeper.get(PAGE).content.decode()


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(keeper):
    answer = keeper.post(PAGE, {"kind": "time_of_use", "price_p_per_kwh": "24.5", "hours": "funday 00:30-05:30 7"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "is no day; write daily" in page
    assert "funday 00:30-05:30 7</textarea>" in page
    assert 'value="24.5"' in page
    assert not Tariff.objects.exists()


def test_a_file_of_prices_is_stored_whole_or_not_at_all(keeper):
    good = b"valid_from,price_pence_inc_vat\n2026-07-14T12:00:00Z,-2.5\n2026-07-14T12:30:00Z,17.283\n"
    bad = keeper.post(PAGE, {"kind": "csv", "file": SimpleUploadedFile("a.csv", good + b"tomorrow,3\n")})
    none = keeper.post(PAGE, {"kind": "csv"})

    assert "Line 4" in bad.content.decode()
    assert none.status_code == 422
    assert not Tariff.objects.exists()

    assert keeper.post(PAGE, {"kind": "csv", "file": SimpleUploadedFile("a.csv", good)}).status_code == 302
    assert SettlementPeriod.objects.filter(tariff__active=True).count() == 2


def test_a_plug_in_that_failed_to_load_is_told(keeper, monkeypatch):
    sources, _failed = loaded()
    monkeypatch.setattr("energy.tariff_views.loaded", lambda: (sources, {"tibber": "<b>no licence"}))

    page = keeper.get(PAGE).content.decode()

    assert "The tariff plug-in tibber failed to load: &lt;b&gt;no licence" in page


def test_an_unknown_kind_is_not_found_and_a_viewer_chooses_nothing(keeper, client):
    assert keeper.get(PAGE, {"kind": "nonsense"}).status_code == 404
    client.force_login(User.objects.create_user("guest"))
    assert client.post(PAGE, {"kind": "flat", "price_p_per_kwh": "1"}).status_code == 403


def test_its_page_has_one_heading_and_says_which_tariff_is_in_use(keeper):
    choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile", actor="keeper", now=read_clock())
    page = keeper.get(PAGE).content.decode()

    assert page.count("<h1") == 1
    assert 'class="form-select"' in page
    assert page.count("in use</span>") == 1
