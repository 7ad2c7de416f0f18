"""Price bands, and what the strategy keeps between two ticks."""

from strategy.models.bands import Band, BandVersion, ModeTarget, VersionStatus
from strategy.models.state import StrategyState

__all__ = ["Band", "BandVersion", "ModeTarget", "StrategyState", "VersionStatus"]
