"""Every coin source in one server on loopback, each under its own folder, in its own dialect.

They tell of one market that moves a little with time, the same each time. Each can misbehave by itself.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hmm.clock import now as read_clock
from hmm.simulation.server import STALL_S, Reply, Simulator
from pools.coin_sources.coingecko.wire import IDS
from pools.emission import height_at, subsidy_at

PRICES = {"BTC": 64_528.21, "BCH": 254.8, "DGB": 0.00336, "BC2": 0.92}  # £ a coin
DIFFICULTIES = {"BTC": 132_757_073_449_487.5, "BCH": 531_625_310_065.66, "DGB": 430_030_207.22, "BC2": 2.0e10}
DAY_S, FORTNIGHT_S = 86_400, 14 * 86_400
STEPPED = {"BTC", "BC2"}  # their difficulty is set once in a fortnight
FOLDERS = {
    "coingecko": "coingecko/api/v3",
    "coinbase": "coinbase/v2",
    "mempool": "mempool/api",
    "bc2_explorer": "bc2/api",
    "whattomine": "whattomine",
    "blockchair": "blockchair",
}
TWISTS: dict[str, Callable[[float], Any]] = {
    "zero": lambda _value: 0,
    "negative": lambda value: -value,
    "huge": lambda _value: 1e300,
    "nonsense": lambda _value: "soon",
    "disagree": lambda value: value * 1.5,
}


def wave(coin: str, moment: datetime, days: float) -> float:
    """Return a number from -1 to 1 that wanders over some days."""
    at = moment.timestamp() / DAY_S
    return 0.7 * math.sin(at * 6.28 / days + len(coin) + ord(coin[-1])) + 0.3 * math.sin(at * 17.0 / days)


def price_of(coin: str, moment: datetime) -> Decimal:
    """Return the market's price in £."""
    return Decimal(f"{PRICES[coin] * (1 + 0.04 * wave(coin, moment, 9)):.8g}")


def difficulty_of(coin: str, moment: datetime) -> float:
    """Return the network's difficulty."""
    if coin in STEPPED:
        moment = datetime.fromtimestamp(moment.timestamp() // FORTNIGHT_S * FORTNIGHT_S, UTC)
    return float(round(DIFFICULTIES[coin] * (1 + 0.05 * wave(coin, moment, 5)), 2))


class CoinSimulator(Simulator):
    """All sources. `faults` maps a source to zero, negative, huge, nonsense, disagree, missing, html, malformed,
    stall, rate_limit, forbidden or broken; the server's own faults hit all of them."""

    def __init__(self, *, moment: Callable[[], datetime] = read_clock, **options: Any) -> None:
        super().__init__(**options)
        self.moment = moment
        self.faults: dict[str, str] = {}
        self.retry_after_s = 120
        self.keys: list[str] = []

    def url_of(self, source: str) -> str:
        return f"{self.url}/{FOLDERS[source]}"

    def obey(self, order: dict[str, Any]) -> None:
        if "source" in order:
            self.faults[str(order["source"])] = str(order.get("fault", "none"))
        else:
            super().obey(order)

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, body
        parts = urlsplit(path)
        source = next((name for name, folder in FOLDERS.items() if parts.path.startswith(f"/{folder}/")), "")
        rest = parts.path.removeprefix(f"/{FOLDERS.get(source, '')}/")
        if source == "coingecko":
            self.keys.append(headers.get("x-cg-demo-api-key", ""))
        return self.refusal(source) or self.answer(source, rest, parse_qs(parts.query))

    def refusal(self, source: str) -> Reply | None:
        match self.faults.get(source, "none"):
            case "stall":
                self._stopping.wait(STALL_S)
                return Reply(504)
            case "rate_limit":
                body = {"status": {"error_code": 429, "error_message": "too many"}}
                return Reply(429, body, headers={"Retry-After": str(self.retry_after_s)})
            case "forbidden":
                return Reply(403, "<html>checking your browser</html>", content_type="text/html")
            case "broken":
                return Reply(500, "oops", content_type="text/plain")
            case "html":
                return Reply(200, "<!doctype html><title>Hello</title>", content_type="text/html")
            case "malformed":
                return Reply(200, b'{"bitcoin": {"gbp": 645')
        return None

    def twisted(self, source: str, value: Any) -> Any:
        """Return a figure as this source tells it now; None leaves it out."""
        fault = self.faults.get(source, "none")
        if fault == "missing":
            return None
        return TWISTS[fault](float(value)) if fault in TWISTS else float(value)

    def price(self, source: str, coin: str) -> Any:
        return self.twisted(source, price_of(coin, self.moment()))

    def difficulty(self, source: str, coin: str) -> Any:
        return self.twisted(source, difficulty_of(coin, self.moment()))

    def answer(self, source: str, rest: str, query: dict[str, list[str]]) -> Reply:
        match source, rest.split("/"):
            case "coingecko", ["simple", "price"]:
                return Reply(200, self.simple_prices(query))
            case "coinbase", ["prices", pair, "spot"]:
                return Reply(200, {"data": self.spot(pair.removesuffix("-GBP"))})
            case "mempool", _:
                return self.explorer(source, "BTC", rest)
            case "bc2_explorer", _:
                return self.explorer(source, "BC2", rest)
            case "whattomine", ["asic.json"]:
                return Reply(200, {"coins": self.table()})
            case "blockchair", [chain, "stats"]:
                coin = "BCH" if chain == "bitcoin-cash" else "BTC"
                figures = {"difficulty": self.difficulty(source, coin), "blocks": self.height(coin) + 1}
                return Reply(200, {"data": figures, "context": {"code": 200}})
        return Reply(404, {"error": "not found"})

    def height(self, coin: str) -> int:
        return height_at(coin, self.moment())

    def seconds(self) -> int:
        return int(self.moment().timestamp())

    def simple_prices(self, query: dict[str, list[str]]) -> dict[str, Any]:
        asked = query.get("ids", [""])[0].split(",")
        rows = {name: self.price("coingecko", coin) for coin, name in IDS.items() if name in asked}
        at = self.seconds()
        return {name: {"gbp": told, "last_updated_at": at} for name, told in rows.items() if told is not None}

    def spot(self, coin: str) -> dict[str, Any]:
        told = self.price("coinbase", coin)
        row = {"base": coin, "currency": "GBP"}
        return row if told is None else {**row, "amount": f"{told:.8f}" if isinstance(told, float) else str(told)}

    def explorer(self, source: str, coin: str, rest: str) -> Reply:
        if rest == "blocks/tip/height":
            return Reply(200, str(self.height(coin)), content_type="text/plain")
        if rest == "v1/mining/hashrate/3d":
            told = self.difficulty(source, coin)
            return Reply(200, {} if told is None else {"currentHashrate": 1, "currentDifficulty": told})
        told = self.price(source, coin)
        return Reply(200, {"time": self.seconds(), **({} if told is None else {"USD": 1, "GBP": told})})

    def rate(self, coin: str) -> Any:
        """Return a coin's price in bitcoin, bitcoin's own in dollars."""
        bitcoin = price_of("BTC", self.moment())
        if coin == "BTC":
            return float(bitcoin) * 1.3
        return self.twisted("whattomine", price_of(coin, self.moment()) / bitcoin)

    def table(self) -> dict[str, Any]:
        coins = {"Bitcoin": "BTC", "BitcoinCash": "BCH", "DGB-SHA": "DGB"}
        rows = {
            name: {
                "tag": coin,
                "algorithm": "SHA-256",
                "block_reward": float(subsidy_at(coin, self.moment())),
                "difficulty": told,
                "exchange_rate": self.rate(coin),
                "lagging": False,
                "timestamp": self.seconds(),
            }
            for name, coin in coins.items()
            if (told := self.difficulty("whattomine", coin)) is not None
        }
        return {**rows, "DGB-Scrypt": {"tag": "DGB", "algorithm": "Scrypt", "difficulty": 1.0}}
