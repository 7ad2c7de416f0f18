"""Coinbase's spot price in our words; the answer names its pair, and another pair's price is not taken. Pure."""

from pools.backends.base import PayloadError
from pools.coin_sources.base import Quote
from pools.coin_sources.values import document, part, price

COINS = ("BTC", "BCH")  # it trades no other of ours in £


def path(coin: str) -> str:
    return f"prices/{coin}-GBP/spot"


def quote(content: bytes, coin: str) -> Quote:
    """Return the price of one coin. Raise PayloadError."""
    row = part(document(content).get("data"))
    if (row.get("base"), row.get("currency")) != (coin, "GBP"):
        raise PayloadError("The answer is of another pair.")
    value = price(row.get("amount"))
    if value is None:
        raise PayloadError("The answer has no price.")
    return Quote(coin=coin, price_gbp=value)
