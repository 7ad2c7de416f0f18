from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from energy.models import Tariff
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import Slot
from hmm.clock import now as read_clock
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Command, Miner
from miners.services.commands import take_command_step
from miners.services.fleet import add_miner, edit_miner
from miners.services.polling import due_commands, due_polls, poll
from pools.models import Pool
from strategy.services.bands import apply_now, load_example
from strategy.services.switches import set_enabled
from strategy.services.ticking import tick
from tests.strategy.powered import powered  # noqa: F401  # a fixture


@dataclass
class House:
    """One device, one tariff, the example bands; time walks as the test says."""

    device: Any
    miner: Miner
    tariff: Tariff
    now: datetime

    def prices(self, *prices: object) -> None:
        start = self.now.replace(minute=self.now.minute // 30 * 30, second=0, microsecond=0)
        half = timedelta(minutes=30)
        store_prices(
            self.tariff,
            [
                Slot(starts_at=start + n * half, ends_at=start + (n + 1) * half, price_p_per_kwh=Decimal(str(price)))
                for n, price in enumerate(prices)
                if price is not None
            ],
            now=self.now,
        )

    def tick(self):
        return tick(now=self.now)

    def fresh(self) -> Miner:
        return Miner.objects.get(pk=self.miner.pk)

    def poll(self) -> None:
        poll(self.miner.pk, now=self.now)

    def poll_due(self) -> None:
        for pk in due_polls(self.now).values_list("pk", flat=True):
            poll(pk, now=self.now)

    def step(self) -> None:
        """Let worker and beat do what is due at this second."""
        for pk in due_commands(now=self.now):
            take_command_step(pk, now=self.now)
        self.poll_due()

    def settle(self, seconds: int = 60) -> None:
        """Let worker and beat do what is due, second by second, until nothing is open."""
        for _second in range(seconds):
            self.step()
            if not Command.objects.open().exists():
                return
            self.now += timedelta(seconds=1)

    def jump(self, minutes: int):
        """Walk on in one step, with a fresh reading at the end, and return the decision of then."""
        self.now += timedelta(minutes=minutes)
        poll(self.miner.pk, now=self.now)
        decision = self.tick()
        self.settle(240)
        return decision

    def pass_minutes(self, minutes: int) -> None:
        """Walk on; the device is polled and the strategy looks each minute."""
        for _minute in range(minutes):
            self.now += timedelta(minutes=1)
            poll(self.miner.pk, now=self.now)
            self.tick()
            self.settle(30)

    def writes(self) -> list[str]:
        return [f"{method} {path} {body}" for _at, method, path, body in self.device.requests if method != "GET"]


@contextmanager
def furnished(make: Callable[[Callable[[], float]], Any]) -> Iterator[House]:
    """Make a house around one device; `make` gets the house's clock, so that the device ages with it."""
    now = read_clock().replace(minute=2, second=0, microsecond=0)
    made: list[House] = []

    def clock() -> float:
        return 100_000 + ((made[0].now if made else now) - now).total_seconds()

    with make(clock) as device:
        miner = add_miner(address=str(device.address), name="Study", actor="keeper", now=now)
        edit_miner(miner, {"enrolled": True}, actor="keeper", now=now)
        tariff = choose_tariff(kind="csv", config={}, name="Imported", actor="keeper", now=now)
        for coin in ("DGB", "BCH", "BTC"):
            Pool.objects.create(name=coin, coin=coin, host=f"{coin.lower()}.test", port=3333, wallet="wallet")
        load_example(actor="keeper", now=now)
        apply_now(actor="keeper", now=now)
        set_enabled(True, actor="keeper")
        made.append(House(device, miner, tariff, now))
        yield made[0]


@pytest.fixture
def house(db) -> Iterator[House]:
    with furnished(lambda clock: BitaxeSimulator(firmware="v2.14.0", reboot_s=2.0, clock=clock)) as made:
        yield made
