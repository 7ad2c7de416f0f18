"""What rules order of miners that do not follow the strategy: verified commands through the usual service."""

from datetime import datetime

from miners.asking import value_of
from miners.models import Command, Miner
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from miners.services.plug_commands import request_plug
from miners.services.settling import RULES
from strategy.rule_parts import Effect
from strategy.services.rule_scene import RuleScene


def give(judged: RuleScene, effect: Effect, *, reason: str, now: datetime) -> str:
    """Write one command; return why it is not given, if it is not."""
    order, miner = effect.order, judged.miners[effect.miner]
    assert order is not None  # noqa: S101  # the caller asked
    try:
        if order.kind == "plug":
            assert miner.plug is not None  # noqa: S101  # an order for a plug names a miner that has one
            request_plug(miner.plug, on=bool(order.value), actor=RULES, reason=reason, now=now)
            return ""
        if is_being_changed(miner, order.kind):
            return "a person's change is under way."
        text = ("on" if order.value else "off") if order.kind == "power" else str(order.value)
        value, secret = value_of(miner, order.kind, text)
        request_command(miner, order.kind, value, actor=RULES, reason=reason, now=now, secret=secret)
    except CommandRefusedError as error:
        return str(error)
    return ""


def is_being_changed(miner: Miner, kind: str) -> bool:
    """Tell whether somebody else's command is under way; a rule never takes it back."""
    return Command.objects.open().filter(miner=miner, kind=kind).exclude(actor=RULES).exists()
