"""What the work of the ledger was expected to earn, at the price and difficulty of each hour.

An expectation is no income: a solo miner gets a whole block or nothing, and a pool takes its fee. What cannot be
valued, because no coin was named or nothing was known of it, is counted apart and never as nought.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from energy.usage import SlotTotal
from pools.coins import TARGETS
from pools.services.coins import coin_pasts
from pools.valuing import CoinPast


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Coins by their sign, and pence; None where no work could be valued. Work in TH."""

    coins: Mapping[str, Decimal] = field(default_factory=dict)
    value_p: Decimal | None = None
    valued_th: float = 0.0
    unvalued_th: float = 0.0

    @property
    def unvalued_percent(self) -> float:
        """Return how much of the work has no value in money, 0 to 100."""
        done = self.valued_th + self.unvalued_th
        return self.unvalued_th / done * 100 if done else 0.0


class Valuer:
    """Values slots of one span; what was known of the coins is read once."""

    def __init__(self, pasts: Mapping[str, CoinPast]) -> None:
        self.pasts = pasts

    def expected(self, slots: Iterable[SlotTotal]) -> Expected:
        """Return what the work of these slots was expected to earn."""
        coins: dict[str, Decimal] = {}
        value, valued, unvalued = Decimal(0), 0.0, 0.0
        for slot in slots:
            sign, amount, price_p = self.slot(slot)
            if amount is not None:
                coins[sign] = coins.get(sign, Decimal(0)) + amount
            if amount is None or price_p is None:
                unvalued += slot.work_th
            else:
                value, valued = value + amount * price_p, valued + slot.work_th
        return Expected(coins=coins, value_p=value if valued else None, valued_th=valued, unvalued_th=unvalued)

    def slot(self, slot: SlotTotal) -> tuple[str, Decimal | None, Decimal | None]:
        """Return the coin of a slot, how many of it were expected, and pence a coin."""
        sign = coin_of(slot)
        past = self.pasts.get(sign)
        if past is None or not slot.work_th:
            return sign, None, None
        return sign, past.coins(slot.work_th, slot.starts_at), past.price_p(slot.starts_at)


def coin_of(slot: SlotTotal) -> str:
    """Return the sign of the coin a slot's target stands for, "" for none."""
    return TARGETS[slot.coin][0].value if slot.coin in TARGETS else ""


def valuer_of(slots: Sequence[SlotTotal], start: datetime, end: datetime) -> Valuer:
    """Return who values the slots of [start, end). One query, none where no coin was mined."""
    return Valuer(coin_pasts(sorted({coin_of(slot) for slot in slots if slot.work_th} - {""}), start, end))
