"""Judge the notices that wait and queue a message for each channel that wants them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import rules
from notifications.messages import message_json, words_of
from notifications.models import Channel, Delivery, DeliveryStatus, EventChoice, House, Incident, Notice, Phase

JUDGED_AT_ONCE = 2000
REMEMBERED = timedelta(minutes=30)
CAUSING = {"pool.down": "pool"}  # the incident, and the word others name it by


def house() -> House:
    """Return the one row of what concerns all channels, made when it is missing."""
    return House.objects.get_or_create(pk=1)[0]


def route(*, now: datetime) -> int:
    """Judge what waits and queue it; return how many messages were queued. One transaction: all or nothing."""
    with transaction.atomic():
        waiting = list(
            Notice.objects.filter(judged_at__isnull=True).select_related("incident").order_by("pk")[:JUDGED_AT_ONCE]
        )
        if not waiting:
            return 0
        news = [told_of(notice) for notice in waiting]
        judged = rules.judge(news, memory_of(news, now), now=now)
        by_id = {notice.pk: notice for notice in waiting}
        for pk, why in judged.dropped.items():
            close(by_id[pk], f"not told: {why}", now)
        done = set(judged.held) | set(judged.dropped)
        mine = [pk for pk in by_id if pk not in done]
        # The one that judges is the one whose UPDATE finds them unjudged.
        if Notice.objects.filter(pk__in=mine, judged_at__isnull=True).update(judged_at=now, outcome="told") != len(
            mine
        ):
            transaction.set_rollback(True)
            return 0
        return sum(
            queue(channel, judged.tell, by_id, now)
            for channel in Channel.objects.filter(enabled=True).defer("sealed")
        )


def close(notice: Notice, outcome: str, now: datetime) -> None:
    Notice.objects.filter(pk=notice.pk, judged_at__isnull=True).update(judged_at=now, outcome=outcome[:120])


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
        over=notice.incident is not None and notice.incident.closed_at is not None,
    )


def memory_of(news: Sequence[rules.Told], now: datetime) -> rules.Memory:
    """Gather what the rules have to know of what was told before."""
    before = Notice.objects.filter(outcome="told")
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
    off = frozenset(EventChoice.objects.filter(enabled=False).values_list("event", flat=True))
    return rules.Memory(
        last_told=last,
        told_incidents=frozenset(told),
        open_causes=open_causes() if "pool_down" not in off else frozenset(),
        off=off,
        maintenance_until=house().maintenance_until,
    )


def open_causes() -> frozenset[str]:
    """Return what is down by itself and takes others with it, as their incidents name it."""
    down = Incident.objects.open().filter(kind__in=CAUSING)
    return frozenset(f"{CAUSING[kind]}:{label}" for kind, label in down.values_list("kind", "label"))


def queue(channel: Channel, items: Sequence[rules.Told], notices: dict[int, Notice], now: datetime) -> int:
    """Queue what one channel wants; a close or a reminder only where its beginning went."""
    began = set(
        Delivery.objects.filter(channel=channel, notices__incident__in=[item.incident for item in items])
        .exclude(status__in=(DeliveryStatus.QUIET, DeliveryStatus.EXPIRED, DeliveryStatus.FAILED))
        .values_list("notices__incident", flat=True)
    )
    began |= {item.incident for item in items if item.phase == rules.OPENED and item.incident is not None}

    def wanted(item: rules.Told) -> bool:
        if item.phase in {rules.CLOSED, rules.REMINDER} and item.incident not in began:
            return False
        return channel.wants(item.event, item.severity, item.subject)

    bundles = rules.merge_by(items, wanted)
    for one in bundles:
        write_delivery(channel, one, [notices[item.id] for item in one.items], now)
    return len(bundles)


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
