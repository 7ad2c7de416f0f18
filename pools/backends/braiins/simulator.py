"""A Braiins Pool on loopback: a wrong token is refused with plain text, who hurries with 429."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

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
        match urlsplit(path).path.strip("/").split("/"):
            case ["accounts", "profile", "json", "btc"]:
                return Reply(200, self.profile())
            case ["accounts", "workers", "json", "btc"]:
                return Reply(200, {"btc": {"workers": {f"demo.{name}": self.worker() for name in ("one", "two")}}})
            case ["accounts", "rewards", "json", "btc"]:
                return Reply(200, {"btc": {"daily_rewards": self.rewards()}})
            case ["accounts", "payouts", "json", "btc"]:
                return Reply(200, {"onchain": self.payouts(), "lightning": []})
        return Reply(404, "Not found", content_type="text/plain")

    def profile(self) -> dict[str, Any]:
        coin = {
            "all_time_reward": "0.15000000",
            "current_balance": "0.01000000",
            "today_reward": "0.00000312",
            "estimated_reward": "0.00000668",
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

    def rewards(self) -> list[dict[str, Any]]:
        """Return two weeks of days, the newest first."""
        midnight = read_clock().replace(hour=0, minute=0, second=0, microsecond=0)
        return [
            {
                "date": int((midnight - timedelta(days=back)).timestamp()),
                "total_reward": f"{(660 + 17 * (back % 5)) / 10**8:.8f}",
                "mining_reward": f"{(640 + 17 * (back % 5)) / 10**8:.8f}",
                "shares": 35_000 + 300 * back,
            }
            for back in range(1, 15)
        ]

    def payouts(self) -> list[dict[str, Any]]:
        """Return one payment that arrived and one that waits."""
        midnight = int(read_clock().replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
        paid = {
            "requested_at_ts": midnight - 9 * 86_400,
            "resolved_at_ts": midnight - 9 * 86_400 + 2300,
            "status": "confirmed",
            "amount_sats": 50_000,
            "fee_sats": 1000,
            "tx_id": "ab" * 32,
        }
        waiting = {"requested_at_ts": midnight - 3600, "status": "queued", "amount_sats": 21_000, "fee_sats": 0}
        return [paid, {**waiting, "tx_id": None}]
