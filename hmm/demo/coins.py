"""The demo farm's coin sources, and a month of what they told."""

from datetime import datetime, timedelta

from hmm.demo import plan as plans
from pools.coin_sources.coingecko.client import CoinGecko
from pools.coin_sources.registry import CLIENTS
from pools.coin_sources.simulator import CoinSimulator, difficulty_of, price_of
from pools.coins import Coin
from pools.emission import height_at
from pools.models import CoinObservation
from pools.services.coin_asking import hour_of

HOURS = 30 * 24
DIFFICULTY_BY = {Coin.BTC: "mempool", Coin.BC2: "bc2_explorer", Coin.BCH: "pools", Coin.DGB: "pools"}
FAULTS = {"blockchair": "rate_limit"}  # one source that does not work, as in life


def coin_simulator(plan: plans.FarmPlan) -> CoinSimulator:
    """Return the server of all sources; POST {"source": …, "fault": …} to its control door spoils one."""
    simulator = CoinSimulator(port=plan.coin_port)
    simulator.faults.update(FAULTS)
    return simulator


def coin_addresses(plan: plans.FarmPlan) -> dict[str, str]:
    """Return the settings that send the product to the simulated sources."""
    simulator = CoinSimulator(port=plan.coin_port)
    return {client.setting: simulator.url_of(kind) for kind, client in CLIENTS.items()}


def make_coin_history(*, now: datetime) -> None:
    """Leave what was believed each hour of the last month, unless there is any."""
    if CoinObservation.objects.exists():
        return
    hours = [hour_of(now) - timedelta(hours=back) for back in range(HOURS, 0, -1)]
    CoinObservation.objects.bulk_create(
        (
            CoinObservation(
                coin=coin,
                hour=hour,
                price_gbp=price_of(coin, hour),
                price_source=CoinGecko.kind,
                difficulty=difficulty_of(coin, hour),
                difficulty_source=DIFFICULTY_BY[coin],
                height=height_at(coin, hour),
            )
            for coin in Coin
            for hour in hours
        ),
        batch_size=500,
    )
