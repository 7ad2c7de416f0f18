"""The measurements of `make bench`: each starts the product as it ships and looks from outside."""

import asyncio
import itertools
import json
import os
import platform
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import websockets

from hmm.demo.bench_product import WALLET, MeasuredProduct, percentile, worker
from miners.drivers.bitaxe.simulator import BitaxeSimulator

TAKEN = re.compile(r'data-age="([^"]+)"')  # of the reading; the pill beside it says since when its state holds
ANSWER_S = 0.05
TABS, PAGES = 50, 60
WATCH_S = 40
BULK_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it should reach."""

    name: str
    value: float
    unit: str
    reach: float | None
    database: str

    @property
    def holds(self) -> bool | None:
        return None if self.reach is None else self.value <= self.reach


@contextmanager
def devices(count: int, *, dead: int = 0) -> Iterator[list[BitaxeSimulator]]:
    """Run simulators that answer in 50 ms; the last `dead` ones never answer."""
    with ExitStack() as stack:
        made = [stack.enter_context(BitaxeSimulator(seed=place + 1)) for place in range(count)]
        for place, device in enumerate(made):
            device.delay_s = ANSWER_S
            device.settings["stratumUser"] = f"{WALLET}.{worker(place)}"  # it mines where it is wanted already
        for device in made[count - dead :] if dead else []:
            device.set_fault("stall")
        yield made


@contextmanager
def product(
    fleet: list[BitaxeSimulator], database_url: str, *, hours: float, interval_s: int, enabled: bool, cheap_s: int
) -> Iterator[MeasuredProduct]:
    folder = Path(tempfile.mkdtemp(prefix="hmm-bench-"))
    made = MeasuredProduct(folder, database_url)
    try:
        made.manage("prepare")
        told = {
            "ports": [device.port for device in fleet],
            "readings_hours": hours,
            "poll_interval_s": interval_s,
            "enabled": enabled,
            "cheap_s": cheap_s,
        }
        made.mb_per_miner = json.loads(made.manage("bench_seed", stdin=json.dumps(told)))["mb_per_miner"]
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def house(database_url: str, name: str) -> list[Figure]:
    """50 miners with a day of readings: start, Home, memory, the way of a reading to fifty tabs."""
    with (
        devices(50) as fleet,
        product(fleet, database_url, hours=24, interval_s=30, enabled=False, cheap_s=3600) as made,
    ):
        made.start()
        made.stop()
        start = made.start()
        session = made.sign_in()
        time.sleep(5)
        home = [made.get_s("/") for _page in range(PAGES)]
        others = [
            made.get_s(path) for path in ("/miners/", "/strategy/", "/energy/", "/api/miners") for _ in range(8)
        ]
        delays = asyncio.run(watch_tabs(made, session))
        memory = made.memory_mb()
        bulk, search = bulk_s(made), search_s(made)
    return [
        Figure("start to first page, existing data", start, "s", 6, name),
        Figure("Home, 50 miners, 24 h of readings, p95", percentile(home, 0.95) * 1000, "ms", 150, name),
        Figure("other pages and API while polling, p99", percentile(others, 0.99) * 1000, "ms", 500, name),
        Figure(f"reading taken to shown, {TABS} tabs, p99", percentile(delays, 0.99), "s", 1, name),
        Figure("memory of all processes (PSS)", memory, "MB", 350, name),
        Figure("database growth by a miner's day of readings", made.mb_per_miner, "MB", 1, name),
        Figure("bulk: a mode for 50 miners, each one proven", bulk, "s", None, name),
        Figure("search of a /24 with 254 silent addresses", search, "s", 15, name),
    ]


def bulk_s(made: MeasuredProduct) -> float:
    """Return how long a mode takes for every miner, until the last one has shown it."""
    ids = [miner["id"] for miner in made.call("GET", "/api/miners")]
    began = time.monotonic()
    job = made.call("POST", "/api/miners/bulk/mode", {"miner_ids": ids, "mode": "eco"})["job_id"]
    while time.monotonic() - began < BULK_LIMIT_S:
        if made.call("GET", f"/api/jobs/{job}")["status"] not in {"waiting", "running"}:
            return time.monotonic() - began
        time.sleep(0.25)
    return float("nan")


def search_s(made: MeasuredProduct) -> float:
    """Return how long a search takes where nothing answers, the start of the program included."""
    with silent_port() as port:
        began = time.monotonic()
        made.manage("discover", "127.0.0.0/24", "--port", str(port), "--json")
        return time.monotonic() - began


@contextmanager
def silent_port() -> Iterator[int]:
    """Give a port at which every address of this computer is as silent as a device that is not there."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("0.0.0.0", 0))  # nobody is ever let in
        listener.listen(0)
        port = int(listener.getsockname()[1])
        for _place in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        yield port


async def watch_tabs(made: MeasuredProduct, session: str) -> list[float]:
    """Return how old each reading is when a tab receives it."""
    delays: list[float] = []

    async def tab() -> None:
        headers = {"Cookie": f"sessionid={session}"}
        url = f"ws://127.0.0.1:{made.port}/ws/live/"
        async with websockets.connect(url, origin=made.url, additional_headers=headers) as line:  # type: ignore[arg-type]  # a plain text origin
            ends = time.monotonic() + WATCH_S
            while (left := ends - time.monotonic()) > 0:
                try:
                    text = str(await asyncio.wait_for(line.recv(), left))
                except TimeoutError:
                    return
                found = TAKEN.search(text)
                if found:
                    age = datetime.now(tz=UTC) - datetime.fromisoformat(found[1])
                    delays.append(age.total_seconds())

    await asyncio.gather(*(tab() for _tab in range(TABS)))
    return delays


def fleet_of_100(database_url: str, name: str) -> list[Figure]:
    """100 miners, one dead: how late polls are, and how soon each hears of a dear price."""
    cheap_s = 75
    with (
        devices(100, dead=1) as fleet,
        product(fleet, database_url, hours=0.01, interval_s=30, enabled=True, cheap_s=cheap_s) as made,
    ):
        seeded = time.monotonic()
        made.start()
        time.sleep(max(0.0, cheap_s + 25 - (time.monotonic() - seeded)))
        living = fleet[:99]
        polls = [gaps(device) for device in living]
        pauses = [at for device in living if (at := first_pause(device)) is not None]
    late = [gap - 30 * 1.03 for device_gaps in polls for gap in device_gaps]
    crossing = max(pauses) - min(pauses) if pauses else float("nan")
    return [
        Figure("100 miners, one dead: poll later than due, p99", max(0.0, percentile(late, 0.99)), "s", 2, name),
        Figure("price crossing: first to last of 99 commands", crossing, "s", 10, name),
        Figure("miners not commanded", float(len(living) - len(pauses)), "", 0, name),
    ]


def gaps(device: BitaxeSimulator) -> list[float]:
    """Return the seconds between polls that no command brought forward."""
    times = [at for at, method, path, _body in device.requests if method == "GET" and path.endswith("/info")]
    return [after - before for before, after in itertools.pairwise(times) if after - before > 25]


def first_pause(device: BitaxeSimulator) -> float | None:
    return next((at for at, _method, path, _body in device.requests if path.endswith("/pause")), None)


def machine() -> str:
    """Describe the machine the figures belong to."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
