"""A Solopool of either generation on loopback."""

from typing import Any

from hmm.simulation.server import Reply, Simulator

WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
CANDIDATE_S, IMMATURE_S = 400, 1_200


class SolopoolSimulator(Simulator):
    """One wallet with workers and blocks; `generation` is v1 or v2. Rates in H/s, `now` in seconds since 1970.

    `{"find": "00ab"}` at its control door lets a block of that hash be found now.
    """

    def __init__(
        self,
        *,
        generation: str = "v2",
        wallet: str = WALLET,
        now_s: int = 1_790_321_885,
        lives: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.generation, self.wallet, self.starts_s = generation, wallet, now_s
        self.lives, self.began = lives, self.clock()
        self.hashrate = 1_203_000_000_000
        self.workers = ["rig1"]  # they share the hash rate evenly
        self.difficulty = 132_757_073_449_487.5
        self.paid = 316_000_000
        self.found_after_s: int | None = None  # when a block is found by itself
        self.found_height = 24_600_000
        self.reward = "0"
        self.candidates: list[dict[str, Any]] = []
        self.immature: list[dict[str, Any]] = []
        self.matured: list[dict[str, Any]] = []

    @property
    def now_s(self) -> int:
        """Return the pool's time; it stands still unless the pool `lives`."""
        return self.starts_s + (int(self.clock() - self.began) if self.lives else 0)

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "generation" in order:
            self.generation = str(order["generation"])
        if "find" in order:
            self.candidates.append(self.found_row(str(order["find"]), self.now_s))

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, body, headers
        match path.strip("/").split("/"):
            case [*_base, "stats"]:
                return Reply(200, self.stats())
            case [*_base, "blocks"]:
                return Reply(200, self.blocks())
            case [*_base, "miners", wallet] if self.generation == "v2" and wallet == self.wallet:
                return Reply(200, self.miner())
            case [*_base, "accounts", wallet] if self.generation == "v1" and wallet == self.wallet:
                return Reply(200, self.account())
        return Reply(404, "404 page not found", content_type="text/plain")

    def blocks(self) -> dict[str, Any]:
        """Return the lists of blocks; the one that is to be found by itself walks through them."""
        lists = {"candidates": self.candidates, "immature": self.immature, "matured": self.matured}
        if self.found_after_s is None:
            return lists
        age = self.now_s - self.starts_s - self.found_after_s
        place = "candidates" if age < CANDIDATE_S else "immature" if age < IMMATURE_S else "matured"
        row = self.found_row(f"00demo{self.starts_s}", self.starts_s + self.found_after_s)
        return {**lists, place: [*lists[place], row]} if age >= 0 else lists

    def found_row(self, name: str, found_s: int) -> dict[str, Any]:
        row = {"height": self.found_height, "hash": name, "miner": self.wallet, "worker": "attic-nerd"}
        row |= {"timestamp": found_s, "difficulty": self.difficulty, "orphan": False}
        return row | {"shareDifficulty": self.difficulty * 3.2, "reward": self.reward}

    def stats(self) -> dict[str, Any]:
        if self.generation == "v1":
            inner = {"difficulty": str(self.difficulty), "hashrate": "9.5e+20", "lastBlockFound": self.now_s - 9_000}
            return {"hashrate": 820 * 10**15, "minersTotal": 312, "now": self.now_s * 1000, "stats": inner}
        node = {"height": 967_112, "difficulty": self.difficulty, "hashrate": 9.5e20}
        return {"hashrate": 820 * 10**15, "totalMiners": 1490, "node": node, "charts": []}

    def account(self) -> dict[str, Any]:
        last = self.now_s - 5
        return {
            "currentHashrate": self.hashrate,
            "hashrate": self.hashrate,
            "payments": [{"amount": self.paid, "timestamp": self.now_s - 86_400, "tx": "00"}] if self.paid else None,
            "roundShares": 914_411_520,
            "stats": {"lastShare": last, "paid": self.paid, "balance": 0, "immature": 0, "blocksFound": 1},
            "workers": {name: {"lastBeat": last, **worker} for name, worker in self.each_worker().items()},
            "workersOnline": len(self.workers),
            "workersOffline": 0,
            "workersTotal": len(self.workers),
        }

    def each_worker(self) -> dict[str, dict[str, Any]]:
        return {name: {"hr": self.hashrate // len(self.workers), "offline": False} for name in self.workers}

    def miner(self) -> dict[str, Any]:
        return {
            "hashrate": self.hashrate,
            "averageHashrate": self.hashrate,
            "onlineWorkers": len(self.workers),
            "offlineWorkers": 0,
            "totalWorkers": len(self.workers),
            "lastShare": self.now_s - 5,
            "roundShares": 914_411_520,
            "bestShare": 137_427_866_914,
            "totalBlocks": 0,
            "workers": self.each_worker(),
            "blocks": [],
        }
