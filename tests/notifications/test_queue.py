"""From an incident to a message that arrived, through the database."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hmm.audit.services import record
from notifications.models import Channel, Delivery, DeliveryStatus, EventChoice, Incident, Notice, Severity
from notifications.services import close_incident, open_incident
from notifications.services.channels import set_maintenance
from notifications.services.collecting import collect, tell
from notifications.services.incidents import acknowledge, snooze
from notifications.services.routing import route
from notifications.services.sending import channels_with_work, send_channel
from tests.notifications.conftest import NOW, discord_channel, telegram_channel

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=1)


def opened(number=1, *, now=NOW, kind="miner_rejects", severity=Severity.WARNING, **changes):
    values = {"subject": f"miner:{number}", "label": f"Miner {number}", "title": "rejects 9 %"}
    open_incident(kind=kind, severity=severity, now=now, **{**values, **changes})


def work(now):
    """Do what the tasks do, until nothing more is due."""
    collect(now=now)
    route(now=now)
    for _turn in range(40):
        if not sum(send_channel(pk, now=now) for pk in channels_with_work(now=now)):
            return


def texts(telegram):
    return [sent["text"] for sent in telegram.messages]


def test_an_incident_is_told_once_and_its_end_with_how_long_it_was(telegram):
    telegram_channel()
    opened()
    work(NOW)
    work(NOW + LATER)
    close_incident(kind="miner_rejects", subject="miner:1", now=NOW + timedelta(minutes=9))
    work(NOW + timedelta(minutes=9))

    assert texts(telegram) == [
        "⚠️ <b>Miner 1</b> rejects 9 %",
        "✅ <b>Miner 1</b> is no longer: rejects 9 %\nOver after 9 min.",
    ]


def test_five_miners_that_go_together_are_one_message_with_their_cause(telegram):
    telegram_channel()
    for number in range(5):
        opened(number, kind="miner_unreachable", causes=["network:192.168.1"])
    work(NOW)
    assert not telegram.messages

    work(NOW + LATER)

    assert len(telegram.messages) == 1
    assert "all in the network 192.168.1" in texts(telegram)[0]


def test_a_miner_that_is_back_at_once_is_not_told(telegram):
    telegram_channel()
    opened(kind="miner_unreachable")
    work(NOW)
    close_incident(kind="miner_unreachable", subject="miner:1", now=NOW + timedelta(seconds=20))

    work(NOW + LATER)

    assert not telegram.messages


def test_a_channel_gets_what_it_chose_only(telegram, discord):
    telegram_channel(minimum_severity=Severity.CRITICAL)
    discord_channel(events=["high_rejects"], subjects=["miner:2"])
    opened(1)
    opened(2)
    opened(3, kind="miner_overheated", severity=Severity.CRITICAL, title="overheated")

    work(NOW)

    assert texts(telegram) == ["🔴 <b>Miner 3</b> overheated"]
    assert [sent["embeds"][0]["title"] for sent in discord.messages] == ["Miner 2: rejects 9 %"]


def test_quiet_hours_let_the_critical_pass(telegram):
    clock = timezone.localtime(NOW)
    hours = {"quiet_from": (clock - timedelta(hours=1)).time(), "quiet_until": (clock + timedelta(hours=1)).time()}
    telegram_channel(**hours)
    opened(1)
    opened(2, kind="miner_overheated", severity=Severity.CRITICAL, title="overheated")

    work(NOW)

    assert texts(telegram) == ["🔴 <b>Miner 2</b> overheated"]
    assert Delivery.objects.filter(status=DeliveryStatus.QUIET).count() == 1


def test_maintenance_and_a_switched_off_event_are_quiet(telegram):
    telegram_channel()
    set_maintenance(60, actor="ann", now=NOW)
    opened(1)
    EventChoice.objects.create(event="low_hashrate", enabled=False)
    opened(2, kind="miner_stalled")

    work(NOW)

    assert not telegram.messages
    assert Notice.objects.get(subject="miner:1").outcome == "not told: maintenance"


def test_an_incident_is_reminded_of_unless_a_person_has_seen_it(telegram):
    telegram_channel()
    opened(1)
    opened(2)
    opened(3)
    work(NOW)
    assert acknowledge(Incident.objects.get(subject="miner:2"), actor="ann", now=NOW)
    assert not acknowledge(Incident.objects.get(subject="miner:2"), actor="ann", now=NOW)
    assert snooze(Incident.objects.get(subject="miner:3"), actor="ann", now=NOW, minutes=120)

    work(NOW + timedelta(hours=1))

    assert texts(telegram)[3:] == ["⚠️ <b>Miner 1</b> rejects 9 %\nStill so, for 60 min."]


def test_of_reminders_that_were_missed_only_the_last_is_sent(telegram):
    telegram_channel()
    opened(kind="home_assistant_down")
    work(NOW)

    for minutes in (20, 21, 22):
        work(NOW + timedelta(minutes=minutes))

    assert len(texts(telegram)) == 2
    assert texts(telegram)[1].endswith("Still so, for 20 min.")


def test_one_that_grows_worse_is_told_again(telegram):
    telegram_channel()
    opened()
    work(NOW)
    opened(severity=Severity.CRITICAL, title="rejects 99 %")

    work(NOW + LATER)

    assert texts(telegram)[1] == "🔴 <b>Miner 1</b> rejects 99 %"


def test_a_pause_the_service_asks_for_is_kept_and_the_order_too(telegram):
    telegram_channel()
    telegram.fault = "limit"
    opened(1)
    work(NOW)
    opened(2)
    work(NOW + timedelta(seconds=3))
    telegram.fault = "none"

    work(NOW + timedelta(seconds=6))
    assert not telegram.messages
    assert len(telegram.requests) == 1

    work(NOW + timedelta(seconds=8))
    assert [text[-21:-12] for text in texts(telegram)] == ["Miner 1</", "Miner 2</"] or len(texts(telegram)) == 2


def test_a_channel_that_is_refused_for_good_is_told_through_another(telegram, discord):
    broken = telegram_channel()
    discord_channel()
    telegram.fault = "blocked"
    opened()
    work(NOW)
    work(NOW + LATER)

    broken.refresh_from_db()
    assert "403" in broken.broken_reason
    assert discord.messages[-1]["embeds"][0]["title"] == "Family: cannot be used for messages"
    assert len(telegram.requests) == 1


def test_an_old_alert_expires_and_is_kept_in_the_log(telegram):
    telegram_channel()
    telegram.set_fault("vanish")
    opened()
    work(NOW)
    telegram.set_fault("none")

    work(NOW + timedelta(hours=2))

    assert not [text for text in texts(telegram) if "Still" not in text]
    assert Delivery.objects.order_by("pk").first().status == DeliveryStatus.EXPIRED


def test_what_a_dead_worker_left_is_possibly_sent_and_the_critical_goes_again(telegram):
    channel = telegram_channel()
    opened(1)
    opened(2, kind="miner_overheated", severity=Severity.CRITICAL, title="overheated")
    collect(now=NOW)
    route(now=NOW)
    Delivery.objects.update(status=DeliveryStatus.SENDING)  # as kill -9 in the middle leaves them
    Channel.objects.update(busy_until=NOW + timedelta(seconds=60))

    assert send_channel(channel.pk, now=NOW + timedelta(seconds=30)) == 0
    work(NOW + timedelta(seconds=61))

    assert Delivery.objects.get(severity="warning").status == DeliveryStatus.POSSIBLY
    assert texts(telegram) == ["🔴 <b>Miner 2</b> overheated\n<i>This may be a repeat.</i>"]


def test_queued_and_not_begun_is_delivered_once(telegram):
    channel = telegram_channel()
    opened()
    collect(now=NOW)
    route(now=NOW)  # and here the process is killed

    assert send_channel(channel.pk, now=NOW + LATER) == 1
    assert send_channel(channel.pk, now=NOW + LATER) == 0
    assert len(telegram.messages) == 1


def test_silence_after_sending_is_marked(telegram):
    telegram_channel()
    telegram.fault = "truncate"
    opened()

    work(NOW)

    assert Delivery.objects.get().status == DeliveryStatus.POSSIBLY
    assert len(telegram.messages) == 1


def test_a_thousand_events_are_a_few_messages_and_nothing_critical_is_lost(telegram):
    telegram_channel()
    rows = []
    for number in range(1000):
        is_hot = number % 50 == 0
        kind, severity = ("miner_overheated", "critical") if is_hot else ("miner_rejects", "warning")
        words = {"label": f"Miner {number:04d}", "title": "x", "detail": "", "opened_at": NOW}
        rows.append(Incident(kind=kind, subject=f"miner:{number}", severity=severity, **words))
    Incident.objects.bulk_create(rows)

    work(NOW)

    assert len(telegram.messages) <= 5
    everything = " ".join(texts(telegram))
    assert all(f"Miner {number:04d}" in everything for number in range(0, 1000, 50))


def test_what_the_activity_tells_is_told_once(telegram):
    telegram_channel()
    record(actor="ann", action="strategy.override", after={"kind": "off"}, at=NOW, reason="holiday")
    record(actor="x", action="strategy.transition", after={"band": 2, "target": "BTC"}, reason="cheaper", at=NOW)
    work(NOW)
    work(NOW + LATER)

    assert texts(telegram) == [
        "ℹ️ <b>Override</b> forced off by ann\nholiday",
        "ℹ️ <b>Band changed</b> band 2, BTC\ncheaper",
    ]


def test_what_happened_once_is_noted_once():
    words = {"subject": "prices", "label": "Prices", "title": "fall below 5 p", "now": NOW}

    assert tell("price_below", key="a", **words)
    assert not tell("price_below", key="a", **words)


def test_own_words_are_used(telegram):
    telegram_channel()
    EventChoice.objects.create(event="high_rejects", template="Look at `{label}`: _{severity}_")
    opened()

    work(NOW)

    assert texts(telegram) == ["⚠️ Look at <code>Miner 1</code>: <i>warning</i>"]
