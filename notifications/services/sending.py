"""Send what is queued, one channel at a time and the oldest first. A row tells where each message stands."""

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from hmm.clock import now as read_clock
from hmm.secrets import SecretUnreadableError
from notifications.messages import message_of
from notifications.models import Channel, Delivery, DeliveryStatus, Severity
from notifications.rules import next_try
from notifications.services.incidents import close_incident, open_incident
from notifications.transports.base import (
    MessageRefusedError,
    PermanentError,
    Transport,
    TransportError,
    TryLaterError,
    UnansweredError,
)
from notifications.transports.registry import transport_for

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than any one exchange
SENT_AT_ONCE = 10
CRASHED = "The worker ended while it was being sent; it may have arrived."
OPEN = (DeliveryStatus.WAITING, DeliveryStatus.SENDING)


def channels_with_work(*, now: datetime) -> list[int]:
    """Return the channels that have a message due and may be used now."""
    free = Q(busy_until__isnull=True) | Q(busy_until__lte=now) | Q(busy_until__gt=now + 2 * LEASE)
    pausing = Q(wait_until__gt=now, wait_until__lte=now + timedelta(minutes=30))
    work = Delivery.objects.filter(status__in=OPEN, due_at__lte=now).values("channel")
    return list(Channel.objects.filter(free, pk__in=work, enabled=True).exclude(pausing).values_list("pk", flat=True))


def send_channel(pk: int, *, now: datetime) -> int:
    """Send what is due through one channel; return how many went. Only one worker has a channel at a time."""
    free = Q(busy_until__isnull=True) | Q(busy_until__lte=now) | Q(busy_until__gt=now + 2 * LEASE)
    if not Channel.objects.filter(free, pk=pk, enabled=True).update(busy_until=now + LEASE):
        return 0
    channel = None
    try:
        channel = Channel.objects.defer("sealed").get(pk=pk)  # opened below: it may not be readable
        transport = transport_for(channel.kind, channel.config)
        mark_crashed(channel, now=now)
        expire(channel, now=now)
        return send_due(channel, transport, now=now)
    except (SecretUnreadableError, KeyError) as error:
        if channel is not None:
            break_channel(channel, str(error), now=now)
        return 0
    finally:
        Channel.objects.filter(pk=pk, busy_until=now + LEASE).update(busy_until=None)


def mark_crashed(channel: Channel, *, now: datetime) -> None:
    """Say of what a dead worker left in the middle that it may have arrived; what is critical goes again."""
    left = Delivery.objects.filter(channel=channel, status=DeliveryStatus.SENDING)
    left.filter(severity=Severity.CRITICAL).update(status=DeliveryStatus.WAITING, due_at=now, error=CRASHED)
    left.exclude(severity=Severity.CRITICAL).update(status=DeliveryStatus.POSSIBLY, finished_at=now, error=CRASHED)


def expire(channel: Channel, *, now: datetime) -> None:
    """Drop what is too old to be news; the log keeps it."""
    old = Delivery.objects.filter(channel=channel, status=DeliveryStatus.WAITING, expires_at__lt=now)
    old.update(status=DeliveryStatus.EXPIRED, finished_at=now)


def send_due(channel: Channel, transport: Transport, *, now: datetime) -> int:
    """Send from the oldest on; stop at the first that has to wait, so that nothing overtakes."""
    if channel.broken_reason:
        return 0
    waiting = Delivery.objects.filter(channel=channel, status=DeliveryStatus.WAITING).order_by("pk")
    sent = 0
    began = read_clock()
    for delivery in list(waiting[:SENT_AT_ONCE]):
        is_late = read_clock() - began > LEASE / 2
        if delivery.due_at > now or is_late or not send_one(channel, delivery, transport, now=now):
            break
        sent += 1
    return sent


def send_one(channel: Channel, delivery: Delivery, transport: Transport, *, now: datetime) -> bool:
    """Send one message; return whether the next may follow."""
    rows = Delivery.objects.filter(pk=delivery.pk)
    if not rows.filter(status=DeliveryStatus.WAITING).update(
        status=DeliveryStatus.SENDING, attempts=delivery.attempts + 1
    ):
        return False
    delivery.attempts += 1
    try:
        identity = transport.send(message_of(delivery, again=delivery.error == CRASHED))
    except UnansweredError as error:
        return take_silence(delivery, error, now=now)
    except TryLaterError as error:
        return put_off(channel, delivery, error, now=now)
    except PermanentError as error:
        rows.update(status=DeliveryStatus.FAILED, finished_at=now, error=str(error)[:300])
        break_channel(channel, str(error), now=now)
        return False
    except MessageRefusedError as error:
        rows.update(status=DeliveryStatus.FAILED, finished_at=now, error=str(error)[:300])
        return True
    rows.update(status=DeliveryStatus.SENT, finished_at=now, provider_id=identity[:120], error="")
    Channel.objects.filter(pk=channel.pk).update(delivered_at=now, wait_until=None)
    return True


def take_silence(delivery: Delivery, error: TransportError, *, now: datetime) -> bool:
    """What is critical is sent again, marked as a repeat; anything else is possibly sent."""
    rows = Delivery.objects.filter(pk=delivery.pk)
    pause = next_try(delivery.attempts, None)
    if delivery.severity == Severity.CRITICAL and pause is not None:
        rows.update(status=DeliveryStatus.WAITING, due_at=now + pause, error=CRASHED)
        return False
    rows.update(status=DeliveryStatus.POSSIBLY, finished_at=now, error=str(error)[:300])
    return True


def put_off(channel: Channel, delivery: Delivery, error: TryLaterError, *, now: datetime) -> bool:
    """Wait as long as the service asks, else longer each time; the whole channel waits with it."""
    rows = Delivery.objects.filter(pk=delivery.pk)
    pause = next_try(delivery.attempts, error.after_s)
    if pause is None and delivery.severity != Severity.CRITICAL:
        rows.update(status=DeliveryStatus.FAILED, finished_at=now, error=str(error)[:300])
        return True
    due = now + (pause or timedelta(minutes=15))
    rows.update(status=DeliveryStatus.WAITING, due_at=due, error=str(error)[:300])
    if error.after_s is not None:
        rows.update(attempts=max(0, delivery.attempts - 1))  # a pause that was asked for is no failed try
    Channel.objects.filter(pk=channel.pk).update(wait_until=due)
    return False


def break_channel(channel: Channel, reason: str, *, now: datetime) -> None:
    """Use a channel no more until somebody mends it, and open an incident that other channels tell."""
    if Channel.objects.filter(pk=channel.pk, broken_reason="").update(broken_reason=reason[:300], broken_at=now):
        logger.warning("Channel %s does not work: %s", channel.name, reason)
    open_incident(
        kind="channel_broken",
        subject=f"channel:{channel.pk}",
        label=channel.name,
        severity=Severity.DANGER,
        title="cannot be used for messages",
        detail=reason,
        now=now,
    )


def mend_channel(channel: Channel, *, now: datetime) -> None:
    """Use a channel again."""
    Channel.objects.filter(pk=channel.pk).update(broken_reason="", broken_at=None, wait_until=None)
    close_incident(kind="channel_broken", subject=f"channel:{channel.pk}", now=now)
