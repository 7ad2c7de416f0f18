"""The demo farm's chats: a simulated Telegram and Discord, and the household's channels to them."""

from datetime import datetime
from decimal import Decimal

from hmm.demo import plan as plans
from hmm.simulation.server import Simulator
from notifications.models import Channel, Severity
from notifications.services.channels import save_channel, set_house
from notifications.transports.discord.simulator import WEBHOOK_URL, DiscordSimulator
from notifications.transports.telegram.simulator import CHAT, TOKEN, TelegramSimulator

ACTOR = "demo"
CHEAP, DEAR = Decimal(5), Decimal(25)  # p/kWh


def chat_simulators(plan: plans.FarmPlan) -> dict[str, Simulator]:
    """Return both chats; POST {"write": "/status"} to Telegram's control door speaks as a person does."""
    telegram, discord = plan.chat_ports
    return {"Telegram": TelegramSimulator(port=telegram), "Discord": DiscordSimulator(port=discord)}


def make_channels(*, now: datetime) -> None:
    """Give the household its channels and its price limits."""
    family = Channel(name="Telegram, family", kind="telegram", minimum_severity=Severity.WARNING)
    save_channel(family, typed={"token": TOKEN, "chat": CHAT}, actor=ACTOR, now=now)
    miners = Channel(name="Discord, #miners", kind="discord")
    save_channel(miners, typed={"url": WEBHOOK_URL}, actor=ACTOR, now=now)
    limits = {"price_below_p_per_kwh": CHEAP, "price_above_p_per_kwh": DEAR}
    set_house(limits, actor=ACTOR, now=now)
