"""What the layer above adds to prices: the bands they fall in and what would run. Registered at start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hmm.look.price_shapes import HasLimits, HasPlan


def no_bands() -> Sequence[HasLimits]:
    return ()


def no_plan(_now: datetime) -> Sequence[HasPlan]:
    return ()


@dataclass(slots=True)
class Outlook:
    """Where pages of prices ask for bands and plan."""

    bands: Callable[[], Sequence[HasLimits]] = no_bands
    plan: Callable[[datetime], Sequence[HasPlan]] = no_plan


outlook = Outlook()
