"""What every page shows around its content: the price chip, the sidebar's foot, the override banner."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from hmm.accounts.access import includes, role_of
from hmm.accounts.roles import ADMIN, OPERATOR
from hmm.dashboards.celebration import celebration
from hmm.dashboards.ground import Ground, ground_of
from hmm.dashboards.hero import band_in_force, strategy_word
from hmm.dashboards.home import Problem, count_problems, problem_of
from pools.services.coins import all_coin_facts
from pools.ticker import TickerItem, ticker
from strategy import core
from strategy.models import StrategyState

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

    `may_operate` and `may_admin` let a template leave out what would be refused. A fragment that shows nothing
    of the frame does not have it gathered.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.path.startswith("/admin/"):
        return {}
    role = SimpleLazyObject(lambda: role_of(user))
    return {
        "shell": SimpleLazyObject(lambda: make_shell(ground_of(request), seen=request.session.get(BELL_SEEN, 0))),
        "celebration": SimpleLazyObject(lambda: celebration(request.session, ground_of(request).now)),
        "may_operate": SimpleLazyObject(lambda: includes(str(role), OPERATOR)),
        "may_admin": SimpleLazyObject(lambda: includes(str(role), ADMIN)),
    }


def make_shell(ground: Ground, *, seen: int = 0) -> Shell:
    """Make the frame of what was read. Problems up to the row `seen` count as read."""
    bands, state, known, incidents = ground.bands, ground.state, ground.prices, ground.incidents
    period, following = known.current, known.following
    return Shell(
        price=period.price_p_per_kwh if period is not None else None,
        band_position=band_in_force(state, bands, period),
        band_count=len(bands),
        next_price=following.price_p_per_kwh if following is not None else None,
        next_at=following.starts_at if following is not None else None,
        next_band=core.band_for(following.price_p_per_kwh, bands).position if following is not None else None,
        known_until=known.until,
        strategy_word=strategy_word(state, ground.now),
        override=override_words(state, ground.now),
        problem_count=count_problems(incidents),
        unread_count=sum(row.pk > seen for row in incidents),
        newest_problem=max((row.pk for row in incidents), default=0),
        problems=tuple(problem_of(row) for row in incidents[:MOST_TOLD]),
        ticker=ticker(all_coin_facts(now=ground.now)),
        demo=settings.HMM_DEMO,
    )


def override_words(state: StrategyState, now: datetime) -> OverrideWords | None:
    kind = state.override_at(now)
    if not state.enabled or kind is core.OverrideKind.AUTO:
        return None
    words = "Forced off" if kind is core.OverrideKind.OFF else "Forced on"
    if kind is core.OverrideKind.ON and state.override_band is not None:
        words = f"Forced on as band {state.override_band}"
    return OverrideWords(words=words, by=state.override_by, until=state.override_until)
