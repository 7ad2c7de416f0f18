"""What the soak's person decides at the product's own pages: overrides, on and off, enrolment."""

from datetime import timedelta

from miners.models import Miner
from miners.services.fleet import edit_miner
from strategy.services.switches import set_enabled, set_override
from tests.soak.life import Life


def order(life: Life) -> None:
    """Let the person decide something; a reaction of every device is owed from here on."""
    kind = life.dice.choice(("on", "off", "auto", "disable", "enrol"))
    life.ended_at[""] = life.live_s
    {"on": override, "off": override, "auto": follow, "disable": turn, "enrol": enrol}[kind](life, kind)


def override(life: Life, kind: str) -> None:
    now = life.world.now
    until = now + timedelta(minutes=life.dice.choice((7, 31, 95)))
    running = [place for place, line in enumerate(life.oracle.lines) if line.target != "OFF"]
    place = life.dice.choice(running) if kind == "on" else None
    set_override(kind, band=None if place is None else place + 1, until=until, actor="keeper", now=now)
    life.oracle.forced = (kind, place, until)
    life.say(f"override {kind} {place} until {until:%H:%M}")


def follow(life: Life, _kind: str) -> None:
    set_override("auto", actor="keeper", now=life.world.now)
    life.oracle.forced = ("auto", None, None)
    life.say("override auto")


def turn(life: Life, _kind: str) -> None:
    life.oracle.enabled = not life.oracle.enabled
    set_enabled(life.oracle.enabled, actor="keeper")
    life.say(f"enabled: {life.oracle.enabled}")


def enrol(life: Life, _kind: str) -> None:
    residents = life.world.house.residents
    name = life.dice.choice([name for name, item in residents.items() if item.role.enrolled])
    enrolled = name in life.unenrolled
    (life.unenrolled.discard if enrolled else life.unenrolled.add)(name)
    edit_miner(Miner.objects.get(name=name), {"enrolled": enrolled}, actor="keeper", now=life.world.now)
    life.say(f"{name} enrolled: {enrolled}")
