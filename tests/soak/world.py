"""A house that lives on a virtual clock: the product's own services, called when its beat would call them.

Nothing of the product is replaced. Time leaps from one thing that is due to the next; a quiet stretch is leapt
over as a whole, but for the strategy's own look at each slot.
"""

import math
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from energy.services.ledger import update_ledger
from energy.services.refresh import choose_tariff, claim_refresh, refresh_prices, watch_prices
from energy.tariffs.base import TariffError
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from hmm.net import within
from miners.drivers.esp_simulator import EspSimulator
from miners.models import Miner, PowerSwitch
from miners.models.command import OPEN
from miners.services.commands import take_command_step
from miners.services.fleet import add_miner, edit_miner
from miners.services.home_assistant import check_connection, claim_check, save_connection
from miners.services.plug_commands import due_plug_commands, take_plug_step
from miners.services.plug_links import save_plug
from miners.services.polling import claim_due_polls, due_commands, poll
from miners.switches.home_assistant.simulator import HomeAssistantSimulator
from pools.models import Pool
from strategy.band_rows import BandRow
from strategy.services.bands import apply_now, save_rows
from strategy.services.switches import set_enabled
from strategy.services.ticking import due_since, tick
from strategy.tasks import TWO_BEATS
from tests.soak.household import PLUGS, Household

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PATIENCE_S = 0.6  # real seconds; a device that stalls keeps nobody longer
WRITES = ("INSERT", "UPDATE", "DELETE")
OPEN_STATES = ", ".join(f"'{status.value}'" for status in OPEN)
# When something is due next, asked at every step: of commands, of plugs, of polls, of Home Assistant.
DUE = (
    f"SELECT (SELECT MIN(due_at) FROM miners_command WHERE status IN ({OPEN_STATES})),"
    f" (SELECT MIN(due_at) FROM miners_plugcommand WHERE status IN ({OPEN_STATES})),"
    " (SELECT MIN(poll_due_at) FROM miners_miner WHERE enabled),"
    " (SELECT MIN(due_at) FROM miners_homeassistantserver)"
)


class Killed(BaseException):
    """The worker died. Nothing of it reaches the database any more."""


@contextmanager
def dying(at: int) -> Iterator[None]:
    """Let this connection's process die right before its n-th write; what it still tries afterwards is lost."""
    seen = {"writes": 0, "dead": False}

    def execute(run: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES):
            seen["writes"] += 1
            seen["dead"] = seen["dead"] or seen["writes"] >= at
        if seen["dead"]:
            raise Killed
        return run(sql, parameters, many, context)

    with connection.execute_wrapper(execute):
        try:
            yield
        except Killed:
            return


class World:
    """The house, its prices, its product and its time."""

    def __init__(self, *, began: datetime, seed: int, slot: timedelta = timedelta(minutes=30)) -> None:
        self.began = self.now = began
        self.seed = seed
        self.slot = slot
        self.house = Household(self.clock)
        short = (
            {}
            if slot == timedelta(minutes=30)
            else {"slot_length": slot, "turns_short_at": began - timedelta(days=3)}
        )
        self.feed = PriceSimulator(seed=seed, now=lambda: self.now, **short)
        self.kill_at: int | None = None
        self.crowded = False
        self.decisions: list[tuple[datetime, Any]] = []
        self.watchers: list[Callable[[], None]] = []
        self.beats = self.polls = self.kills = self.crowds = 0

    def clock(self) -> float:
        return 100_000 + (self.now - self.began).total_seconds()

    # --- life -------------------------------------------------------------------------------------

    @contextmanager
    def lived_in(self, settings: Any, rows: list[BandRow]) -> Iterator["World"]:
        random.seed(self.seed)
        with (
            self.feed,
            HomeAssistantSimulator(clock=self.clock, began=self.began - timedelta(seconds=100_000)) as server,
        ):
            self.house.start(server)
            try:
                settings.HMM_OCTOPUS_URL = self.feed.base_url
                self.furnish(server.url, server.token, rows)
                yield self
            finally:
                self.house.stop()

    def furnish(self, url: str, token: str, rows: list[BandRow]) -> None:
        """Set the product up as a person would."""
        now = self.now
        for resident in self.house.residents.values():
            role = resident.role
            miner = add_miner(
                address=str(resident.device.address), name=role.name, actor="keeper", now=now, family=role.family
            )
            edit_miner(miner, {"enrolled": role.enrolled}, actor="keeper", now=now)
        Miner.objects.update(created_at=now - timedelta(days=1))
        save_connection(url=url, new_token=token, verify_tls=True, enabled=True, actor="keeper", now=now)
        for wiring in PLUGS:
            switch = PowerSwitch(
                entity=wiring.entity,
                name=wiring.entity,
                daily_cap=wiring.cap,
                locked=wiring.locked,
                policy=wiring.policy,
                cycles_hung=wiring.cycles_hung,
                min_on_minutes=wiring.minutes,
                min_off_minutes=wiring.minutes,
            )
            names = [resident.role.name for resident in self.house.behind(wiring.entity)]
            ids = Miner.objects.filter(name__in=names).values_list("pk", flat=True)
            save_plug(switch, miner_ids=ids, meter_entity="", actor="keeper", now=now)
        check_connection(now=now)
        for coin in ("DGB", "BCH", "BTC"):
            Pool.objects.create(name=coin, coin=coin, host=f"{coin.lower()}.test", port=3333, wallet="wallet")
        tariff = choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile", actor="keeper", now=now)
        refresh_prices(tariff, now=now)
        save_rows(rows, actor="keeper", now=now, action="band.edit")
        apply_now(actor="keeper", now=now)
        set_enabled(True, actor="keeper")

    # --- the beat ---------------------------------------------------------------------------------

    def beat(self) -> None:
        """Do what the product's beat and workers would do at this second, once or twice at once, or dying in it."""
        self.beats += 1
        with within(PATIENCE_S * 30):
            if self.kill_at is not None:
                at, self.kill_at = self.kill_at, None
                self.kills += 1
                with dying(at):
                    self.work()
            elif self.crowded:
                self.crowds += 1
                self.crowd()
            else:
                self.work()
        for watcher in self.watchers:
            watcher()

    def crowd(self) -> None:
        """Let two beats and two workers do the same second at the same time."""
        errors: list[BaseException] = []

        def run() -> None:
            try:
                self.work()
            except BaseException as error:  # noqa: BLE001  # handed on to the test
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _worker in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def work(self) -> None:
        now = self.now
        since = due_since(now=now)
        if since is not None:
            self.note(tick(now=now, unless_decided_after=since))
        if now.second == 0:
            self.note(tick(now=now, unless_decided_after=now - TWO_BEATS))
            self.fetch()
            update_ledger(now=now)
        for pk in due_commands(now=now):
            with within(PATIENCE_S):
                take_command_step(pk, now=now)
        for pk in due_plug_commands(now=now):
            with within(PATIENCE_S):
                take_plug_step(pk, now=now)
        if claim_check(now=now):
            with within(PATIENCE_S):
                check_connection(now=now)
        for pk in claim_due_polls(now=now):
            self.polls += 1
            with within(PATIENCE_S):
                poll(pk, now=now)

    def note(self, decision: Any) -> None:
        """Keep a decision with the prices that were stored when it was made."""
        if decision is not None:
            self.decisions.append((self.now, decision, self.stored_prices()))

    def stored_prices(self) -> dict[datetime, tuple[datetime, Decimal]]:
        """Read the stored prices as bare integers: what the product may decide by."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.starts_at, p.ends_at, p.price_p_per_kwh FROM energy_settlementperiod p"
                " JOIN energy_tariff t ON t.id = p.tariff_id WHERE t.active AND p.ends_at > %s AND p.starts_at < %s"
                " ORDER BY p.starts_at",
                [self.now - timedelta(days=2), self.now + timedelta(days=3)],
            )
            rows = cursor.fetchall()
        return {moment(start): (moment(end), Decimal(price) / 1_000_000) for start, end, price in rows}

    def fetch(self) -> None:
        tariff = claim_refresh(now=self.now)
        if tariff is None:
            watch_prices(now=self.now)
            return
        try:
            refresh_prices(tariff, now=self.now)
        except TariffError:
            return

    # --- time -------------------------------------------------------------------------------------

    def next_due(self) -> datetime:
        """Return the next second at which something is due; without a command under way, of five seconds' steps."""
        with connection.cursor() as cursor:
            cursor.execute(DUE)
            found = cursor.fetchone()
        moments = [None if value is None else moment(value) for value in found]
        step = 1 if any(moments[:2]) else 5
        minute = self.now.replace(second=0, microsecond=0) + MINUTE
        first = min([due for due in moments if due is not None] + [minute])
        whole = datetime.fromtimestamp(math.ceil(first.timestamp() / step) * step, tz=UTC)
        return max(self.now + SECOND, min(whole, minute))

    def live(self, until: datetime) -> None:
        """Live through every second at which something is due."""
        while self.now < until:
            self.now = min(until, self.next_due())
            self.beat()

    def leap(self, until: datetime) -> None:
        """Pass a quiet stretch at once; only the heat of the devices goes on by the minute."""
        while self.now < until:
            self.now = min(until, self.now + MINUTE)
            for resident in self.house.residents.values():
                if resident.powered and isinstance(resident.device, EspSimulator):
                    resident.device.advance()


def moment(value: Any) -> datetime:
    """Return an instant as a driver hands it out, aware."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
