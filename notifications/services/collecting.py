"""Turn what other apps wrote into notices: incidents, rows of the activity, and what happened once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hmm.audit.models import AuditEntry
from notifications.events import BY_ACTION, EVENTS, event_of_kind
from notifications.markup import cut, printable
from notifications.models import Incident, Notice, Phase
from notifications.rules import reminders_passed

LOOK_BACK = timedelta(minutes=10)
SKIPPED = {"started", "refused", "failed"}


def tell(
    event: str,
    *,
    key: str,
    subject: str,
    label: str,
    title: str,
    now: datetime,
    detail: str = "",
    severity: str = "",
) -> bool:
    """Note something that happened once; `key` keeps it from being told twice. Return whether it is new."""
    kind = EVENTS[event]
    _notice, is_new = Notice.objects.get_or_create(
        source=f"{event}:{key}"[:120],
        defaults={
            "event": event,
            "phase": Phase.ONCE,
            "subject": subject[:120],
            "label": cut(printable(label), 200),
            "severity": severity or kind.severity,
            "title": cut(printable(title), 200),
            "detail": printable(detail),
            "occurred_at": now,
        },
    )
    return is_new


def collect(*, now: datetime) -> int:
    """Write the notices of what is new; safe to run twice, a source becomes one notice."""
    rows = [*of_incidents(now), *of_reminders(now), *of_activity(now)]
    known = set(Notice.objects.filter(source__in=[row.source for row in rows]).values_list("source", flat=True))
    fresh = [row for row in rows if row.source not in known]
    Notice.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=200)
    return len(fresh)


def of_incidents(now: datetime) -> list[Notice]:
    """Return the openings and closes of late; a rise in severity is told as an opening of its own."""
    recent = Incident.objects.filter(closed_at__gt=now - LOOK_BACK)
    notices = []
    for incident in (Incident.objects.open() | recent).order_by("opened_at", "pk"):
        opened = notice_of(incident, Phase.OPENED, f"incident:{incident.pk}:{incident.severity}", incident.opened_at)
        notices.append(opened)
        if incident.closed_at is not None:
            closed = notice_of(incident, Phase.CLOSED, f"incident:{incident.pk}:closed", incident.closed_at)
            closed.lasted_s = max(0, round(incident.age_s(now)))
            notices.append(closed)
    return notices


def notice_of(incident: Incident, phase: Phase, source: str, at: datetime) -> Notice:
    return Notice(
        source=source,
        event=event_of_kind(incident.kind).key,
        phase=phase,
        subject=incident.subject,
        label=incident.label,
        severity=incident.severity,
        title=incident.title,
        detail=incident.detail,
        causes=incident.causes,
        incident=incident,
        occurred_at=at,
    )


def of_reminders(now: datetime) -> list[Notice]:
    """Return a reminder of each incident that has lasted long, unless a person has seen or snoozed it."""
    notices = []
    for incident in Incident.objects.open().filter(acknowledged_at__isnull=True).exclude(severity="info"):
        passed = reminders_passed(incident.opened_at, event_of_kind(incident.kind).reminders, now=now)
        snoozed = incident.snoozed_until is not None and now < incident.snoozed_until
        if snoozed or passed <= incident.reminders:
            continue
        source = f"incident:{incident.pk}:reminder:{passed - 1}"
        Incident.objects.filter(pk=incident.pk, reminders=incident.reminders).update(reminders=passed)
        reminder = notice_of(incident, Phase.REMINDER, source, now)
        reminder.lasted_s = max(0, round(incident.age_s(now)))
        notices.append(reminder)
    return notices


def of_activity(now: datetime) -> list[Notice]:
    """Return what the activity of the last minutes tells of."""
    rows = AuditEntry.objects.filter(action__in=list(BY_ACTION), created_at__gt=now - LOOK_BACK)
    return [from_entry(row) for row in rows.exclude(outcome__in=SKIPPED).order_by("pk")]


def from_entry(row: AuditEntry) -> Notice:
    event = BY_ACTION[row.action]
    subject = f"miner:{row.target_id}" if row.target_type == "miners.miner" else row.target_type or event.key
    return Notice(
        source=f"activity:{row.pk}",
        event=event.key,
        phase=Phase.ONCE,
        subject=subject[:120],
        label=row.target_label or event.label,
        severity=event.severity,
        title=cut(printable(title_of(row)), 200),
        detail=printable(row.reason),
        occurred_at=row.created_at,
    )


def title_of(row: AuditEntry) -> str:
    """Say in a few words what a row of the activity did."""
    after = row.after if isinstance(row.after, dict) else {}
    match row.action:
        case "strategy.transition":
            band = after.get("band")
            return f"band {band}, {after.get('target')}" if band else f"no band, {after.get('target')}"
        case "strategy.override":
            words = {"auto": "back to prices", "on": "forced on", "off": "forced off"}
            return f"{words.get(str(after.get('kind')), 'changed')} by {row.actor}"
        case "champion.selected":
            return "is champion now"
        case "champion.promoted":
            return "took over as champion"
        case "miner.drift":
            return "changed " + ", ".join(names_of(after))
    return row.action.replace(".", " ").replace("_", " ")


def names_of(after: dict[str, object]) -> Sequence[str]:
    return [f"{name} to {value}" for name, value in list(after.items())[:4]]
