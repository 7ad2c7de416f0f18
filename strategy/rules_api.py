"""Automation rules over REST: read, add, change, remove, rehearse, and what they did."""

from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.pagination import paginate

from hmm.accounts.api import caller
from hmm.audit.api import EntryOut
from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from hmm.rest import Amount, Body, Pages, PlainText, RowId, refusal
from strategy.models import AutomationRule
from strategy.rule_forms import RuleForm
from strategy.rule_pages import Standing, rehearsal_of, standing_of, standings
from strategy.services.rules import remove_rule, save_rule
from strategy.triggers import DAYS

router = Router(tags=["rules"])
WEEKDAYS = tuple(day.lower() for day in DAYS)
SAME: tuple[str, ...] = (
    *("name", "enabled", "dry_run", "priority", "cooldown_minutes", "trigger", "low_p_per_kwh", "high_p_per_kwh"),
    *("starts", "ends", "minutes", "action", "mode", "scope", "family"),
)
FORM_NAMES = {"watched_pool": "watched_pool_id", "pool": "pool_id", "miners": "miner_ids", "__all__": "name"}


class RuleOut(Schema):
    """One automation rule and how it stands. Weekdays it begins on are `mon` to `sun`; none means all."""

    id: int
    name: str
    enabled: bool
    dry_run: bool
    priority: int
    cooldown_minutes: int
    trigger: str
    low_p_per_kwh: Amount | None
    high_p_per_kwh: Amount | None
    starts: str | None
    ends: str | None
    days: list[str]
    minutes: int | None
    watched_pool_id: int | None
    action: str
    mode: str
    pool_id: int | None
    scope: str
    family: str
    miner_ids: list[int]
    sentence: str
    state: str
    words: str
    since: datetime | None
    cooling_until: datetime | None
    conflicts: list[str]


class RuleIn(Body):
    """A rule as the form takes it; what its trigger, action and scope do not need stays empty."""

    name: PlainText
    trigger: PlainText
    action: PlainText
    scope: PlainText = "all"
    enabled: bool = True
    dry_run: bool = False
    priority: int = 10
    cooldown_minutes: int = 0
    low_p_per_kwh: Decimal | None = None
    high_p_per_kwh: Decimal | None = None
    starts: PlainText | None = None
    ends: PlainText | None = None
    days: list[PlainText] = []
    minutes: int | None = None
    watched_pool_id: RowId | None = None
    mode: PlainText = ""
    pool_id: RowId | None = None
    family: PlainText = ""
    miner_ids: list[RowId] = []


class RulePatch(Body):
    """What may be changed of a rule; absent fields stay."""

    name: PlainText | None = None
    trigger: PlainText | None = None
    action: PlainText | None = None
    scope: PlainText | None = None
    enabled: bool | None = None
    dry_run: bool | None = None
    priority: int | None = None
    cooldown_minutes: int | None = None
    low_p_per_kwh: Decimal | None = None
    high_p_per_kwh: Decimal | None = None
    starts: PlainText | None = None
    ends: PlainText | None = None
    days: list[PlainText] | None = None
    minutes: int | None = None
    watched_pool_id: RowId | None = None
    mode: PlainText | None = None
    pool_id: RowId | None = None
    family: PlainText | None = None
    miner_ids: list[RowId] | None = None


class EffectOut(Schema):
    """What a rule would do to one miner; `overruled` says why it would not."""

    miner_id: int | None
    name: str
    does: str
    overruled: str


class RehearsalOut(Schema):
    """What a rule would do if it began to hold now; nothing is sent. `holds` is null where that is unknown."""

    holds: bool | None
    effects: list[EffectOut]


def values_of(rule: AutomationRule) -> dict[str, Any]:
    """Return a stored rule as its fields are sent."""
    clock = {name: f"{at:%H:%M}" if (at := getattr(rule, name)) is not None else None for name in ("starts", "ends")}
    return {
        **{name: getattr(rule, name) for name in SAME},
        **clock,
        "days": [WEEKDAYS[day] for day in rule.days],
        "watched_pool_id": rule.watched_pool_id,
        "pool_id": rule.pool_id,
        "miner_ids": [miner.pk for miner in rule.miners.all()],
    }


def rule_json(standing: Standing) -> dict[str, Any]:
    return {
        **values_of(standing.rule),
        "id": standing.rule.pk,
        "sentence": standing.sentence,
        "state": standing.state,
        "words": standing.words,
        "since": standing.since,
        "cooling_until": standing.cooling_until,
        "conflicts": list(standing.conflicts),
    }


def one(pk: int) -> dict[str, Any]:
    return rule_json(standing_of(pk, read_clock()))


def posted(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent as the form reads it; a day that is none is named by the form."""
    numbers = {day: str(place) for place, day in enumerate(WEEKDAYS)}
    days = [numbers.get(day.strip().lower()[:3], day) for day in values["days"] or ()]
    texts = {name: "" if values[name] is None else values[name] for name in SAME}
    return {
        **texts,
        "days": days,
        "watched_pool": values["watched_pool_id"] if values["watched_pool_id"] is not None else "",
        "pool": values["pool_id"] if values["pool_id"] is not None else "",
        "miners": values["miner_ids"] or [],
    }


def store(rule: AutomationRule | None, values: dict[str, Any], actor: str, status: int) -> Any:
    """Check like the form and store, or name each field that is wrong."""
    form = RuleForm(posted(values), instance=rule)
    if not form.is_valid():
        fields = {FORM_NAMES.get(name, name): " ".join(map(str, words)) for name, words in form.errors.items()}
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Some fields are wrong.", fields)
    saved = save_rule(form.save(commit=False), form.cleaned_data["miners"], actor=actor, now=read_clock())
    return status, one(saved.pk)


@router.get("", response=list[RuleOut], summary="Every automation rule and how it stands")
def list_rules(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return [rule_json(standing) for standing in standings(read_clock())]


@router.post("", response={201: RuleOut}, summary="Add a rule")
def add_rule(request: HttpRequest, rule: RuleIn) -> Any:
    who = caller(request, "control")
    return store(None, rule.dict(), who.actor, HTTPStatus.CREATED)


@router.get("/{rule_id}", response=RuleOut, summary="One rule")
def get_rule(request: HttpRequest, rule_id: RowId) -> dict[str, Any]:
    caller(request)
    return one(get_object_or_404(AutomationRule, pk=rule_id).pk)


@router.patch("/{rule_id}", response=RuleOut, summary="Change a rule")
def patch_rule(request: HttpRequest, rule_id: RowId, changes: RulePatch) -> Any:
    who = caller(request, "control")
    rule = get_object_or_404(AutomationRule, pk=rule_id)
    return store(rule, values_of(rule) | changes.dict(exclude_unset=True), who.actor, HTTPStatus.OK)


@router.delete("/{rule_id}", response={204: None}, summary="Remove a rule; what it held goes back to the strategy")
def delete_rule(request: HttpRequest, rule_id: RowId) -> Any:
    who = caller(request, "control")
    remove_rule(get_object_or_404(AutomationRule, pk=rule_id), actor=who.actor, now=read_clock())
    return HTTPStatus.NO_CONTENT, None


@router.get("/{rule_id}/history", response=list[EntryOut], summary="What a rule did and who changed it, newest first")
@paginate(Pages)
def history(request: HttpRequest, rule_id: RowId) -> Any:
    caller(request)
    rule = get_object_or_404(AutomationRule, pk=rule_id)
    return AuditEntry.objects.about(rule).order_by("-created_at", "-pk")


@router.get("/{rule_id}/dry-run", response=RehearsalOut, summary="What a rule would do now; nothing is sent")
def dry_run(request: HttpRequest, rule_id: RowId) -> dict[str, Any]:
    caller(request)
    return rehearsal_of(get_object_or_404(AutomationRule, pk=rule_id).pk, read_clock())
