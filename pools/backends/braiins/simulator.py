"""A Braiins Pool on loopback: a wrong token is refused with plain text, who hurries with 429."""

from typing import Any

from hmm.clock import now as read_clock
from hmm.simulation.server import Reply, Simulator

TOKEN = "demo-token"  # noqa: S105  # opens nothing but this simulator


class BraiinsSimulator(Simulator):
    """One account with two workers; `pause_s` is the shortest time between two requests."""

    def __init__(self, *, token: str = TOKEN, pause_s: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.token, self.pause_s = token, pause_s
        self.last = float("-inf")
        self.hashrate_ghs = 27_978.0

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, body
        if headers.get("Pool-Auth-Token") != self.token:
            return Reply(403, "Forbidden", content_type="text/plain")
        hurried, self.last = self.clock() - self.last < self.pause_s, self.clock()
        if hurried:
            return Reply(429, "Too many requests", content_type="text/plain", headers={"Retry-After": "60"})
        match path.strip("/").split("/"):
            case ["accounts", "profile", "json", "btc"]:
                return Reply(200, self.profile())
            case ["accounts", "workers", "json", "btc"]:
                return Reply(200, {"btc": {"workers": {f"demo.{name}": self.worker() for name in ("one", "two")}}})
        return Reply(404, "Not found", content_type="text/plain")

    def profile(self) -> dict[str, Any]:
        coin = {
            "all_time_reward": "0.15000000",
            "current_balance": "0.01000000",
            "hash_rate_unit": "Gh/s",
            "hash_rate_5m": self.hashrate_ghs,
            "hash_rate_24h": self.hashrate_ghs,
            "ok_workers": 2,
            "low_workers": 0,
            "off_workers": 0,
        }
        return {"username": "demo", "btc": coin}

    def worker(self) -> dict[str, Any]:
        rate = {"hash_rate_unit": "Gh/s", "hash_rate_5m": self.hashrate_ghs / 2}
        return {"state": "ok", "last_share": int(read_clock().timestamp()) - 7, **rate}
