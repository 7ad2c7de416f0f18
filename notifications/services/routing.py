"""Judge the notices that wait and queue a message for each channel that wants them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import rules
from notifications.events import event_of_kind
from notifications.messages import message_json, words_of
from notifications.models import Channel, Delivery, DeliveryStatus, EventChoice, House, Incident, Notice, Phase

JUDGED_AT_ONCE = 2000  # without those that wait: they hold nobody up
TOLD, IN_PART = "told", "told where its cause is not"
REMEMBERED = timedelta(minutes=30)
CAUSING = {"pool.down": "pool"}  # the incident, and the word others name it by
LOST = (DeliveryStatus.QUIET, DeliveryStatus.EXPIRED, DeliveryStatus.FAILED)


def house() -> House:
    """Return the one row of what concerns all channels, made when it is missing."""
    return House.objects.get_or_create(pk=1)[0]


def route(*, now: datetime) -> int:
    """Judge what waits and queue it; return how many messages were queued. One transaction: all or nothing."""
    if not Notice.objects.filter(judged_at__isnull=True).exists():
        return 0
    with transaction.atomic():
        causes = open_causes()
        by_id, news = unjudged(rules.Memory(open_causes=frozenset(causes), off=switched_off()), now)
        judged = rules.judge(news, memory_of(news, frozenset(causes), now), now=now)
        for pk, why in judged.dropped.items():
            close(by_id[pk], f"not told: {why}", now)
        # The one that judges is the one whose UPDATE finds them unjudged.
        mine, partly = [item.id for item in judged.tell], [item.id for item in judged.covered]
        rows = Notice.objects.filter(judged_at__isnull=True)
        if rows.filter(pk__in=mine).update(judged_at=now, outcome=TOLD) != len(mine) or rows.filter(
            pk__in=partly, outcome=""
        ).update(outcome=IN_PART) != len(partly):
            transaction.set_rollback(True)
            return 0
        return sum(
            queue(channel, judged, causes, by_id, now)
            for channel in Channel.objects.filter(enabled=True).defer("sealed")
        )


def unjudged(memory: rules.Memory, now: datetime) -> tuple[dict[int, Notice], list[rules.Told]]:
    """Return the oldest notices that wait, so many that there is enough to judge beside those that are held."""
    by_id, news, left = {}, [], JUDGED_AT_ONCE
    waiting = Notice.objects.filter(judged_at__isnull=True).select_related("incident").order_by("pk")
    for notice in waiting.iterator():
        item = told_of(notice)
        by_id[notice.pk] = notice
        news.append(item)
        left -= not rules.is_held(item, memory, now=now)
        if not left:
            break
    return by_id, news


def close(notice: Notice, outcome: str, now: datetime) -> None:
    kept = IN_PART if notice.outcome == IN_PART else outcome[:120]
    Notice.objects.filter(pk=notice.pk, judged_at__isnull=True).update(judged_at=now, outcome=kept)


def told_of(notice: Notice) -> rules.Told:
    return rules.Told(
        id=notice.pk,
        event=notice.event,
        phase=notice.phase,
        subject=notice.subject,
        label=notice.label,
        severity=notice.severity,
        title=notice.title,
        occurred_at=notice.occurred_at,
        incident=notice.incident_id,
        causes=tuple(str(cause) for cause in notice.causes),
        told_in_part=notice.outcome == IN_PART,
        over=notice.incident is not None and notice.incident.closed_at is not None,
    )


def memory_of(news: Sequence[rules.Told], causes: frozenset[str], now: datetime) -> rules.Memory:
    """Gather what the rules have to know of what was told before."""
    before = Notice.objects.filter(outcome__in=(TOLD, IN_PART))
    last = {
        (event, subject, severity): at
        for event, subject, severity, at in before.filter(
            phase__in=(Phase.OPENED, Phase.ONCE), judged_at__gt=now - REMEMBERED
        )
        .order_by("occurred_at")
        .values_list("event", "subject", "severity", "occurred_at")
    }
    incidents = [item.incident for item in news if item.incident is not None]
    told = before.filter(phase=Phase.OPENED, incident__in=incidents).values_list("incident", flat=True)
    return rules.Memory(
        last_told=last,
        told_incidents=frozenset(told),
        open_causes=causes,
        off=switched_off(),
        maintenance_until=house().maintenance_until,
    )


def switched_off() -> frozenset[str]:
    return frozenset(EventChoice.objects.filter(enabled=False).values_list("event", flat=True))


def open_causes() -> dict[str, int]:
    """Return what is down by itself and takes others with it, as their incidents name it, with its own incident."""
    told = [kind for kind in CAUSING if event_of_kind(kind).key not in switched_off()]
    down = Incident.objects.open().filter(kind__in=told)
    return {f"{CAUSING[kind]}:{label}": pk for kind, label, pk in down.values_list("kind", "label", "pk")}


def queue(
    channel: Channel, judged: rules.Judgement, causes: Mapping[str, int], notices: dict[int, Notice], now: datetime
) -> int:
    """Queue what one channel wants; a close or a reminder only where its beginning went.

    What is covered by its cause goes to a channel that is not told of the cause, and then not a second time.
    """
    items, covered = [*judged.tell, *judged.covered], {item.id for item in judged.covered}
    incidents = {item.incident for item in items if item.incident is not None}
    before = Delivery.objects.filter(channel=channel, notices__incident__in=incidents.union(causes.values()))
    queued = set(before.values_list("notices", flat=True))
    began = set(before.exclude(status__in=LOST).values_list("notices__incident", flat=True))
    for item in judged.tell:
        if item.phase == rules.OPENED and item.incident is not None and wants(channel, item):
            began.add(item.incident)

    def wanted(item: rules.Told) -> bool:
        if item.id in queued or (item.phase in {rules.CLOSED, rules.REMINDER} and item.incident not in began):
            return False
        if item.id in covered and began.intersection(causes[cause] for cause in item.causes if cause in causes):
            return False
        return wants(channel, item)

    bundles = rules.merge_by(sorted(items, key=lambda item: (item.occurred_at, item.id)), wanted)
    for one in bundles:
        write_delivery(channel, one, [notices[item.id] for item in one.items], now)
    return len(bundles)


def wants(channel: Channel, item: rules.Told) -> bool:
    return channel.wants(item.event, item.severity, item.subject)


def write_delivery(channel: Channel, one: rules.Bundle, members: list[Notice], now: datetime) -> Delivery:
    severity = rules.worst(one.items)
    is_quiet = severity != "critical" and channel.is_quiet(timezone.localtime(now))
    life = rules.EXPIRES_CRITICAL if severity == "critical" else rules.EXPIRES
    first = members[0]
    title, spans = words_of(members, one.cause, severity)
    occurred = max(notice.occurred_at for notice in members)
    is_still_so = any(item.phase == rules.OPENED and not item.over for item in one.items)
    delivery = Delivery.objects.create(
        channel=channel,
        incident_id=first.incident_id if len(members) == 1 else None,
        event=first.event,
        severity=severity,
        title=title[:300],
        message=message_json(members, spans, settings.HMM_PUBLIC_URL),
        status=DeliveryStatus.QUIET if is_quiet else DeliveryStatus.WAITING,
        created_at=now,
        due_at=now,
        expires_at=(now if is_still_so else occurred) + life,
        finished_at=now if is_quiet else None,
    )
    delivery.notices.set(members)
    return delivery
