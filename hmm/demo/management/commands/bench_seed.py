"""Fill a database for a measurement: miners at given ports, prices, and a day of readings.

Prints how many megabytes the readings of one miner took.
"""

import json
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from energy.services.ledger import update_ledger
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import Slot
from hmm.accounts.services import create_first_user
from hmm.clock import now as read_clock
from hmm.demo.bench_product import NAME, PASSWORD, WALLET, worker
from miners.drivers.bitaxe import boards
from miners.drivers.boards import board_to_json
from miners.models import Miner, NewestReading, TelemetryReading
from miners.rollups import roll_up
from pools.models import CoinSource, Pool
from pools.services.coin_asking import ensure_sources
from strategy.services.bands import apply_now, load_example
from strategy.services.switches import set_enabled

ACTOR = "bench"
POLL_S = 30
HALF_HOUR = timedelta(minutes=30)
SLOTS_BEFORE, SLOTS_AFTER = 96, 60


class Command(BaseCommand):
    """Reads {"ports", "readings_hours", "poll_interval_s", "cheap_s"} from standard input."""

    help = "Seed a database for make bench."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        told = json.load(sys.stdin)
        now = read_clock()
        create_first_user(username=NAME, password=PASSWORD)
        self.prices(told["cheap_s"])
        for coin in ("DGB", "BCH", "BTC"):
            Pool.objects.create(name=coin, coin=coin, host="pool.example.net", port=3333, wallet=WALLET)
        ensure_sources()
        CoinSource.objects.update(enabled=False)  # what is measured asks nobody on the internet
        load_example(actor=ACTOR, now=now)
        apply_now(actor=ACTOR, now=now)
        set_enabled(bool(told["enabled"]), actor=ACTOR)
        miners = [self.miner(place, port, told["poll_interval_s"]) for place, port in enumerate(told["ports"])]
        before = database_mb()
        self.readings(miners, told["readings_hours"])
        self.stdout.write(json.dumps({"mb_per_miner": (database_mb() - before) / len(miners)}))
        Miner.objects.update(created_at=now - timedelta(hours=told["readings_hours"]))
        update_ledger(now=read_clock())  # as in a house that has run until now

    def prices(self, cheap_s: int) -> None:
        """Prices are cheap for a while and dear afterwards, in as many half hours as a supplier tells."""
        now = read_clock().replace(microsecond=0)
        turn = now + timedelta(seconds=cheap_s)
        tariff = choose_tariff(kind="csv", config={}, name="Bench", actor=ACTOR, now=now)
        slots = [
            Slot(
                starts_at=turn + place * HALF_HOUR,
                ends_at=turn + (place + 1) * HALF_HOUR,
                price_p_per_kwh=Decimal(9 if place < 0 else 40),
            )
            for place in range(-SLOTS_BEFORE, SLOTS_AFTER)
        ]
        store_prices(tariff, slots, now=now)

    def miner(self, place: int, port: int, interval_s: int) -> Miner:
        board = boards.board(asic_model="BM1370", board_version="601", chips=1, asic=None)
        now = read_clock()
        return Miner.objects.create(
            name=f"Miner {place + 1:03}",
            kind="bitaxe",
            host="127.0.0.1",
            port=port,
            model="Gamma 601",
            firmware="v2.14.0",
            board_facts=board_to_json(board),
            trust="full",
            enrolled=True,
            poll_interval_s=interval_s,
            worker_name=worker(place),
            poll_due_at=now + timedelta(seconds=place % interval_s),
        )

    def readings(self, miners: list[Miner], hours: float) -> None:
        now = read_clock()
        count = int(hours * 3600 / POLL_S)
        for miner in miners:
            rows = [
                TelemetryReading(
                    miner=miner,
                    taken_at=now - timedelta(seconds=POLL_S * (count - place)),
                    state="h",
                    hashrate_ths=1.07,
                    expected_hashrate_ths=1.071,
                    power_w=18.7,
                    chip_temp_c=58.0,
                    vr_temp_c=61.0,
                    fan_percent=48.0,
                    frequency_mhz=525.0,
                    core_voltage_mv=1150,
                    shares_accepted=4000 + place,
                    shares_rejected=3,
                    mode="standard",
                )
                for place in range(count)
            ]
            TelemetryReading.objects.bulk_create(rows, batch_size=1000)
            NewestReading.objects.create(
                miner=miner, taken_at=now, state="hashing", state_since=now, hashrate_ths=1.07, power_w=18.7
            )
        roll_up(now=now, since=now - timedelta(hours=hours))


def database_mb() -> float:
    """Return the size of the database."""
    sizes = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with connection.cursor() as cursor:
        cursor.execute(sizes[connection.vendor])
        return float(cursor.fetchone()[0]) / 1e6
