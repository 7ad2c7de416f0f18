"""The admin of tariffs, prices and costs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from energy.models import LedgerEntry, SettlementPeriod, Tariff
from energy.services.prices import active_tariff
from energy.services.refresh import choose_tariff
from hmm.audit.models import AuditEntry

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(
        get_user_model().objects.create_superuser("keeper", password="long-enough-to-pass"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


@pytest.fixture
def tariffs():
    first = choose_tariff(kind="octopus_agile", config={"region": "C"}, name="Agile C", actor="keeper", now=NOON)
    second = choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile J", actor="keeper", now=NOON)
    period = {"starts_at": NOON, "ends_at": NOON + timedelta(minutes=30), "price_p_per_kwh": "5.25"}
    SettlementPeriod.objects.create(tariff=second, fetched_at=NOON, **period)
    LedgerEntry.objects.create(miner_label="Study", **period)
    return first, second


@pytest.mark.parametrize("model", ["tariff", "settlementperiod", "ledgerentry"])
def test_every_list_and_row_can_be_read(admin, tariffs, model):
    rows = {"tariff": Tariff, "settlementperiod": SettlementPeriod, "ledgerentry": LedgerEntry}[model]

    assert admin.get(reverse(f"admin:energy_{model}_changelist")).status_code == 200
    assert admin.get(reverse(f"admin:energy_{model}_change", args=[rows.objects.first().pk])).status_code == 200


@pytest.mark.parametrize("model", ["settlementperiod", "ledgerentry"])
def test_prices_and_costs_are_read_only(admin, tariffs, model):
    assert admin.get(reverse(f"admin:energy_{model}_add")).status_code == 403
    assert admin.post(reverse(f"admin:energy_{model}_delete", args=[1]), {"post": "yes"}).status_code in {302, 403}
    assert SettlementPeriod.objects.count() == LedgerEntry.objects.count() == 1


def test_a_tariff_is_made_active_through_the_service(admin, tariffs):
    first, _second = tariffs

    admin.post(
        reverse("admin:energy_tariff_changelist"), {"action": "make_active", "_selected_action": [str(first.pk)]}
    )

    assert active_tariff() == first
    assert AuditEntry.objects.filter(action="tariff.choose", actor="keeper").count() == 3


@pytest.mark.parametrize("config", ['{"region": "I"}', '["J"]', "J"])
def test_a_wrong_configuration_is_refused_at_its_field(admin, tariffs, config):
    url = reverse("admin:energy_tariff_add")

    answer = admin.post(url, {"kind": "octopus_agile", "name": "Agile I", "config": config})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["config"]
    assert Tariff.objects.count() == 2


def test_a_stored_tariff_is_renamed_and_keeps_its_terms(admin, tariffs):
    first, _second = tariffs
    terms = {"kind": "flat", "config": '{"price": "1"}'}

    answer = admin.post(reverse("admin:energy_tariff_change", args=[first.pk]), {"name": "Of before", **terms})

    assert answer.status_code == 302
    first.refresh_from_db()
    assert (first.name, first.kind, first.config) == ("Of before", "octopus_agile", {"region": "C"})
    assert AuditEntry.objects.filter(action="tariff.rename", actor="keeper").count() == 1
