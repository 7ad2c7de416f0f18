"""The orders a simulated Avalon takes, with the firmware's own refusals."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from miners.drivers.avalon_nano.simulator_bodies import Slot

if TYPE_CHECKING:
    from miners.drivers.avalon_nano.simulator import AvalonSimulator

Verdict = tuple[str, int, str]
FAILED, INFO, DONE = 120, 118, 119


def ascset(device: "AvalonSimulator", parameter: str) -> Verdict:
    """Take `0,option,value…`; what the product does not list is an unknown option."""
    number, _comma, rest = parameter.partition(",")
    option, _comma, value = rest.partition(",")
    if number != "0" or not option:
        return "E", 116, "Missing option after ASC number"
    own = "worklevel" if device.body.has_levels else "workmode"
    if option == own:
        return change_mode(device, option, value)
    if option == "reboot":
        return reboot(device, value)
    if option == "fan-spd":
        return fan(device, value)
    if option in {"softoff", "softon"} and device.body.has_standby:
        return stand_by(device, option, value)
    return "E", FAILED, f"ASC 0 set failed: Unknown option: {option}"


def change_mode(device: "AvalonSimulator", option: str, value: str) -> Verdict:
    if value == "get":
        return "I", INFO, f"ASC 0 set info: {option} {device.mode}"
    found = re.fullmatch(r"set,([0-9]{1,2})", value)
    if found is None:
        return "E", FAILED, "ASC 0 set failed: error:2 parameter error"
    mode = int(found[1])
    if mode >= len(device.body.modes):
        return "E", FAILED, f"ASC 0 set failed: error:1 {option} max_mode[{len(device.body.modes) - 1}]"
    if mode != device.mode and device.is_calibrating():
        words = f"ASC 0 set failed: current mode {device.mode} is caling Don't permit switch mode"
        return "E", FAILED, words
    if "workmode" not in device.lies_about:
        device.change_mode(mode)
    return "S", DONE, "ASC 0 set OK"


def reboot(device: "AvalonSimulator", value: str) -> Verdict:
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) > 300:
        return "E", FAILED, "ASC 0 set failed: value not number"
    if "reboot" not in device.lies_about:
        device.reboot()
    return "S", DONE, "ASC 0 set OK"


def fan(device: "AvalonSimulator", value: str) -> Verdict:
    if value == "-1":
        device.fan_fixed = None
        return "S", DONE, "ASC 0 set OK"
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 15 <= int(value) <= 100:
        return "E", FAILED, "ASC 0 set failed: error value, range 15-100 or -1"
    device.fan_fixed = int(value)
    return "S", DONE, "ASC 0 set OK"


def stand_by(device: "AvalonSimulator", option: str, value: str) -> Verdict:
    if not re.fullmatch(r"1:[0-9]+", value):
        return "E", FAILED, "ASC 0 set failed: parameter error"
    if "standby" not in device.lies_about:
        device.soft_off = 4 if option == "softoff" else 0
    return "I", INFO, f"ASC 0 set info: success {option}:{value.partition(':')[2]}"


def switchpool(device: "AvalonSimulator", parameter: str) -> Verdict:
    """Put one slot first at once; nothing of it is kept over a restart."""
    if not re.fullmatch(r"[0-9]{1,2}", parameter):
        return "E", 25, "Missing pool id parameter"
    place = int(parameter)
    if place >= len(device.slots):
        return "E", 26, f"Invalid pool id {place} - range is 0 - {len(device.slots) - 1}"
    if "switchpool" not in device.lies_about:
        device.order.remove(place)
        device.order.insert(0, place)
    slot = device.slots[place]
    return "S", 27, f"Switching to pool {place}:'stratum+tcp://{slot.host}:{slot.port}'"


def setpool(device: "AvalonSimulator", parameter: str) -> Verdict:
    """Write one slot to flash. It shows and counts after a restart; the words repeat the pool's password."""
    parts = parameter.split(",")
    if len(parts) not in {5, 6}:
        return "E", 132, "Pool set error: we need 5 | 6 arguments"
    user, password, place, url, worker = parts[:5]
    if user != device.web_user:
        return "E", 132, "Pool set error: username err"
    if password != device.web_password:
        return "E", 132, "Pool set error: userpass err"
    if not re.fullmatch(r"[0-9]", place) or int(place) >= device.body.slots:
        return "E", 132, f"Pool set error: pool num must between 0 and {device.body.slots - 1}"
    split = urlsplit(url)
    own = parts[5] if len(parts) == 6 else "x"
    if "setpool" not in device.lies_about:
        device.flash[int(place)] = Slot(split.hostname or "", split.port or 3333, worker, own)
    return "S", 133, f"Pool set ok:\n url {url}\n user {worker}\n pass {own}\nplease reboot the device"
