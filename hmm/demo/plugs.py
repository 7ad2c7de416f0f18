"""The demo farm's Home Assistant: plugs that really cut the current of simulated miners, and meters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from hmm.demo import plan as plans
from miners.models import Miner, PowerSwitch
from miners.services.home_assistant import save_connection
from miners.services.plug_links import save_plug, set_miner_meter
from miners.switches.home_assistant.simulator import TOKEN, HomeAssistantSimulator

ACTOR = "demo"
LOSSES = 1.08  # a power supply takes a little more from the wall than it gives


@dataclass(frozen=True, slots=True)
class Wired:
    """One plug of the house and the roles behind it; `linked` ones are known to HMM from the start."""

    entity: str
    name: str
    roles: tuple[str, ...]
    meter: str = ""
    locked: bool = False
    linked: bool = True


HOUSE = (
    Wired("switch.miner_bedroom_supra", "Bedroom plug", ("Bedroom Supra",), "sensor.miner_bedroom_supra_power"),
    Wired("switch.desk_strip", "Desk strip", ("Desk Nerd", "Landing Duo"), "sensor.desk_strip_power"),
    Wired("switch.porch_max", "Porch plug", ("Porch Max",), locked=True),
    Wired("switch.miner_garage_gt", "Garage plug", ("Garage GT",), "sensor.miner_garage_gt_power", linked=False),
    Wired("switch.kettle", "Kettle", (), linked=False),
)
WORKSHOP_METER, WORKSHOP = "sensor.workshop_power", "Workshop Hex"


def house_simulator(plan: plans.FarmPlan, devices: Mapping[str, Any]) -> HomeAssistantSimulator:
    """Return the simulated Home Assistant, wired to the simulated miners."""
    house = HomeAssistantSimulator(port=plan.home_assistant_port)
    for wired in HOUSE:
        behind = [devices[role] for role in wired.roles if role in devices]
        house.add_plug(
            wired.entity,
            wired.name,
            meter=wired.meter,
            feeds=partial(give_current, behind),
            draws=drawn_by(behind),
        )
    house.add_plug("switch.workshop", "Workshop", meter=WORKSHOP_METER, draws=drawn_by([devices[WORKSHOP]]))
    return house


def drawn_by(behind: list[Any]) -> Callable[[], float]:
    return lambda: LOSSES * sum(float(device.power_w()) for device in behind)


def give_current(behind: list[Any], on: bool) -> None:
    """Let devices vanish with their current, and boot when it comes back."""
    for device in behind:
        device.set_fault("none" if on else "vanish")
        if on:
            device.reboot()


def make_plugs(plan: plans.FarmPlan, *, now: datetime) -> None:
    """Connect the household to its Home Assistant and link the plugs it knows."""
    save_connection(
        url=f"http://127.0.0.1:{plan.home_assistant_port}",
        new_token=TOKEN,
        verify_tls=True,
        enabled=True,
        actor=ACTOR,
        now=now,
    )
    for wired in HOUSE:
        if wired.linked:
            save_plug(
                PowerSwitch(
                    entity=wired.entity, name=wired.name, locked=wired.locked, min_on_minutes=1, min_off_minutes=1
                ),
                miner_ids=list(Miner.objects.filter(name__in=wired.roles).values_list("pk", flat=True)),
                meter_entity=wired.meter,
                actor=ACTOR,
                now=now,
            )
    set_miner_meter(Miner.objects.get(name=WORKSHOP), WORKSHOP_METER, actor=ACTOR, now=now)
