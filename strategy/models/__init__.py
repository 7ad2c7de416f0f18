"""Price bands, automation rules, and what the strategy keeps between two ticks."""

from strategy.models.bands import Band, BandVersion, ModeTarget, VersionStatus
from strategy.models.rule import AutomationRule, RuleCrossing
from strategy.models.state import StrategyState

__all__ = [
    "AutomationRule",
    "Band",
    "BandVersion",
    "ModeTarget",
    "RuleCrossing",
    "StrategyState",
    "VersionStatus",
]
