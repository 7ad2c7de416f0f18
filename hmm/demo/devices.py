"""The simulators of the demo farm, in one process of their own."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from energy.tariffs.csv_prices import wire
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from hmm.demo import plan as plans
from hmm.demo.cast import CAST, Role
from hmm.demo.chats import chat_simulators
from hmm.demo.coins import coin_simulator
from hmm.demo.makers.base import SimulatedDevice
from hmm.demo.makers.registry import MAKERS
from hmm.demo.plugs import house_simulator
from hmm.demo.pools import pool_simulators
from hmm.demo.releases import release_simulator
from hmm.ops.signals import StopAsked

logger = logging.getLogger(__name__)

SLOTS_AHEAD = 96
FAULT_AFTER_S, FAULT_FOR_S = 75.0, 240.0


def price_table(name: str) -> dict[datetime, Decimal]:
    """Return the prices of a file by their start."""
    slots = wire.slots_of(Path(name).read_text(encoding="utf-8-sig"))
    return {slot.starts_at: slot.price_p_per_kwh for slot in slots}


def price_simulator(plan: plans.FarmPlan) -> PriceSimulator:
    return PriceSimulator(
        port=plan.price_port,
        seed=plans.SEED,
        table=price_table(plan.prices_file) if plan.prices_file else None,
        slot_length=plan.slot_length,
        turns_short_at=plan.turns_short_at,
        ahead=SLOTS_AHEAD,
    )


def miner_simulator(role: Role, place: int, plan: plans.FarmPlan) -> Any:
    """Return the simulator of a role, whatever its family (see makers.base.SimulatedDevice)."""
    return MAKERS[role.family].make(role, place + 1, plan.miner_ports[role.name])


def run_devices() -> None:
    """Run every simulator until a signal comes. One of them vanishes for a while and comes back."""
    stop = StopAsked()
    plan = plans.load(settings.HMM_DATA_DIR)
    if plan is None:
        raise SystemExit("The demo farm has no plan; start it with `make demo`.")
    devices: dict[str, SimulatedDevice] = {"prices": price_simulator(plan)}
    devices |= {role.name: miner_simulator(role, place, plan) for place, role in enumerate(CAST)}
    devices["Home Assistant"] = house_simulator(plan, devices)
    devices |= chat_simulators(plan)
    devices |= pool_simulators(plan)
    devices["coins"] = coin_simulator(plan)
    devices["releases"] = release_simulator(plan)
    away = start(devices, devices)
    for name in away:
        logger.warning("Another program has the port of %s, which is away until that ends", name)
    keep_controls(plan, devices, away)
    logger.info(
        "%s simulated devices, a price feed, a Home Assistant, two chats, pools, coins and releases answer here",
        len(CAST),
    )
    try:
        play(devices, away, plan, stop)
    finally:
        for device in devices.values():
            device.stop()


def start(devices: Mapping[str, SimulatedDevice], names: Iterable[str]) -> list[str]:
    """Start devices; return the names of those whose port another program has."""
    away = []
    for name in names:
        try:
            devices[name].start()
        except OSError:
            away.append(name)
    return away


def keep_controls(plan: plans.FarmPlan, devices: Mapping[str, SimulatedDevice], away: Collection[str]) -> None:
    """Write down where orders to the devices are taken."""
    there = {name: device for name, device in devices.items() if name not in away}
    plan.controls = {name: device.control_url for name, device in there.items() if device.control_url}
    plans.save(plan, settings.HMM_DATA_DIR)


def play(devices: Mapping[str, SimulatedDevice], away: list[str], plan: plans.FarmPlan, stop: StopAsked) -> None:
    """Let the roles with a fault have it now and then, for as long as the farm runs; start those that were away."""
    began = time.monotonic()
    faulty = False
    while not stop:
        time.sleep(0.2)
        passed = (time.monotonic() - began) % (FAULT_AFTER_S + FAULT_FOR_S)
        if faulty != (passed > FAULT_AFTER_S):
            faulty = not faulty
            for role in CAST:
                if role.fault and role.name not in away:
                    devices[role.name].set_fault(role.fault if faulty else "none")
        still = start(devices, away) if away else []
        if still != away:
            logger.info("%s answer now", ", ".join(sorted({*away} - {*still})))
            away = still
            keep_controls(plan, devices, away)
