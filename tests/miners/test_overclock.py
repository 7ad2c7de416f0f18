"""The mode `oc` of one miner, entered on its page within its board's cap."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.jobs.models import Ask
from miners.models import Miner
from miners.services.overclock import set_overclock

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def modes(miner):
    return Miner.objects.get(pk=miner.pk).modes


def test_a_pair_typed_on_its_page_is_a_mode_and_taken_away_none(keeper, miner):
    address = reverse("miner-overclock", args=[miner.pk])
    assert "oc" not in modes(miner)

    answer = keeper.post(address, {"frequency_mhz": "700", "core_voltage_mv": "1250"})
    assert answer["Location"] == reverse("miner-edit", args=[miner.pk])
    assert "oc" in modes(miner)
    assert Ask.objects.count() == 1

    keeper.post(address, {"frequency_mhz": "", "core_voltage_mv": ""})
    assert "oc" not in modes(miner)
    assert AuditEntry.objects.filter(action="miner.overclock").count() == 2


@pytest.mark.parametrize(
    ("clock", "core", "words"),
    [
        ("726", "1250", "This board takes"),
        ("700", "9000", "This board takes"),
        ("700", "", "needs both"),
        ("NaN", "1250", "Enter a whole number."),
        ("1e9", "1250", "Enter a whole number."),
    ],
)
def test_what_the_board_does_not_take_is_told_at_the_field_and_not_kept(keeper, miner, clock, core, words):
    answer = keeper.post(
        reverse("miner-overclock", args=[miner.pk]), {"frequency_mhz": clock, "core_voltage_mv": core}
    )
    page = answer.content.decode()

    assert answer.status_code == 422
    assert words in page
    assert f'value="{clock}"' in page
    assert Miner.objects.get(pk=miner.pk).overclock is None


def test_the_same_pair_again_is_no_news(miner):
    set_overclock(miner, 700, 1250, actor="keeper")
    set_overclock(miner, 700, 1250, actor="keeper")

    assert AuditEntry.objects.filter(action="miner.overclock").count() == 1


def test_a_board_without_a_cap_is_offered_none(keeper, miner):
    Miner.objects.update(board_facts=None)

    assert 'id="overclock"' not in keeper.get(reverse("miner-edit", args=[miner.pk])).content.decode()
    answer = keeper.post(
        reverse("miner-overclock", args=[miner.pk]), {"frequency_mhz": "700", "core_voltage_mv": "1250"}
    )
    assert answer.status_code == 422
    assert "HMM knows no cap of its board" in answer.content.decode()
