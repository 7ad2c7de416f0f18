"""The one list of coin sources."""

from pools.coin_sources.base import Client
from pools.coin_sources.blockchair.client import Blockchair
from pools.coin_sources.coinbase.client import Coinbase
from pools.coin_sources.coingecko.client import CoinGecko
from pools.coin_sources.mempool.client import Bc2Explorer, Mempool
from pools.coin_sources.whattomine.client import WhatToMine

CLIENTS: dict[str, Client] = {
    each.kind: each for each in (CoinGecko(), Coinbase(), Mempool(), Bc2Explorer(), WhatToMine(), Blockchair())
}
POOLS, POOLS_RANK = "pools", 5  # what the pools' own statistics tell; nobody is asked for it
POOLS_LABEL, POOLS_TELL = "Your pools", "difficulties, where they tell one"


def source_label(kind: str) -> str:
    """Return a source as people call it."""
    client = CLIENTS.get(kind)
    return client.label if client is not None else POOLS_LABEL if kind == POOLS else kind
