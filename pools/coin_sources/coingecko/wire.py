"""CoinGecko's simple prices in our words. A coin it has no price for is simply absent. Pure."""

from pools.backends.base import PayloadError
from pools.coin_sources.base import Quote
from pools.coin_sources.values import document, moment, part, price

IDS = {"BTC": "bitcoin", "BCH": "bitcoin-cash", "DGB": "digibyte", "BC2": "bitcoinii"}
PATH = f"simple/price?ids={','.join(IDS.values())}&vs_currencies=gbp&include_last_updated_at=true"


def quotes(content: bytes) -> tuple[Quote, ...]:
    """Return the prices in £. Raise PayloadError."""
    answer = document(content)
    found = []
    for coin, name in IDS.items():
        if name in answer:
            row = part(answer[name])
            value = price(row.get("gbp"))
            if value is not None:
                found.append(Quote(coin=coin, price_gbp=value, price_at=moment(row.get("last_updated_at"))))
    if not found:
        raise PayloadError("The answer has no price of our coins.")
    return tuple(found)
