"""The last day as small lines without axes: each miner's hash rate, the fleet's hash rate and power."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from miners.history import fleet_series
from miners.models import Miner
from miners.rollups import sparklines

Line = tuple[float | None, ...]
MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLines:
    """Evenly spaced means; None is a gap. `hashrate_ths` is by miner."""

    hashrate_ths: Mapping[int, Line]
    fleet_hashrate_ths: Line
    fleet_power_w: Line


def day_lines(now: datetime) -> DayLines:
    """Return the lines of this minute: the sums they show are made once a minute too. No figure comes from here."""
    return lines_of_minute(int(now.timestamp() // MINUTE_S))


@lru_cache(maxsize=1)
def lines_of_minute(minute: int) -> DayLines:
    end = datetime.fromtimestamp((minute + 1) * MINUTE_S, tz=UTC)
    found = sparklines(Miner.objects.order_by().values_list("pk", flat=True), now=end)
    hashrate, power = fleet_series(("hashrate_ths", "power_w"), now=end)
    return DayLines(
        hashrate_ths={pk: tuple(line) for pk, line in found.items()},
        fleet_hashrate_ths=hashrate,
        fleet_power_w=power,
    )
