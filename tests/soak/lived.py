"""One stretch of the soak from its beginning to its checks. Everything follows from the seed."""

import gc
import logging
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from traceback import format_exc
from typing import Any

from django.db import connection

from miners.drivers.avalon_nano import cgminer
from miners.models import Miner
from strategy.band_rows import BandRow, external
from tests.soak.calm import check_calm
from tests.soak.checks import check_all
from tests.soak.life import Life
from tests.soak.oracle import Line, Oracle
from tests.soak.orders import order
from tests.soak.world import World

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
KEPT = Path(".cache/soak")  # what is left of stretches that failed
COLLECTED = (50_000, 20, 100)
SEED = int(os.environ.get("HMM_SOAK_SEED", "7"))


def row(limit: str | None, target: str, common: str, nano: str, *, alone: bool = False) -> BandRow:
    modes = {"bitaxe": common, "nerdqaxe": common, "avalon_nano": nano, "nmminer": "fixed"}
    ceiling = None if limit is None else Decimal(limit)
    return BandRow(
        ceiling=ceiling, target=target, champion_only=alone, modes=modes if target != "OFF" else external()
    )


ROWS = (
    row("3", "BTC", "turbo", "high"),
    row("9", "DGB", "standard", "med"),
    row("16", "BCH", "eco", "low", alone=True),
    row(None, "OFF", "", ""),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of the year is lived, and how much goes wrong in it."""

    seed: int
    began: datetime
    days: float
    slot: timedelta = HALF_HOUR
    rows: tuple[BandRow, ...] = ROWS
    troubles_a_day: float = 2.0

    def __str__(self) -> str:
        return f"{self.began:%m-%d}+{self.days:g}d/{self.slot.seconds // 60}min/seed {self.seed}"


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Leave what was there alone, and look for rubbish more seldom: a fifth of the time went into that."""
    kept = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)
    try:
        yield
    finally:
        gc.set_threshold(*kept)
        gc.unfreeze()


def tell(stretch: Stretch, life: Life) -> None:
    """Print the story of a stretch that failed, and keep it with its database: the same may not happen again."""
    title = str(stretch).replace("/", " ")
    story = "\n".join([f"HMM_SOAK_SEED={SEED} gives this again: {stretch}", *life.told, "", format_exc()])
    sys.stdout.write(story)
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{title}.txt").write_text(story, encoding="utf-8")
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        database = KEPT / f"{title}.sqlite3"
        database.unlink(missing_ok=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(database)])


def live(stretch: Stretch, settings: Any, monkeypatch: Any) -> Life:
    """Live through a stretch and check it; on a failure the story with its seed is printed and kept."""
    logging.disable(logging.WARNING)
    settings.HMM_DEVICE_REQUESTS_PER_MINUTE = 6  # as in the product
    monkeypatch.setattr(cgminer, "PAUSE_S", 0.0)  # real seconds that simulated devices do not need
    world = World(began=stretch.began, seed=stretch.seed, slot=stretch.slot)
    lines = [Line(row.ceiling, row.target, row.champion_only) for row in stretch.rows]
    life = Life(world, Oracle(lines), random.Random(stretch.seed), stretch.troubles_a_day)
    life.order, life.when_calm = order, [check_calm]
    life.modes_of_line = [dict(row.modes) for row in stretch.rows]
    try:
        with seldom_collected(), world.lived_in(settings, list(stretch.rows)):
            Miner.objects.update(poll_interval_s=60)
            life.pass_time(stretch.began + timedelta(days=stretch.days))
            check_all(life)
    except BaseException:
        tell(stretch, life)
        raise
    finally:
        logging.disable(logging.NOTSET)
    return life
