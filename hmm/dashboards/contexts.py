"""What every page shows around its content: the price chip, the sidebar's foot, the override banner."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from energy.services.prices import known_until, next_after, price_at
from hmm.accounts.access import may
from hmm.accounts.roles import ADMIN, OPERATOR
from hmm.clock import now as read_clock
from hmm.dashboards.celebration import celebration
from hmm.dashboards.hero import band_in_force, strategy_word
from hmm.dashboards.home import Problem, problem_of
from notifications.models import Incident
from pools.services.coins import all_coin_facts
from pools.ticker import TickerItem, ticker
from strategy import core
from strategy.models import StrategyState
from strategy.services.bands import active_version
from strategy.services.switches import strategy_state

BELL_SEEN = "bell_seen"  # in the session: the newest problem its person has looked at
MOST_TOLD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideWords:
    """An override as the banner says it."""

    words: str
    by: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame of every page."""

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
    unread_count: int
    newest_problem: int
    problems: tuple[Problem, ...]
    ticker: tuple[TickerItem, ...]
    demo: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give every signed-in page its frame; a page nobody is signed in to has none.

    `may_operate` and `may_admin` let a template leave out what would be refused.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.path.startswith("/admin/"):
        return {}
    return {
        "shell": make_shell(read_clock(), seen=request.session.get(BELL_SEEN, 0)),
        "celebration": SimpleLazyObject(lambda: celebration(request.session, read_clock())),  # only where it is shown
        "may_operate": may(user, OPERATOR),
        "may_admin": may(user, ADMIN),
    }


def make_shell(now: datetime, *, seen: int = 0) -> Shell:
    """Gather the frame; a handful of small reads. Problems up to the row `seen` count as read."""
    bands, state = active_version().as_core(), strategy_state()
    period = price_at(now)
    following = next_after(period) if period is not None else None
    told = Incident.objects.open().aggregate(
        count=Count("pk"), unread=Count("pk", filter=Q(pk__gt=seen)), newest=Max("pk")
    )
    return Shell(
        price=period.price_p_per_kwh if period is not None else None,
        band_position=band_in_force(state, bands, period),
        band_count=len(bands),
        next_price=following.price_p_per_kwh if following is not None else None,
        next_at=following.starts_at if following is not None else None,
        next_band=core.band_for(following.price_p_per_kwh, bands).position if following is not None else None,
        known_until=known_until(now),
        strategy_word=strategy_word(state, now),
        override=override_words(state, now),
        problem_count=told["count"],
        unread_count=told["unread"],
        newest_problem=told["newest"] or 0,
        problems=open_problems() if told["count"] else (),
        ticker=ticker(all_coin_facts(now=now)),
        demo=settings.HMM_DEMO,
    )


def open_problems() -> tuple[Problem, ...]:
    """Return what the bell's panel lists, the worst first."""
    return tuple(problem_of(row) for row in Incident.objects.open().worst_first()[:MOST_TOLD])


def override_words(state: StrategyState, now: datetime) -> OverrideWords | None:
    kind = state.override_at(now)
    if not state.enabled or kind is core.OverrideKind.AUTO:
        return None
    words = "Forced off" if kind is core.OverrideKind.OFF else "Forced on"
    if kind is core.OverrideKind.ON and state.override_band is not None:
        words = f"Forced on as band {state.override_band}"
    return OverrideWords(words=words, by=state.override_by, until=state.override_until)
