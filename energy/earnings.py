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

COINS = {target: coin.value for target, (coin, _reward) in TARGETS.items()}
Rate = tuple[Decimal | None, Decimal | None]  # coins a TH, pence a coin


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
    """Values slots of one span; what was known of the coins is read once, and each hour is looked up once."""

    def __init__(self, pasts: Mapping[str, CoinPast]) -> None:
        self.pasts = pasts
        self.rates: dict[tuple[str, datetime], Rate] = {}

    def expected(self, slots: Iterable[SlotTotal]) -> Expected:
        """Return what the work of these slots was expected to earn."""
        coins: dict[str, Decimal] = {}
        value, valued, unvalued = Decimal(0), 0.0, 0.0
        for (sign, hour), work_th in work_by_hour(slots).items():
            per_th, price_p = self.rate(sign, hour)
            if per_th is None:
                unvalued += work_th
                continue
            amount = per_th * Decimal(work_th)
            coins[sign] = coins.get(sign, Decimal(0)) + amount
            if price_p is None:
                unvalued += work_th
            else:
                value, valued = value + amount * price_p, valued + work_th
        return Expected(coins=coins, value_p=value if valued else None, valued_th=valued, unvalued_th=unvalued)

    def rate(self, sign: str, hour: datetime) -> Rate:
        """Return coins a TH and pence a coin in an hour."""
        key = (sign, hour)
        if key not in self.rates:
            past = self.pasts.get(sign)
            self.rates[key] = (past.coins_per_th(hour), past.price_p(hour)) if past is not None else (None, None)
        return self.rates[key]


def work_by_hour(slots: Iterable[SlotTotal]) -> dict[tuple[str, datetime], float]:
    """Return the work for each coin's sign and hour."""
    found: dict[tuple[str, datetime], float] = {}
    for slot in slots:
        if slot.work_th:
            key = (coin_of(slot), slot.starts_at.replace(minute=0, second=0, microsecond=0))
            found[key] = found.get(key, 0.0) + slot.work_th
    return found


def coin_of(slot: SlotTotal) -> str:
    """Return the sign of the coin a slot's target stands for, "" for none."""
    return COINS.get(slot.coin, "")


def valuer_of(slots: Sequence[SlotTotal], start: datetime, end: datetime) -> Valuer:
    """Return who values the slots of [start, end). One query, none where no coin was mined."""
    return Valuer(coin_pasts(sorted({coin_of(slot) for slot in slots if slot.work_th} - {""}), start, end))
