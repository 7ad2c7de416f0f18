"""The mempool explorer's height, difficulty and prices in our words. Pure."""

from decimal import Decimal

from pools.backends.base import PayloadError
from pools.coin_sources.base import Quote
from pools.coin_sources.values import difficulty, document, height, moment, price

HASHRATE, HEIGHT, PRICES = "v1/mining/hashrate/3d", "blocks/tip/height", "v1/prices"
HEIGHT_DIGITS = 10
NO_PRICE = -1  # what an explorer says that knows none


def quote(coin: str, hashrate: bytes, tip: bytes, prices: bytes, *, most: Decimal) -> Quote:
    """Return one coin. `most` is the highest price in £ that is believed. Raise PayloadError."""
    found, market = difficulty(document(hashrate).get("currentDifficulty")), document(prices)
    told = market.get("GBP")
    if found is None:
        raise PayloadError("The answer has no difficulty.")
    return Quote(
        coin=coin,
        difficulty=found,
        height=height_of(tip),
        price_gbp=price(None if told == NO_PRICE else told, most=most),
        price_at=moment(market.get("time")),
    )


def height_of(content: bytes) -> int:
    """Return the height of the newest block, told as bare digits. Raise PayloadError."""
    text = content.decode("ascii", "replace").strip()
    found = height(int(text)) if text.isdigit() and len(text) <= HEIGHT_DIGITS else None
    if found is None:
        raise PayloadError("The height is no number.")
    return found
