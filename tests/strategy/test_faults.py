"""What is broken at one rule or one miner costs only that one; the tick goes on, and what was held stays held."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.urls import reverse

from hmm.secrets import SecretUnreadableError
from miners.drivers.base import NotAMinerError
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import FieldState, Miner, NewestReading
from miners.services.commands import take_command_step
from miners.services.fleet import add_miner, edit_miner
from miners.services.polling import claim_due_polls, due_commands, poll
from notifications.models import Incident
from strategy.core import Override, OverrideKind, decide
from strategy.models import AutomationRule, RuleCrossing
from strategy.rule_parts import Action, ActionKind, Crossing, Scope, ScopeKind, Trigger, TriggerKind
from strategy.rules import caps, conflicts, evaluate, rehearsed
from strategy.services.isolating import RULE, Faults, OvertakenError
from tests.strategy.scenes import situation
from tests.strategy.test_rules import ECO, NOW, follows, free, rule, scene

BROKEN = "ValueError: 'soon' is not a trigger"
HELD = {(1, ""): Crossing(active=True, fired_at=NOW - timedelta(hours=1))}
PAIR = (follows(), free(), follows(id="3", name="Loft", family="nerdqaxe", modes=()))


def broken(**changes):
    return rule(fault=BROKEN, **changes)


# --- a rule, by itself ---------------------------------------------------------------------------


def test_a_rule_that_cannot_be_judged_begins_nothing_and_the_others_go_on():
    good = rule(id=2, name="Good", action=ECO, scope=Scope(kind=ScopeKind.FAMILY, family="bitaxe"))
    first, second = evaluate([broken(), good], scene(*PAIR), {}, NOW)

    assert (first.fault, first.holds, first.active, first.fires, first.ends) == (BROKEN, None, False, False, False)
    assert second.fires
    assert caps([first, second])["1"].mode == "eco"


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (Action(kind=ActionKind.OFF), {"1": (True, None), "3": (True, None)}),
        (Action(kind=ActionKind.PLUG_OFF), {"1": (True, None), "3": (True, None)}),
        (Action(kind=ActionKind.MODE, mode="turbo"), {"1": (False, "eco")}),
        (Action(kind=ActionKind.POOL, pool="9"), {}),
        (Action(kind=ActionKind.NOTIFY), {}),
    ],
)
def test_what_it_held_stays_held_in_the_safest_way_it_could_have_meant(action, left):
    found = evaluate([broken(action=action)], scene(*PAIR), HELD, NOW)

    assert {name: (cap.off, cap.mode) for name, cap in caps(found).items()} == left
    assert not any(outcome.fires or outcome.ends for outcome in found)
    assert all(effect.order is None for outcome in found for effect in outcome.effects)


def test_what_it_held_of_one_miner_stays_held_of_that_one():
    found = evaluate([broken()], scene(*PAIR), {(1, "3"): HELD[1, ""], (1, "1"): Crossing(fired_at=NOW)}, NOW)

    assert set(caps(found)) == {"3"}


def test_it_is_held_back_by_a_person_who_forced_the_fleet_on_and_by_a_strategy_that_is_off():
    forced = decide(situation(7, 7, current=3, override=Override(kind=OverrideKind.ON)))
    hot = broken(trigger=Trigger(kind=TriggerKind.OVERHEAT))

    assert not caps(evaluate([broken()], scene(*PAIR, decision=forced), HELD, NOW))
    assert caps(evaluate([hot], scene(*PAIR, decision=forced), HELD, NOW))
    assert not caps(evaluate([hot], scene(*PAIR, decision=decide(situation(7, enabled=False))), HELD, NOW))


def test_an_error_in_the_middle_of_its_judgement_is_its_own():
    odd = replace(rule(), trigger=Trigger(kind=TriggerKind.PRICE_ABOVE, low_p_per_kwh="dear"))
    found = evaluate([odd, rule(id=2, name="Good")], scene(*PAIR), {}, NOW)

    assert found[0].fault.startswith("TypeError")
    assert caps(found)["1"].rule == "Good"
    assert rehearsed(odd, [odd], scene(*PAIR), {}, NOW) == ()


def test_it_contradicts_nobody():
    assert conflicts([broken(), rule(id=2, action=ECO)], scene(*PAIR)) == ()
    assert conflicts([rule(action=ECO), broken(id=2)], scene(*PAIR)) == ()
    assert conflicts([rule(action=ECO), rule(id=2)], scene(*PAIR))


@pytest.mark.parametrize(
    ("damage", "kind", "action"),
    [
        ({"trigger": "soon"}, TriggerKind.OVERHEAT, ActionKind.MODE),
        ({"action": "dance"}, TriggerKind.TIME, ActionKind.OFF),
        ({"starts": "07:00", "ends": "08:00", "days": 5}, TriggerKind.TIME, ActionKind.MODE),
        ({"scope": "some"}, TriggerKind.TIME, ActionKind.MODE),
    ],
)
def test_a_stored_rule_that_cannot_be_read_says_so(damage, kind, action):
    row = AutomationRule(**{"pk": 4, "name": "Odd", "trigger": "time", "action": "mode", "mode": "eco", **damage})
    read = row.as_core()

    assert read.fault
    assert (read.trigger.kind, read.action.kind, read.scope.kind) == (kind, action, ScopeKind.ALL)


@pytest.mark.parametrize("error", [OperationalError, OvertakenError])
def test_a_database_that_is_gone_and_a_tick_that_was_overtaken_fail_all(error):
    with pytest.raises(error), Faults().at(RULE, "rule:1", "Odd"):
        raise error("gone")


# --- through the tick ----------------------------------------------------------------------------


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
        (damage_secret, False, False),
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
