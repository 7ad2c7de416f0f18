"""One exchange at a time at each device, also at one that takes its time with every answer."""

import threading
import time

import pytest
from django.db import connection

from hmm.clock import now as read_clock
from hmm.net import exchange, within
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Command, Miner, NewestReading
from miners.services.commands import request_command, take_command_step
from miners.services.fleet import add_miner
from miners.services.polling import poll

POOL = {"host": "pool.test", "port": 3334, "user": "wallet.study"}


def test_exchanges_share_one_deadline_and_none_starts_after_it():
    with BitaxeSimulator() as device:
        device.delay_s = 0.4
        began = time.monotonic()
        with within(0.6):
            exchange(device.host, device.port, "GET", "/api/system/info")
            with pytest.raises(TimeoutError):
                exchange(device.host, device.port, "GET", "/api/system/info")
            asked = len(device.requests)
            with pytest.raises(TimeoutError), within(60):
                exchange(device.host, device.port, "GET", "/api/system/info")

        assert time.monotonic() - began < 5
        assert len(device.requests) == asked


@pytest.mark.django_db(transaction=True)
def test_a_describing_poll_and_a_pool_write_at_a_very_slow_device_are_never_met_by_another():
    with BitaxeSimulator(seed=1) as first, BitaxeSimulator(seed=2) as second:
        now = read_clock()
        polled, written = (add_miner(address=str(item.address), actor="keeper", now=now) for item in (first, second))
        command = request_command(written, "pool", POOL, actor="keeper", reason="", now=now)
        Miner.objects.filter(pk=polled.pk).update(board_facts=None)
        for device in (first, second):
            device.delay_s, device.max_parallel = 6.5, 0
        busy = threading.Event()

        def others():
            """Try to poll both, again and again, as a worker with a full queue would."""
            while not busy.wait(0.5):
                for pk in (polled.pk, written.pk):
                    poll(pk, now=read_clock())
            connection.close()

        def work(call):
            call()
            connection.close()

        calls = (
            lambda: poll(polled.pk, now=read_clock()),
            lambda: take_command_step(command.pk, now=read_clock()),
        )
        threads = [threading.Thread(target=work, args=[call]) for call in calls]
        for thread in threads:
            thread.start()
        time.sleep(0.3)  # they have their leases; then the crowd comes
        crowd = [threading.Thread(target=others) for _one in range(2)]
        for thread in crowd:
            thread.start()
        for thread in threads:
            thread.join(40)
        busy.set()
        for device in (first, second):
            device.delay_s = 0.0
        for thread in crowd:
            thread.join(40)

    assert (first.max_parallel, second.max_parallel) == (1, 1)
    assert Miner.objects.get(pk=polled.pk).board_facts
    assert NewestReading.objects.filter(miner=polled).exists()
    assert Command.objects.get().status in {"sent", "needs restart", "restarting"}
