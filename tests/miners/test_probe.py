"""The door for support: probe needs no server and opens no database."""

import json
import os
import socket
import subprocess
import sys

import pytest

from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.nmminer.simulator import NMMinerSimulator
from tests.captures import ROOT

FIELDS = [
    "family",
    "trust",
    "model",
    "firmware",
    "mac",
    "state",
    "mode",
    "pool",
    "pools",
    "hashrate_ths",
    "expected_hashrate_ths",
    "power_w",
    "chip_temp_c",
    "vr_temp_c",
    "board_temp_c",
    "fan_rpm",
    "fan_percent",
    "frequency_mhz",
    "core_voltage_mv",
    "shares_accepted",
    "shares_rejected",
    "best_difficulty",
    "uptime_s",
]


def probe(*arguments, networks="127.0.0.0/8", udp_port=12345):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hmm.settings",
        "HMM_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "HMM_DEVICE_NETWORKS": networks,
        "HMM_NMMINER_UDP_PORT": str(udp_port),
    }
    return subprocess.run(
        [sys.executable, "manage.py", "probe", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_reading_with_every_field():
    with BitaxeSimulator("gamma601", "v2.15.0") as device:
        done = probe(str(device.address), "--json")

    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert not [name for name in FIELDS if name not in answer]
    assert (answer["family"], answer["trust"], answer["model"]) == ("bitaxe", "full", "Gamma 601")
    assert answer["pool"] == {
        "host": "pool.example.net",
        "port": 3333,
        "user": "nobody.example",
        "fallback": False,
    }
    assert answer["board_temp_c"] is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [("vanish", "unreachable"), ("refuse", "refused"), ("truncate", "bad_payload"), ("html", "not_a_miner")],
)
def test_every_failure_has_its_class(fault, code):
    with BitaxeSimulator() as device:
        device.set_fault(fault)
        done = probe(str(device.address), "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["class"] == code


def test_an_avalon_on_its_own_port_speaks_tcp():
    with AvalonSimulator("nano3s") as device:
        done = probe(str(device.address), "--family", "avalon_nano", "--json")

    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert not [name for name in FIELDS if name not in answer]
    assert (answer["family"], answer["trust"], answer["model"], answer["mode"]) == (
        "avalon_nano",
        "full",
        "Nano 3S",
        "med",
    )
    assert [pool["position"] for pool in answer["pools"]] == [0, 1, 2]


def test_this_computer_is_refused_unless_it_was_added():
    done = probe("127.0.0.1", "--json", networks="")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["class"] == "refused"


def test_people_read_lines():
    with BitaxeSimulator() as device:
        done = probe(str(device.address))

    assert "hashrate_ths" in done.stdout
    assert done.returncode == 0


def test_a_device_that_only_broadcasts_is_listened_to():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with NMMinerSimulator(firmware="v1.5.01", tell_to=("127.0.0.1", port)) as device:
        device.every_s = 0.2
        done = probe("127.0.0.1:1", "--family", "nmminer", "--json", "--listen", "20", udp_port=port)

    answer = json.loads(done.stdout)
    assert not [name for name in FIELDS if name not in answer]
    assert (answer["family"], answer["firmware"], answer["pool"]["port"]) == ("nmminer", "v1.5.01", 3333)


def test_silence_after_listening_is_unreachable():
    done = probe("127.0.0.1:1", "--family", "nmminer", "--json", "--listen", "0.2")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["class"] == "unreachable"
