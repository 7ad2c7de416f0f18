"""Where nothing was wrong for a while, every device of the soak is as it should be: on or off, its pool, its mode."""

from tests.soak.household import Resident
from tests.soak.life import Life
from tests.soak.resting import plug_may_rest
from tests.soak.world import MINUTE

OFTEN = 0.15
SETTLES_S = 180  # live seconds after a change of the band


def check_calm(life: Life) -> None:
    """Now and then, where nothing is wrong nor was lately, live on for a while and look at everything."""
    world = life.world
    if life.now_wrong or world.now < life.unsure_until or life.dice.random() > OFTEN:
        return
    if any(seconds > 0 for seconds in life.hot_s.values()):
        return
    life.live(world.now + 3 * MINUTE)
    if life.is_restless() or life.live_s - life.changed_s < SETTLES_S:
        return
    life.calm_checks += 1
    champion = life.champion_name()
    for name, resident in world.house.residents.items():
        words = wrong_with(life, name, resident, champion)
        if words:
            life.complaints.append(f"{world.now:%m-%d %H:%M:%S} {name}: {words}")
            life.say(f"?? {name}: {words}")


def wrong_with(life: Life, name: str, resident: Resident, champion: str | None) -> str:
    if not resident.role.enrolled or name in life.unenrolled or life.word == "stay":
        return ""
    if getattr(resident.device, "tripped", False):  # a NerdQaxe that was too hot waits for a person's restart
        return ""
    held = life.hands.get(name, set())
    if life.must_be_off(name, champion):
        return "hashes and should be off" if resident.hashes and life.can_be_off(resident, champion) else ""
    if not resident.hashes:
        words = f"does not hash and should (powered {resident.powered}, fault {resident.device.fault})"
        return "" if "power" in held or plug_may_rest(life, resident) else words
    live = getattr(resident.device, "live_pool", None)
    wanted = f"{life.oracle.lines[life.place or 0].target.lower()}.test"
    if live is not None and "pool" not in held and live["stratumURL"] != wanted:
        return f"works for {live['stratumURL']}, not {wanted}"
    return "" if "mode" in held else wrong_mode(life, name, resident)


def wrong_mode(life: Life, name: str, resident: Resident) -> str:
    """Say which mode a device runs where another one is to be; a champion runs its lowest."""
    if name not in life.modes or life.place is None:
        return ""
    line = life.oracle.lines[life.place]
    wanted = life.modes[name][0] if line.alone else life.modes_of_line[life.place][resident.role.family]
    preset = life.presets.get((name, wanted))
    if preset is not None and resident.device.settings["frequency"] != preset:
        return f"runs at {resident.device.settings['frequency']} MHz, {wanted} is {preset}"
    return ""
