"""Blockchair's figures of one chain in our words; its price is in dollars and is left. Pure."""

from pools.backends.base import PayloadError
from pools.coin_sources.base import Quote
from pools.coin_sources.values import difficulty, document, height, part

CHAINS = {"BTC": "bitcoin", "BCH": "bitcoin-cash"}


def path(coin: str) -> str:
    return f"{CHAINS[coin]}/stats"


def quote(content: bytes, coin: str) -> Quote:
    """Return one coin. Raise PayloadError."""
    row = part(document(content).get("data"))
    found, blocks = difficulty(row.get("difficulty")), height(row.get("blocks"))
    if found is None:
        raise PayloadError("The answer has no difficulty.")
    return Quote(coin=coin, difficulty=found, height=None if blocks is None else blocks - 1)  # it counts block 0 too
