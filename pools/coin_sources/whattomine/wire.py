"""WhatToMine's table of coins in our words: difficulties, and prices in bitcoin. Its bitcoin is in dollars. Pure."""

from collections.abc import Mapping
from typing import Any

from pools.backends.base import PayloadError
from pools.coin_sources.base import Quote
from pools.coin_sources.values import difficulty, document, moment, part, ratio

PATH = "asic.json"
ALGORITHM, OURS = "SHA-256", ("BTC", "BCH", "DGB", "BC2")


def quotes(content: bytes) -> tuple[Quote, ...]:
    """Return our coins that it follows closely. Raise PayloadError."""
    rows = [row for row in part(document(content).get("coins")).values() if isinstance(row, dict) and is_ours(row)]
    if not rows:
        raise PayloadError("The answer has none of our coins.")
    return tuple(quote(row) for row in rows if row.get("lagging") is not True and row.get("difficulty") is not None)


def is_ours(row: Mapping[str, Any]) -> bool:
    """Tell a coin of ours; a coin of several algorithms has a row for each."""
    return row.get("tag") in OURS and row.get("algorithm") == ALGORITHM


def quote(row: Mapping[str, Any]) -> Quote:
    at, coin = moment(row.get("timestamp")), str(row["tag"])
    return Quote(
        coin=coin,
        price_btc=None if coin == "BTC" else ratio(row.get("exchange_rate")),
        price_at=at,
        difficulty=difficulty(row["difficulty"]),
        difficulty_at=at,
    )
