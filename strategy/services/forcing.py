"""What becomes of a band that a person forced on when bands are added, removed or replaced."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hmm.audit.services import record
from strategy import core
from strategy.band_rows import BandRow
from strategy.models import StrategyState


def move_override(old: Sequence[BandRow], new: Sequence[BandRow], *, now: datetime) -> None:
    """Let an override go on with what its band runs, at its new place; end it where no band runs that any more."""
    state = StrategyState.objects.get(pk=1)
    chosen = state.override_band
    if state.override_at(now) is not core.OverrideKind.ON or chosen is None or chosen > len(old):
        return
    was = old[chosen - 1]
    same = [(row, place) for place, row in enumerate(new, 1) if replace(row, ceiling=was.ceiling) == was]
    same.sort(key=lambda found: (found[0].ceiling != was.ceiling, abs(found[1] - chosen)))
    kind, place = (core.OverrideKind.ON, same[0][1]) if same else (core.OverrideKind.AUTO, None)
    if place == chosen:
        return
    before = state.override_json(now)
    state.override_kind, state.override_band = kind, place
    if not same:
        state.override_until, state.override_by = None, ""
    state.save(update_fields=["override_kind", "override_band", "override_until", "override_by"])
    record(
        actor="strategy",
        action="strategy.override",
        reason="The bands changed: its band has another place." if same else "The bands changed: its band is gone.",
        before=before,
        after=state.override_json(now),
        at=now,
    )
