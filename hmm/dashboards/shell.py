"""What stands around every page: the price chip, the override, the foot of the sidebar."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from energy.services.prices import known_until, next_after, price_at
from hmm.clock import now as read_clock
from notifications.models import Incident
from strategy import core
from strategy.models import StrategyState
from strategy.services.bands import active_version
from strategy.services.switches import strategy_state


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideWords:
    """The banner of an override."""

    words: str
    by: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame's figures."""

    price: Decimal | None
    band_position: int | None
    band_count: int
    next_price: Decimal | None
    next_at: datetime | None
    next_band: int | None
    known_until: datetime | None
    strategy_word: str
    override: OverrideWords | None
    problem_count: int
    demo: bool


def override_words(state: StrategyState, now: datetime) -> OverrideWords | None:
    """Return the banner's words, None on auto."""
    kind = state.override_at(now)
    if kind is core.OverrideKind.AUTO:
        return None
    band = f" in band {state.override_band}" if state.override_band else ""
    words = f"Forced on{band}" if kind is core.OverrideKind.ON else "Forced off"
    return OverrideWords(words=words, by=state.override_by, until=state.override_until)


def strategy_word(state: StrategyState, now: datetime) -> str:
    """Return the strategy's state in one word; enabled and override are two things."""
    if not state.enabled:
        return "Disabled"
    return {"auto": "Auto", "on": "Forced on", "off": "Forced off"}[state.override_at(now).value]


def shell_of(now: datetime) -> Shell:
    """Return the frame of now."""
    state = strategy_state()
    bands = active_version().as_core()
    period = price_at(now)
    following = next_after(period) if period is not None else None
    price = period.price_p_per_kwh if period is not None else None
    return Shell(
        price=price,
        band_position=core.band_for(price, bands).position if price is not None else None,
        band_count=len(bands),
        next_price=following.price_p_per_kwh if following is not None else None,
        next_at=following.starts_at if following is not None else None,
        next_band=core.band_for(following.price_p_per_kwh, bands).position if following is not None else None,
        known_until=known_until(now),
        strategy_word=strategy_word(state, now),
        override=override_words(state, now),
        problem_count=Incident.objects.open().count(),
        demo=settings.HMM_DEMO,
    )


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nothing for strangers, and nothing for a fragment, which has no frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.headers.get("HX-Request"):
        return {}
    return {"shell": shell_of(read_clock())}
