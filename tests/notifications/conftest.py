"""Simulated chat services, and channels that lead to them."""

import ipaddress
import json
from datetime import UTC, datetime

import pytest

from notifications.models import Channel
from notifications.transports.discord.simulator import WEBHOOK_URL, DiscordSimulator
from notifications.transports.email.simulator import MailSimulator
from notifications.transports.telegram.simulator import CHAT, TOKEN, TelegramSimulator
from notifications.transports.webhook.simulator import WebhookSimulator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = ["<b>&_*`|>#", "x" * 10_000, "⛏️🔥\x00\u202eevil", "שלום", "@everyone [a](http://x)", "\ud800", "{detail}"]


@pytest.fixture(autouse=True)
def on_this_computer(settings):
    """Let typed addresses be those of the simulators."""
    settings.HMM_DEVICE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def telegram(settings):
    with TelegramSimulator() as simulator:
        settings.HMM_TELEGRAM_URL = simulator.url
        yield simulator


@pytest.fixture
def discord(settings):
    with DiscordSimulator() as simulator:
        settings.HMM_DISCORD_URL = f"{simulator.url}/api"
        yield simulator


@pytest.fixture
def hook():
    with WebhookSimulator() as simulator:
        yield simulator


@pytest.fixture
def mail():
    with MailSimulator() as simulator:
        yield simulator


def telegram_channel(**changes):
    config = {"token": TOKEN, "chat": CHAT, "people": ""}
    return Channel.objects.create(**{"name": "Family", "kind": "telegram", "sealed": json.dumps(config), **changes})


def discord_channel(**changes):
    config = {"url": WEBHOOK_URL}
    return Channel.objects.create(**{"name": "Miners", "kind": "discord", "sealed": json.dumps(config), **changes})
