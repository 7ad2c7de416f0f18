"""Well-known pools, so that nobody has to look up a port. Fees change: the pool's own site tells."""

from dataclasses import dataclass
from typing import Any

from pools.coins import Coin, RewardModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What a form is filled in with."""

    key: str
    name: str
    coin: Coin
    host: str
    port: int
    backend: str
    reward_model: RewardModel = RewardModel.SOLO
    stats_url: str = ""

    def initial(self) -> dict[str, Any]:
        names = ("name", "coin", "host", "port", "backend", "reward_model", "stats_url")
        return {name: getattr(self, name) for name in names}


PRESETS = {
    preset.key: preset
    for preset in (
        Preset(
            key="solopool-btc",
            name="Solopool BTC",
            coin=Coin.BTC,
            host="eu3.solopool.org",
            port=8005,
            backend="solopool",
        ),
        Preset(
            key="solopool-bch",
            name="Solopool BCH",
            coin=Coin.BCH,
            host="eu2.solopool.org",
            port=8002,
            backend="solopool",
        ),
        Preset(
            key="solopool-dgb",
            name="Solopool DGB",
            coin=Coin.DGB,
            host="eu1.solopool.org",
            port=8004,
            backend="solopool",
        ),
        Preset(
            key="solopool-bc2",
            name="Solopool BC2",
            coin=Coin.BC2,
            host="eu3.solopool.org",
            port=8001,
            backend="solopool",
        ),
        Preset(
            key="braiins",
            name="Braiins Pool",
            coin=Coin.BTC,
            host="stratum.braiins.com",
            port=3333,
            backend="braiins",
            reward_model=RewardModel.POOLED,
        ),
        Preset(key="ckpool", name="CKPool solo", coin=Coin.BTC, host="solo.ckpool.org", port=3333, backend="ckpool"),
        Preset(
            key="public-pool",
            name="Public Pool",
            coin=Coin.BTC,
            host="public-pool.io",
            port=21496,
            backend="public_pool",
        ),
    )
}
