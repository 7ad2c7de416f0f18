"""ckpool's files behind a web server on loopback."""

import json
from typing import Any

from hmm.simulation.server import Reply, Simulator

WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


class CkpoolSimulator(Simulator):
    """One user; unknown users have no file."""

    def __init__(self, *, wallet: str = WALLET, now_s: int = 1_790_321_885, **options: Any) -> None:
        super().__init__(**options)
        self.wallet, self.now_s = wallet, now_s
        self.rate = "1.2T"

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, body, headers
        if path == "/pool/pool.status":
            return Reply(200, self.status(), content_type="text/plain")
        if path == f"/users/{self.wallet}":
            return Reply(200, json.dumps(self.user(), indent=1), content_type="text/plain")
        return Reply(404, "Not found", content_type="text/plain")

    def status(self) -> str:
        lines = (
            {"runtime": 9240, "lastupdate": self.now_s, "Users": 1, "Workers": 1, "Idle": 0, "Disconnected": 0},
            {f"hashrate{span}": self.rate for span in ("1m", "5m", "15m", "1hr", "6hr", "1d", "7d")},
            {"diff": 0.24, "accepted": 2_525_312, "rejected": 637, "bestshare": 169_302, "SPS1m": 0.4},
        )
        return "\n".join(json.dumps(line) for line in lines) + "\n"

    def user(self) -> dict[str, Any]:
        rates = {f"hashrate{span}": self.rate for span in ("1m", "5m", "1hr", "1d", "7d")}
        common = {
            **rates,
            "lastshare": self.now_s - 5,
            "shares": 7_831,
            "bestshare": 512.5,
            "bestever": 1_200_000_000,
        }
        return {**common, "workers": 1, "worker": [{**common, "workername": f"{self.wallet}.rig1"}]}
