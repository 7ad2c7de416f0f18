"""What is broken at one rule or one miner costs only that one; the tick goes on, and what was held stays held."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from hmm.secrets import SecretUnreadableError
from miners.drivers.base import NotAMinerError
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import FieldState, Miner, NewestReading
from miners.services.commands import take_command_step
from miners.services.fleet import add_miner, edit_miner
from miners.services.polling import claim_due_polls, due_commands, poll
from notifications.models import Incident
from strategy.models import AutomationRule, RuleCrossing


@pytest.fixture
def neighbour(house):
    """Bring a second device into the house; the damage is done to the first."""
    with BitaxeSimulator(mac="02:00:00:00:00:02", hostname="second", clock=house.device.clock) as device:
        miner = add_miner(address=str(device.address), name="Zoe", actor="keeper", now=house.now)
        edit_miner(miner, {"enrolled": True}, actor="keeper", now=house.now)
        poll(miner.pk, now=house.now)
        yield device


def damage_board(house):
    Miner.objects.filter(pk=house.miner.pk).update(board_facts={"presets": ["eco"]})


def damage_secret(house):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE miners_miner SET otp_secret = 'f1:torn' WHERE id = %s", [house.miner.pk])


def damage_reading(house):
    NewestReading.objects.filter(miner=house.miner).update(pools=["stratum"])


def damage_memory(house):
    FieldState.objects.create(miner=house.miner, field="power", confirmed="on", held_value=[1])


def damage_kind(house):
    Miner.objects.filter(pk=house.miner.pk).update(kind="toaster")


def live(house, seconds):
    """Let worker and beat do what is due; a step that fails is one task that failed."""
    for _second in range(seconds):
        for pk in due_commands(now=house.now):
            with suppress(SecretUnreadableError, NotAMinerError):
                take_command_step(pk, now=house.now)
        for pk in claim_due_polls(now=house.now):
            with suppress(SecretUnreadableError, NotAMinerError):
                poll(pk, now=house.now)
        house.now += timedelta(seconds=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "is_told", "is_off"),
    [
        (damage_board, False, True),
        (damage_reading, False, True),
        (damage_memory, False, True),
        (damage_kind, True, False),
        (damage_secret, False, True),  # it is not locked, so nothing needs it
    ],
)
def test_a_miner_whose_data_is_damaged_costs_no_other(client, house, neighbour, damage, is_told, is_off):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    AutomationRule.objects.create(
        name="Quiet", trigger="price_above", low_p_per_kwh=Decimal(99), action="off", created_at=house.now
    )
    house.prices(35, 35)
    damage(house)
    assert house.tick().band.position == 5
    told = list(Incident.objects.open().filter(kind="strategy_fault").values_list("subject", flat=True))
    page = client.get(reverse("strategy-why")).content.decode()
    live(house, 20)

    assert neighbour.paused
    assert house.device.paused is is_off
    assert told == ([f"miner:{house.miner.pk}"] if is_told else [])
    assert ("Cannot be judged: Study" in page) is is_told


@pytest.mark.django_db
def test_what_heals_is_told_and_the_miner_follows_again(house):
    house.prices(35, 35)
    damage_kind(house)
    house.tick()
    assert house.fresh().target.waiting == "what is stored of it cannot be read"
    Miner.objects.update(kind="bitaxe")
    house.tick()
    house.settle(60)

    assert house.device.paused
    assert not Incident.objects.open().filter(kind="strategy_fault").exists()


@pytest.mark.django_db
def test_a_rule_that_breaks_while_it_holds_keeps_its_miners_off_and_is_shown_everywhere(client, house):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    made = AutomationRule.objects.create(
        name="Evening", trigger="price_above", low_p_per_kwh=Decimal(3), action="off", created_at=house.now
    )
    house.prices(8, 8, 8)
    house.tick()
    house.settle(240)
    AutomationRule.objects.update(trigger="soon")
    house.pass_minutes(2)

    assert house.device.paused
    assert RuleCrossing.objects.get().active
    assert house.fresh().target.why == "Rule “Evening” cannot be judged; what it held stays held."
    shown = [
        client.get(address).content.decode()
        for address in (
            reverse("rules"),
            reverse("rule", args=[made.pk]),
            reverse("strategy-why"),
            reverse("strategy-why-miner", args=[house.miner.pk]),
        )
    ]
    assert all("annot be judged" in page for page in shown)
    incident = Incident.objects.open().get()
    assert (incident.kind, incident.subject) == ("rule_fault", f"rule:{made.pk}")

    AutomationRule.objects.update(trigger="price_above", low_p_per_kwh=Decimal(9))
    house.pass_minutes(2)
    assert not house.device.paused
    assert not Incident.objects.open().exists()


@pytest.mark.django_db
def test_a_rule_that_cannot_fire_still_holds_its_miners_and_the_tick_goes_on(house, client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    rows = (
        AutomationRule(name=name, trigger="price_above", low_p_per_kwh=Decimal(3), action="off", created_at=house.now)
        for name in ("Odd", "Good")
    )
    odd, good = AutomationRule.objects.bulk_create(rows)
    house.prices(8, 8, 8)

    def refuse(execute, sql, parameters, many, context):
        if sql.startswith('INSERT INTO "audit_auditentry"') and "Odd" in parameters:
            raise ValueError("no row for that")
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(refuse):
        assert house.tick() is not None
    page = client.get(reverse("rule", args=[odd.pk])).content.decode()

    assert list(RuleCrossing.objects.values_list("rule", flat=True)) == [good.pk]
    assert "no row for that" in page
    house.tick()
    assert RuleCrossing.objects.count() == 2
    assert not Incident.objects.open().exists()
