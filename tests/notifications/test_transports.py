"""One contract for every way to send, against servers that speak the real protocols."""

import json
import re
from email import message_from_bytes, policy
from html import unescape

import pytest

from notifications.markup import printable, spans_of
from notifications.transports.base import Listens, Message, PermanentError, TryLaterError, UnansweredError
from notifications.transports.discord.simulator import WEBHOOK_URL
from notifications.transports.discord.wire import webhook_of
from notifications.transports.ntfy.simulator import NtfySimulator
from notifications.transports.registry import TRANSPORTS, transport_for
from notifications.transports.telegram import wire as telegram_wire
from notifications.transports.telegram.simulator import CHAT, TOKEN
from notifications.transports.webhook.simulator import WebhookSimulator
from tests.captures import captures
from tests.notifications.conftest import HOSTILE, NOW


def message(label="Shed", **changes):
    spans = tuple(spans_of("**{label}** {title}", {"label": label, "title": "unreachable"}))
    values = {"key": "hmm-1", "event": "miner_offline", "severity": "warning", "occurred_at": NOW}
    return Message(**{**values, "title": f"{label[:80]}: unreachable", "spans": spans, **changes})


def telegram_transport(**changes):
    return transport_for("telegram", {"token": TOKEN, "chat": CHAT, **changes})


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_arrive_everywhere(label, telegram, discord, hook, mail):
    told = message(label)

    telegram_transport().send(told)
    transport_for("discord", {"url": WEBHOOK_URL}).send(told)
    transport_for("webhook", {"url": hook.url}).send(told)
    with NtfySimulator() as ntfy:
        transport_for("ntfy", {"url": ntfy.url, "topic": "hmm"}).send(told)
    mail_config = {"host": mail.address, "security": "none", "sender": "a@example.org", "receiver": "b@example.org"}
    transport_for("email", mail_config).send(told)

    plain = message_from_bytes(mail.mails[0], policy=policy.default).get_body(("plain",)).get_content()
    texts = [
        unescape(re.sub(r"</?b>", "", telegram.messages[0]["text"])),
        re.sub(r"\\([^\w\s]|_)", r"\1", discord.messages[0]["embeds"][0]["description"]),
        hook.messages[0]["message"],
        ntfy.messages[0]["message"],
        plain,
    ]
    seen = printable(label)[:200]
    assert len(TRANSPORTS) == len(texts)
    assert [text for text in texts if seen not in text.replace("**", "")] == []


def test_a_name_cannot_become_markup(telegram, discord):
    told = message("<b>&_*")

    telegram_transport().send(told)
    transport_for("discord", {"url": WEBHOOK_URL}).send(told)

    assert telegram.messages[0]["text"] == "⚠️ <b>&lt;b&gt;&amp;_*</b> unreachable"
    assert discord.messages[0]["embeds"][0]["description"] == r"**\<b\>&\_\*** unreachable"
    assert discord.messages[0]["allowed_mentions"] == {"parse": []}


def test_the_colour_of_an_embed_tells_how_bad_it_is(discord):
    for severity in ("info", "warning", "danger", "critical"):
        transport_for("discord", {"url": WEBHOOK_URL}).send(message(severity=severity))
    transport_for("discord", {"url": WEBHOOK_URL}).send(message(is_close=True))

    colours = [sent["embeds"][0]["color"] for sent in discord.messages]
    assert colours == [0x3498DB, 0xF1C40F, 0xE67E22, 0xE74C3C, 0x2ECC71]


def test_an_open_incident_has_buttons_in_telegram_and_a_closed_one_has_none(telegram):
    telegram_transport().send(message(incident_id=412, link="https://hmm.example.org/"))
    telegram_transport().send(message(incident_id=412, is_close=True))

    row = telegram.messages[0]["reply_markup"]["inline_keyboard"][0]
    assert [button["text"] for button in row] == ["Acknowledge", "Snooze 1 h", "Open"]
    assert "reply_markup" not in telegram.messages[1]


@pytest.mark.parametrize(
    ("fault", "expected"), [("limit", TryLaterError), ("blocked", PermanentError), ("refuse", TryLaterError)]
)
def test_telegram_tells_what_a_refusal_means(telegram, fault, expected):
    telegram.fault = fault

    with pytest.raises(expected) as caught:
        telegram_transport().send(message())

    assert TOKEN not in str(caught.value)
    if fault == "limit":
        assert caught.value.after_s == 7


def test_a_dead_service_is_tried_later_and_a_broken_answer_may_have_arrived(telegram):
    telegram.fault = "truncate"
    with pytest.raises(UnansweredError):
        telegram_transport().send(message())

    telegram.set_fault("vanish")
    with pytest.raises(TryLaterError):
        telegram_transport().send(message())


def test_discord_asks_for_a_pause_and_tells_that_a_webhook_was_deleted(discord):
    discord.fault = "limit"
    with pytest.raises(TryLaterError) as caught:
        transport_for("discord", {"url": WEBHOOK_URL}).send(message())
    assert caught.value.after_s == 2.5

    discord.fault = "deleted"
    with pytest.raises(PermanentError, match="deleted"):
        transport_for("discord", {"url": WEBHOOK_URL}).send(message())


@pytest.mark.parametrize(
    "url",
    [
        WEBHOOK_URL.replace("https", "http"),
        WEBHOOK_URL.replace("discord.com", "discord.com.example.org"),
        WEBHOOK_URL.replace("discord.com", "example.org@discord.com"),
        "http://127.0.0.1/api/webhooks/1/2",
        WEBHOOK_URL + "/../..",
    ],
)
def test_only_addresses_of_discord_are_taken(url):
    assert webhook_of(url) is None
    assert TRANSPORTS["discord"].check({"url": url})


def test_a_webhook_is_signed():
    with WebhookSimulator(secret="shared") as server:
        transport_for("webhook", {"url": server.url, "secret": "shared"}).send(message())
        with pytest.raises(PermanentError, match="401"):
            transport_for("webhook", {"url": server.url, "secret": "other"}).send(message())

    assert server.messages[0]["dedup_key"] == "hmm-1"


def test_a_webhook_cannot_reach_this_computer_unless_it_is_meant(hook, settings):
    settings.HMM_DEVICE_NETWORKS = []

    with pytest.raises(PermanentError, match="HMM_DEVICE_NETWORKS"):
        transport_for("webhook", {"url": hook.url}).send(message())

    assert not hook.messages


def test_ntfy_gets_a_priority_and_a_short_text():
    with NtfySimulator(token="tk_secret") as server:
        config = {"url": server.url, "topic": "hmm", "token": "tk_secret"}
        assert transport_for("ntfy", config).send(message("界" * 3000, severity="critical")) == "m1"
        with pytest.raises(PermanentError, match="403"):
            transport_for("ntfy", {**config, "token": ""}).send(message())

    assert server.messages[0]["priority"] == 5
    assert len(server.messages[0]["message"].encode()) <= 4096


def test_a_mail_has_a_plain_and_an_html_part_and_no_header_of_a_name(mail):
    config = {"host": mail.address, "security": "none", "sender": "a@example.org", "receiver": "b@example.org"}

    transport_for("email", config).send(message("Shed\r\nBcc: x@example.org", title="Shed\r\nBcc: x@example.org"))

    sent = message_from_bytes(mail.mails[0], policy=policy.default)
    assert sent["Bcc"] is None
    assert [part.get_content_type() for part in sent.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("fault", "expected"), [("login", PermanentError), ("refuse", PermanentError), ("busy", TryLaterError)]
)
def test_a_mail_server_tells_what_it_refuses(mail, fault, expected):
    mail.fault = fault
    config = {"host": mail.address, "security": "none", "sender": "a@example.org", "receiver": "b@example.org"}

    with pytest.raises(expected):
        transport_for("email", {**config, "user": "me", "password": "p"}).send(message())


def test_a_mail_server_that_goes_quiet_after_the_text_may_have_taken_it(mail):
    mail.fault = "vanish"
    config = {"host": mail.address, "security": "none", "sender": "a@example.org", "receiver": "b@example.org"}

    with pytest.raises(UnansweredError):
        transport_for("email", config).send(message())


def test_a_press_is_read_and_only_listed_persons_may_act(telegram):
    transport = telegram_transport(people="5, 7")
    telegram.press("ack:1", user=7)
    telegram.press("ack:1", user=8)

    first, second = transport.updates(0, wait_s=0)

    assert isinstance(transport, Listens)
    assert transport.may_speak(first)
    assert not transport.may_speak(second)
    assert transport.updates(second.update_id, wait_s=0) == []


@pytest.mark.parametrize("raw", [None, [], {"result": 5}, {"result": [{"update_id": "1"}, 7, {"update_id": True}]}])
def test_nonsense_instead_of_updates_is_nothing(raw):
    assert telegram_wire.spoken_of(raw) == []


def test_documented_bodies_are_read():
    press = telegram_wire.spoken_of(json.loads(captures("misc", "telegram_getUpdates_callback.json").read_text()))[0]

    assert (press.press, press.user_id) == ("ack:412", "987654321")
