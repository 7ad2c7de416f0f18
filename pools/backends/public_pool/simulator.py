"""A public-pool on loopback."""

from datetime import UTC, datetime
from typing import Any

from hmm.clock import now as read_clock
from hmm.simulation.server import Reply, Simulator

WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


class PublicPoolSimulator(Simulator):
    """One wallet with one miner; an unknown wallet has no workers."""

    def __init__(self, *, wallet: str = WALLET, **options: Any) -> None:
        super().__init__(**options)
        self.wallet = wallet
        self.hashrate = 480_000_000_000
        self.best = "1200000000.00"

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, body, headers
        match path.strip("/").split("/"):
            case [*_base, "client", wallet]:
                return Reply(200, self.client() if wallet == self.wallet else {"workersCount": 0, "workers": []})
            case [*_base, "pool"]:
                return Reply(200, {"totalHashRate": self.hashrate, "blockHeight": 967_112, "totalMiners": 1})
            case [*_base, "network"]:
                return Reply(200, {"blocks": 967_112, "difficulty": 132_757_073_449_487.5, "networkhashps": 9.5e20})
        return Reply(404, {"statusCode": 404, "message": "Not Found"})

    def client(self) -> dict[str, Any]:
        seen: datetime = read_clock().astimezone(UTC)
        worker = {"sessionId": "a1b2", "name": "rig1", "bestDifficulty": self.best, "hashRate": self.hashrate}
        worker |= {"startTime": "2026-07-25T09:12:00.000Z", "lastSeen": seen.isoformat().replace("+00:00", "Z")}
        return {"bestDifficulty": 4_100_000_000, "workersCount": 1, "workers": [worker]}
