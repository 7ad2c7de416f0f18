"""What is wrong with a miner becomes a message: each kind from readings of a simulated device to its notice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hmm.clock import now as read_clock
from miners.drivers.base import DeviceState
from miners.models import Miner
from miners.services.readings import record_reading
from notifications.models import Incident, Notice
from notifications.services.collecting import collect
from pools.models import Pool, PoolHealth

pytestmark = pytest.mark.django_db


def told(now):
    collect(now=now)
    return sorted(Notice.objects.values_list("event", flat=True))


@pytest.mark.parametrize(
    ("changes", "event", "title"),
    [
        ({"vr_temp_c": 95.0}, "temperature_warning", "regulator hot"),
        ({"state": DeviceState.STALLED, "hashrate_ths": 0.0}, "low_hashrate", "does not hash"),
        ({"hashrate_ths": 0.3}, "low_hashrate", "hash rate low"),
        ({"wifi_rssi_dbm": -92}, "miner_fault", "weak Wi-Fi"),
        ({"fault": "power fault"}, "miner_fault", "reports a fault"),
    ],
    ids=["miner_hot_vr", "miner_stalled", "miner_low_hashrate", "miner_wifi", "miner_fault"],
)
def test_what_lasts_is_told(miner, changes, event, title):
    reading = replace(miner.driver().read(), **changes)
    now = read_clock()
    for _time in range(13):
        now += timedelta(minutes=1)
        record_reading(Miner.objects.with_latest().get(pk=miner.pk), reading, now=now)

    assert told(now) == [event]
    assert Notice.objects.get().title == title


def test_a_device_that_runs_hot_and_trips_is_told_both_times(miner, bitaxe):
    now = read_clock()
    bitaxe.physics.temp_c = 72.0
    reading = miner.driver().read()
    for _time in range(3):
        now += timedelta(seconds=30)
        record_reading(Miner.objects.with_latest().get(pk=miner.pk), reading, now=now)
    assert told(now) == ["temperature_warning"]

    bitaxe.trip_overheat()
    record_reading(Miner.objects.with_latest().get(pk=miner.pk), miner.driver().read(), now=now)

    assert "temperature_danger" in told(now)


def test_a_miner_that_stalls_names_its_pool_which_is_looked_at(miner):
    now = read_clock()
    reading = replace(miner.driver().read(), state=DeviceState.STALLED, hashrate_ths=0.0)
    pool = Pool.objects.create(
        name="Solo", coin="BTC", host=reading.pool.host, port=reading.pool.port, wallet="wallet"
    )
    PoolHealth.objects.create(pool=pool, due_at=now + timedelta(minutes=9))

    for _time in range(5):
        now += timedelta(minutes=1)
        record_reading(Miner.objects.with_latest().get(pk=miner.pk), reading, now=now)

    assert Incident.objects.get(kind="miner_stalled").causes == ["pool:Solo"]
    assert PoolHealth.objects.get().due_at <= now


def test_a_setting_changed_at_the_device_is_told(miner, bitaxe):
    now = read_clock() + timedelta(minutes=5)
    bitaxe.settings["frequency"] = 400

    record_reading(Miner.objects.with_latest().get(pk=miner.pk), miner.driver().read(), now=now)

    assert told(now) == ["drift"]
    assert "400" in Notice.objects.get().title
