"""What a block of each coin pays its finder, by height, and where a chain stands at a moment.

The schedules are those of the coins' own consensus rules. Pure.
"""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

ATOMIC = Decimal(10**8)
HALVING = 210_000
DGB_FROM, DGB_MONTH_S, DGB_BLOCK_S = 1_430_000, 2_628_000, 15
DGB_START, DGB_KEEPS, DGB_OF = 107_850_000_000, 98_884, 100_000
# (height, when it was seen, seconds a block): to estimate a height, never a difficulty
ANCHORS: dict[str, tuple[int, datetime, float]] = {
    "BTC": (840_000, datetime(2024, 4, 20, tzinfo=UTC), 600.0),
    "BCH": (840_000, datetime(2024, 4, 4, tzinfo=UTC), 600.0),
    "DGB": (24_595_000, datetime(2026, 11, 22, tzinfo=UTC), 15.0),
    "BC2": (58_968, datetime(2026, 9, 11, tzinfo=UTC), 2_880.0),
}


def subsidy(coin: str, height: int) -> Decimal:
    """Return the coins a block of this height creates. Raise KeyError for a coin without a schedule."""
    if coin not in ANCHORS:
        raise KeyError(coin)
    if coin != "DGB":
        return Decimal((50 * 10**8) >> (height // HALVING)) / ATOMIC
    if height < DGB_FROM:
        raise ValueError("Blocks of DigiByte before 1,430,000 followed another schedule.")
    return max(Decimal(dgb_after((height - DGB_FROM) * DGB_BLOCK_S // DGB_MONTH_S)) / ATOMIC, Decimal(1))


@lru_cache(maxsize=256)
def dgb_after(months: int) -> int:
    """Return DigiByte's subsidy in its smallest unit after so many steps down, each rounded down."""
    amount = DGB_START
    for _month in range(months):
        amount = amount * DGB_KEEPS // DGB_OF
    return amount


def height_at(coin: str, moment: datetime) -> int:
    """Return about where a chain stands at a moment."""
    height, seen, block_s = ANCHORS[coin]
    return max(DGB_FROM if coin == "DGB" else 0, height + int((moment - seen).total_seconds() / block_s))


def subsidy_at(coin: str, moment: datetime) -> Decimal:
    """Return the subsidy of about this moment, in coins."""
    return subsidy(coin, height_at(coin, moment))


def subsidy_about(coin: str, height: int | None, moment: datetime) -> Decimal:
    """Return the subsidy at a height that was told; without a usable one that of about the moment."""
    if height is None or (coin == "DGB" and height < DGB_FROM):
        return subsidy_at(coin, moment)
    return subsidy(coin, height)


def is_plausible_reward(coin: str, amount: Decimal, moment: datetime) -> bool:
    """Tell whether an amount of coins is within a fifth of one block's subsidy: fees and pool fees fit in."""
    if coin not in ANCHORS:
        return False
    expected = subsidy_at(coin, moment)
    return abs(amount - expected) <= expected / 5
