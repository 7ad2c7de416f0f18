"""Which plugs of the soak may stay as they are, whatever the strategy wants: by a limit, or by a hand."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.soak.household import PLUGS, Resident

DAY_S = 86_400.0
RESPECTING = {plug.entity for plug in PLUGS if plug.policy == "respect_hours"}
LEFT_FOR = timedelta(hours=4, minutes=30)  # the product's four hours, from when it noticed


def left_by(plugs: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Return until when plugs that a hand moves now may stay so, because their policy respects that for hours."""
    return {entity: now + LEFT_FOR for entity in plugs if entity in RESPECTING}


def is_left(life: Any, entity: str) -> bool:
    until: datetime | None = life.left_until.get(entity)
    return until is not None and life.world.now < until


def plug_may_rest(life: Any, resident: Resident) -> bool:
    """Tell whether a plug may be off by its cap, its minimum times, or because a person wants it so."""
    plug = next((plug for plug in PLUGS if plug.entity == resident.role.plug), None)
    if plug is None or resident.powered:
        return False
    return plug.locked or is_left(life, plug.entity) or plug.entity in resting(life)


def resting(life: Any) -> set[str]:
    """Return the plugs that came on as often as they may within a day, or went off minutes ago."""
    now, moves = life.world.clock(), life.world.house.moves
    found = set()
    for plug in PLUGS:
        mine = [(at, on) for at, entity, on, _hand in moves if entity == plug.entity]
        came_on = sum(on and now - at < DAY_S for at, on in mine)
        if came_on >= plug.cap or any(not on and now - at < 60 * 2 * plug.minutes + 300 for at, on in mine):
            found.add(plug.entity)
    return found
