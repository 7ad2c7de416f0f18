"""What Home's head and every page's frame stand on, read once for each request."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from energy.services.known import KnownPrices, known_prices
from hmm.clock import now as read_clock
from notifications.models import Incident
from strategy import core
from strategy.models import StrategyState
from strategy.services.in_force import bands_in_force
from strategy.services.switches import strategy_state

KEPT_AS = "hmm_ground"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Bands, strategy, prices and open incidents, the worst first, at one moment."""

    now: datetime
    bands: tuple[core.Band, ...]
    shape: int | None  # of the bands
    state: StrategyState
    prices: KnownPrices
    incidents: tuple[Incident, ...]


def read_ground(now: datetime) -> Ground:
    ruling = bands_in_force()
    return Ground(
        now=now,
        bands=ruling.bands,
        shape=ruling.shape,
        state=strategy_state(),
        prices=known_prices(now),
        incidents=tuple(Incident.objects.open().worst_first()),
    )


def ground_of(request: HttpRequest) -> Ground:
    """Return what this request stands on; its page and its frame then tell of the same moment."""
    kept: Ground | None = vars(request).get(KEPT_AS)
    if kept is None:
        kept = vars(request)[KEPT_AS] = read_ground(read_clock())
    return kept
