"""Rules of the demo household; they are tried only, so that its strategy is seen as it is."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

from strategy.models import AutomationRule
from strategy.services.rules import save_rule

RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Evening peak",
        "trigger": "time",
        "starts": time(16),
        "ends": time(19),
        "days": [0, 1, 2, 3, 4],
        "action": "off",
        "priority": 5,
    },
    {
        "name": "Dear hours run low",
        "trigger": "price_above",
        "low_p_per_kwh": Decimal(15),
        "action": "mode",
        "mode": "lowest",
    },
    {"name": "Too hot", "trigger": "overheat", "minutes": 15, "action": "off"},
)


def make_rules(*, actor: str, now: datetime) -> None:
    for values in RULES:
        save_rule(AutomationRule(dry_run=True, **values), (), actor=actor, now=now)
