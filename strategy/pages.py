"""What the strategy page shows."""

from datetime import datetime
from typing import Any


def strategy_page(now: datetime) -> dict[str, Any]:
    return {}


status_context = chart_context = strategy_page


def bands_context(now: datetime, **more: Any) -> dict[str, Any]:
    return {}
