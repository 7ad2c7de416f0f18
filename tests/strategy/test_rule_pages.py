"""The pages of automation rules, the admin beside them, and where else a rule is named."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hmm.audit.models import AuditEntry
from miners.models import Miner
from strategy.models import AutomationRule
from strategy.preview import preview_context
from strategy.why_pages import why_one, why_strategy
from tests.dashboards.conftest import operator, viewer  # noqa: F401  # fixtures
from tests.strategy.test_ruling import rule, settle

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Evening",
    "enabled": "on",
    "priority": "10",
    "cooldown_minutes": "0",
    "trigger": "time",
    "starts": "16:00",
    "ends": "19:00",
    "days": ["0", "1", "2", "3", "4"],
    "low_p_per_kwh": "5",
    "action": "mode",
    "mode": "lowest",
    "scope": "all",
}


def text(answer):
    return answer.content.decode()


def test_a_rule_is_made_shown_switched_and_removed(operator):  # noqa: F811
    answer = operator.post(reverse("rule-add"), FORM)
    made = AutomationRule.objects.get()
    assert answer["Location"] == reverse("rule", args=[made.pk])
    assert (made.days, made.low_p_per_kwh) == ([0, 1, 2, 3, 4], None), "what a window does not need is not kept"

    page = text(operator.get(reverse("rules")))
    assert "When it is 16:00 to 19:00 on Mon–Fri: the lowest mode, all miners." in page
    assert "Rule added" in text(operator.get(reverse("rule", args=[made.pk])))

    operator.post(reverse("rule-switch", args=[made.pk]), {"value": "off"})
    assert "It is switched off." in text(operator.get(reverse("rules")))
    assert 'value="16:00"' in text(operator.get(reverse("rule-edit", args=[made.pk])))

    operator.post(reverse("rule-remove", args=[made.pk]))
    assert operator.get(reverse("rule", args=[made.pk])).status_code == 404
    assert list(AuditEntry.objects.filter(actor="lodger").values_list("action", flat=True)) == [
        "rule.remove",
        "rule.disable",
        "rule.add",
    ]


def test_a_wrong_field_keeps_what_was_typed_and_says_what_to_do(operator):  # noqa: F811
    answer = operator.post(reverse("rule-add"), {**FORM, "ends": "", "mode": ""})

    assert answer.status_code == 422
    assert "Write when it ends, such as 19:00." in text(answer)
    assert "Choose a mode." in text(answer)
    assert "Evening" in text(answer)
    assert not AutomationRule.objects.exists()


def test_a_guest_looks_and_changes_nothing(viewer, operator):  # noqa: F811
    operator.post(reverse("rule-add"), FORM)
    made = AutomationRule.objects.get()

    assert "Evening" in text(viewer.get(reverse("rules")))
    assert "Edit" not in text(viewer.get(reverse("rule", args=[made.pk])))
    for name, arguments in (("rule-add", []), ("rule-edit", [made.pk]), ("rule-switch", [made.pk])):
        assert viewer.post(reverse(name, args=arguments), FORM).status_code == 403
    assert viewer.post(reverse("rule-remove", args=[made.pk])).status_code == 403
    assert AutomationRule.objects.exists()


def test_the_admin_checks_and_keeps_rules_as_the_page_does(client):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    where = reverse("admin:strategy_automationrule_add")
    wrong = client.post(where, {**FORM, "ends": ""})
    assert "Write when it ends" in text(wrong)

    client.post(where, FORM)
    made = AutomationRule.objects.get()
    assert AuditEntry.objects.get(action="rule.add").actor == "keeper"

    client.post(reverse("admin:strategy_automationrule_delete", args=[made.pk]), {"post": "yes"})
    assert AuditEntry.objects.filter(action="rule.remove").exists()


def test_pages_ask_as_often_with_many_miners_and_rules(house, operator):  # noqa: F811
    rule(house)
    operator.get(reverse("rules"))
    with CaptureQueriesContext(connection) as few:
        operator.get(reverse("rules"))
    for place in range(12):
        twin = house.fresh()
        twin.pk, twin.name, twin.mac, twin.port, twin.enrolled = None, f"Twin {place}", None, 2000 + place, False
        twin.save()
        rule(house, name=f"More {place}", low_p_per_kwh=Decimal(9 + place))
    with CaptureQueriesContext(connection) as many:
        operator.get(reverse("rules"))

    assert len(many) == len(few)


# --- where else a rule is named ------------------------------------------------------------------


def test_a_rule_that_decides_is_named_where_one_asks_why(house):
    settle(house, 8, 8, 8)
    rule(house)
    house.pass_minutes(2)
    miner = Miner.objects.with_latest().get(pk=house.miner.pk)
    (decided,) = [item for item in why_one(miner, house.now).asked if item.decided]

    assert (decided.name, decided.words) == ("rule", "Rule “Evening” keeps it off while the price is above 3 p/kWh.")
    told = [item.words for item in why_strategy(house.now).asked if item.name == "rules"]
    assert told == ["A rule makes a miner do less: Study (Evening)."]
    (does,) = preview_context(house.now)["preview"]["moments"][0].miners
    assert (does.words, does.note) == ("off", decided.words)


def test_without_a_rule_nothing_is_blamed_on_one(house):
    settle(house, 8, 8, 8)
    rule(house, low_p_per_kwh=Decimal(9))
    names = {item.name: item for item in why_strategy(house.now).asked}

    assert names["rules"].passed is True
