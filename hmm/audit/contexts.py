"""The activity stream as pages show it: one sentence a row, by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.utils.dateparse import parse_date

from hmm.audit.models import AuditEntry, AuditEntryQuerySet, Outcome
from hmm.audit.verbs import ICONS, TONES, VERBS, band_words, shown_change, verb_of
from hmm.audit.words import Change, change_words, changes_of
from hmm.clock import now as read_clock
from hmm.look.addresses import address

PAGE = 60
NARROWED = ("action", "actor", "outcome", "from", "to")
FILTERS = ("q", "sort", "entry", "target_id", *NARROWED)
COMMANDS = ("power", "mode", "pool", "tuning", "profile", "fan", "restart", "identify", "clear_overheat")
GONE_WRONG = (Outcome.REFUSED, Outcome.FAILED, Outcome.NOT_VERIFIED)
BY_THE_HOUSE = ("strategy", "rules", "device", "polling", "discovery", "system")
SORTS: tuple[tuple[str, str, Q], ...] = (
    ("", "Everything", Q()),
    ("problems", "Problems", Q(outcome__in=GONE_WRONG)),
    (
        "strategy",
        "Strategy",
        Q(action__startswith="strategy.") | Q(action__startswith="band.") | Q(action__startswith="rule."),
    ),
    ("commands", "Commands", Q(action__in=[f"miner.{kind}" for kind in COMMANDS]) | Q(action__startswith="plug.")),
    ("people", "People", ~Q(actor__in=BY_THE_HOUSE)),
    (
        "settings",
        "Settings",
        reduce(or_, (Q(action__startswith=f"{place}.") for place in ("account", "api_token", "tariff", "pool"))),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One act in the stream."""

    pk: int
    at: datetime
    icon: str
    verb: str
    label: str
    url: str
    actor: str
    reason: str
    old: str
    new: str
    changes: tuple[Change, ...]
    outcome: str
    tone: str
    error: str
    has_situation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One link of the filter row."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The rows of one local day."""

    day: date
    rows: list[Row]


def chosen(query: QueryDict) -> AuditEntryQuerySet:
    """Return the entries a filter asks for; what is no filter is ignored."""
    rows = AuditEntry.objects.all()
    if query.get("q"):
        rows = rows.search(str(query["q"])[:200])
    for name in ("action", "actor", "outcome", "target_type", "target_id"):
        if query.get(name):
            rows = rows.filter(**{name: query[name]})
    rows = rows.filter(next((rule for key, _label, rule in SORTS if key == query.get("sort")), Q()))
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = safe_date(query.get("from", "")), safe_date(query.get("to", ""))
    if first is not None:
        rows = rows.filter(created_at__gte=datetime.combine(first, time(), tzinfo=zone))
    if last is not None and last < date.max:
        rows = rows.filter(created_at__lt=datetime.combine(last + timedelta(days=1), time(), tzinfo=zone))
    if (entry := number(query.get("entry", ""))) is not None:
        rows = rows.filter(pk=entry)
    before = number(query.get("before", ""))
    return rows.before(before) if before is not None else rows


def number(text: str) -> int | None:
    """Return a row's number from an address, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def recent(prefixes: tuple[str, ...], limit: int) -> list[Row]:
    """Return the newest rows whose action begins with one of the prefixes."""
    either = Q()
    for prefix in prefixes:
        either |= Q(action__startswith=prefix)
    return [row_of(entry) for entry in AuditEntry.objects.filter(either).order_by("-created_at", "-pk")[:limit]]


def safe_date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def stream_context(query: QueryDict) -> dict[str, Any]:
    """Return a page of the stream, newest first; the number of queries does not grow with it."""
    found = list(chosen(query)[: PAGE + 1])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    older = query.copy()
    if more is not None:
        older["before"] = str(more)
    return {
        "days": by_day(found[:PAGE]),
        "older": older.urlencode() if more is not None else "",
        "query": query,
        "sorts": sorts_of(query),
        "narrowed": any(query.get(name) for name in NARROWED),
        "filtered": any(query.get(name) for name in FILTERS),
        "actions": [(action, verb) for action, verb in sorted(VERBS.items(), key=lambda item: item[1])],
        "outcomes": Outcome.choices,
        "actors": list(AuditEntry.objects.order_by("actor").values_list("actor", flat=True).distinct()[:100]),
    }


def sorts_of(query: QueryDict) -> list[Sort]:
    """Return the filter row; each link keeps what else is asked."""
    found = []
    for key, label, _rule in SORTS:
        link = query.copy()
        for name in ("sort", "before", "entry"):
            link.pop(name, None)
        if key:
            link["sort"] = key
        found.append(Sort(label=label, url=f"?{link.urlencode()}", current=query.get("sort", "") == key))
    return found


def by_day(entries: Iterable[AuditEntry]) -> list[Day]:
    zone = ZoneInfo(settings.TIME_ZONE)
    days: list[Day] = []
    for entry in entries:
        day = entry.created_at.astimezone(zone).date()
        if not days or days[-1].day != day:
            days.append(Day(day=day, rows=[]))
        days[-1].rows.append(row_of(entry))
    return days


def row_of(entry: AuditEntry) -> Row:
    old, new = change_words(entry.before, entry.after)
    return Row(
        pk=entry.pk,
        at=entry.created_at,
        icon=ICONS.get(entry.action) or ICONS.get(entry.action.partition(".")[0], "activity"),
        url=target_url(entry),
        verb=band_words(entry) if entry.action == "strategy.transition" else verb_of(entry.action),
        label=entry.target_label if not entry.action.startswith(("band.", "strategy.")) else "",
        actor=entry.actor,
        reason=entry.reason,
        old=old,
        new=new,
        changes=changes_of(*shown_change(entry)),
        outcome="Unfinished" if entry.is_unfinished(read_clock()) else entry.get_outcome_display(),
        tone=TONES.get(entry.outcome, ""),
        error=entry.error,
        has_situation=isinstance(entry.detail, dict) and bool(entry.detail.get("situation")),
    )


def target_url(entry: AuditEntry) -> str:
    """Return the page of what a row is about, empty where there is none (any more)."""
    if entry.target_type == "strategy.automationrule" and entry.target_id.isdigit():
        return address("rule", int(entry.target_id)) if entry.action != "rule.remove" else ""
    if entry.target_type != "miners.miner" or entry.action == "miner.remove" or not entry.target_id.isdigit():
        return ""
    return address("miner", int(entry.target_id))
