"""Who is polled when: one exchange at a time, nobody waits for a dead device."""

import itertools
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models import Sum

from hmm.clock import now as read_clock
from miners.contexts import tile_of
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Command, FiveMinuteMean, HourlyMean, Miner, NewestReading, TelemetryReading
from miners.models.newest import stale_after_s
from miners.rollups import purge, roll_up, sparklines
from miners.services.commands import request_command, take_command_step
from miners.services.fleet import add_miner
from miners.services.polling import claim_due_polls, due_commands, poll, until_its_turn
from notifications.models import Incident


def in_threads(*calls):
    """Run calls at the same time, each with a database connection of its own."""

    def run(call):
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


@pytest.mark.django_db(transaction=True)
def test_polls_and_commands_never_meet_at_one_device(bitaxe):
    miner = add_miner(address=str(bitaxe.address), actor="keeper", now=read_clock())
    bitaxe.delay_s, bitaxe.max_parallel = 0.15, 0
    command = request_command(miner, "mode", {"mode": "eco"}, actor="keeper", reason="", now=read_clock())

    in_threads(
        *[lambda: poll(miner.pk, now=read_clock())] * 6,
        *[lambda: take_command_step(command.pk, now=read_clock())] * 4,
    )

    assert bitaxe.max_parallel == 1
    assert len([entry for entry in bitaxe.requests if entry[1] == "PATCH"]) <= 1


@pytest.mark.django_db
def test_a_second_in_which_nothing_is_due_costs_a_look_and_no_more(bitaxe, django_assert_max_num_queries):
    now = read_clock()
    add_miner(address=str(bitaxe.address), actor="keeper", now=now)

    with django_assert_max_num_queries(4):
        assert claim_due_polls(now=now) == []
        assert due_commands(now=now) == []


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_claim_a_poll_once(bitaxe):
    miner = add_miner(address=str(bitaxe.address), actor="keeper", now=read_clock())
    now = read_clock() + timedelta(minutes=1)
    claimed = []

    in_threads(*[lambda: claimed.extend(claim_due_polls(now=now))] * 4)

    assert claimed == [miner.pk]


@pytest.mark.django_db(transaction=True)
def test_a_device_that_stalls_delays_no_other():
    with BitaxeSimulator(seed=1) as dead, BitaxeSimulator(seed=2) as alive:
        now = read_clock()
        first, second = (add_miner(address=str(device.address), actor="keeper", now=now) for device in (dead, alive))
        dead.set_fault("stall")
        took = {}

        def timed(miner):
            began = time.monotonic()
            poll(miner.pk, now=read_clock())
            took[miner.pk] = time.monotonic() - began

        in_threads(lambda: timed(first), lambda: timed(second))

    assert took[second.pk] < 1
    assert took[first.pk] < 10


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_devices_five_that_stall_keep_no_other_from_its_reading_and_its_command():
    class Patient(BitaxeSimulator):
        """One server for many miners; it does not hang when they are asked together."""

        def is_hanging(self):
            return False

    with Patient(host="0.0.0.0") as alive, Patient(host="0.0.0.0") as dead:
        dead.set_fault("stall")
        now = read_clock()
        Miner.objects.bulk_create(
            Miner(
                name=f"Miner {place:03}",
                kind="bitaxe",
                host=f"127.0.1.{place + 1}",
                port=(dead if place < 5 else alive).port,
                trust="full",
                board_facts={"presets": {}},
                poll_due_at=now,
            )
            for place in range(100)
        )
        due = claim_due_polls(now=now)
        stalled = set(Miner.objects.filter(port=dead.port).values_list("pk", flat=True))
        Command.objects.bulk_create(
            Command(miner_id=pk, kind="identify", due_at=now, created_at=now, actor="keeper") for pk in due
        )
        by_miner = dict(Command.objects.values_list("miner_id", "pk"))
        orders = [by_miner[pk] for pk in (*(set(due) - stalled), *stalled)]  # those that stall are told first
        waiting = [*(partial(poll, pk) for pk in due), *(partial(take_command_step, pk) for pk in orders)]

        def work():
            while waiting:
                waiting.pop()(now=now)

        in_threads(*[work] * 8)

    assert len(due) == 100
    assert set(NewestReading.objects.values_list("miner_id", flat=True)) == set(due) - stalled
    told = Command.objects.filter(message__contains="The device answered")
    assert set(told.values_list("miner_id", flat=True)) == set(due) - stalled
    assert not NewestReading.objects.filter(miner__in=stalled).exists()


@pytest.mark.django_db
class TestFailures:
    def test_a_dead_device_is_asked_less_and_less_and_told_once(self, miner, bitaxe):
        bitaxe.set_fault("vanish")
        now, waits = read_clock(), []
        for _try in range(9):
            poll(miner.pk, now=now)
            due = Miner.objects.get(pk=miner.pk).poll_due_at
            waits.append((due - now).total_seconds())
            now = due

        assert waits[0] == 30
        assert waits == sorted(waits)
        assert waits[-1] == 300
        assert Incident.objects.filter(kind="miner_unreachable").count() == 1

        bitaxe.set_fault("none")
        poll(miner.pk, now=now)
        stored = Miner.objects.get(pk=miner.pk)
        assert (stored.failures, stored.unreachable_since, stored.last_error) == (0, None, "")
        assert not Incident.objects.open().exists()

    def test_a_clock_that_was_set_back_leaves_nobody_waiting(self, miner):
        past = read_clock() - timedelta(days=2)

        assert claim_due_polls(now=past) == [miner.pk]

    def test_three_missed_polls_make_a_figure_stale(self, miner):
        taken = NewestReading.objects.get().taken_at
        stored = Miner.objects.with_latest().get(pk=miner.pk)

        assert not tile_of(stored, taken + timedelta(seconds=89)).stale
        assert tile_of(stored, taken + timedelta(seconds=91)).stale
        assert not tile_of(stored, taken + timedelta(seconds=91)).counts

    @pytest.mark.parametrize(("interval_s", "counts_s"), [(15, 90), (30, 90), (60, 180)])
    def test_no_figure_is_stale_only_because_its_device_was_asked_enough_for_a_minute(self, interval_s, counts_s):
        assert stale_after_s(interval_s) == counts_s

    def test_an_absurd_hashrate_is_dropped_and_the_rest_kept(self, miner, bitaxe):
        bitaxe.set_fault("freeze")
        bitaxe.frozen = {**bitaxe.frozen, "hashRate": 9.5e8}
        poll(miner.pk, now=read_clock())

        newest = NewestReading.objects.get()
        assert newest.hashrate_ths is None
        assert newest.power_w is not None

    def test_a_known_device_at_a_new_address_is_moved(self, miner, bitaxe):
        with BitaxeSimulator(mac=bitaxe.mac) as elsewhere:
            moved = add_miner(address=str(elsewhere.address), actor="keeper", now=read_clock())
            assert (moved.pk, moved.port) == (miner.pk, elsewhere.port)
        assert Miner.objects.count() == 1


@pytest.mark.django_db
class TestRollUps:
    def fill(self, miner):
        TelemetryReading.objects.all().delete()
        now = read_clock().replace(minute=59, second=0, microsecond=0)
        start = now - timedelta(hours=2)
        TelemetryReading.objects.bulk_create(
            TelemetryReading(
                miner=miner,
                taken_at=start + timedelta(seconds=30 * place),
                state="h" if place % 3 else "i",
                hashrate_ths=1 + place % 7 if place % 5 else None,
                power_w=18.5,
            )
            for place in range(240)
        )
        return now, start

    @pytest.mark.parametrize("model", [FiveMinuteMean, HourlyMean])
    def test_sums_equal_the_raw_rows_and_again_changes_nothing(self, miner, model):
        now, start = self.fill(miner)

        roll_up(now=now, since=start)
        first = list(model.objects.order_by("starts_at").values())
        roll_up(now=now, since=start)

        assert list(model.objects.order_by("starts_at").values()) == first
        raw = TelemetryReading.objects.aggregate(work=Sum("hashrate_ths"), power=Sum("power_w"))
        sums = model.objects.aggregate(
            work=Sum("hashrate_ths_sum"),
            power=Sum("power_w_sum"),
            samples=Sum("samples"),
            known=Sum("hashrate_ths_count"),
        )
        assert sums["work"] == pytest.approx(raw["work"])
        assert sums["power"] == pytest.approx(raw["power"])
        assert sums["samples"] == 240
        assert sums["known"] == TelemetryReading.objects.exclude(hashrate_ths=None).count()

    def test_a_sparkline_has_gaps_and_not_zeros(self, miner):
        now, start = self.fill(miner)
        roll_up(now=now, since=start)

        line = sparklines([miner.pk], now=now)[miner.pk]

        assert len(line) == 96
        assert line[0] is None
        assert line[-2] > 0

    def test_old_rows_go_and_young_ones_stay(self, miner):
        now, start = self.fill(miner)
        roll_up(now=now, since=start)

        purge(now=now + timedelta(days=8), raw_days=7, five_minute_days=90, hourly_days=1095)

        assert TelemetryReading.objects.count() == 0
        assert FiveMinuteMean.objects.exists()
        assert HourlyMean.objects.exists()


@pytest.mark.django_db
def test_the_reading_that_proves_a_command_brings_no_other_one_forward(bitaxe, miner):
    now = read_clock() + timedelta(minutes=2)
    mode = request_command(miner, "mode", {"mode": "eco"}, actor="keeper", reason="", now=now)
    poll(miner.pk, now=now)
    assert Miner.objects.get().poll_due_at == now + timedelta(seconds=5)
    take_command_step(mode.pk, now=now)

    poll(miner.pk, now=now + timedelta(seconds=5))

    mode.refresh_from_db()
    assert mode.status == "applied"
    assert Miner.objects.get().poll_due_at >= now + timedelta(seconds=5 + 15)


class TestTheirTurns:
    NOW = datetime(2026, 11, 29, 12, 0, 7, 123456, tzinfo=UTC)

    def after(self, pk, polls, *, interval_s=30, now=NOW):
        """Return the moments of a miner's polls."""
        miner, moments = Miner(pk=pk, poll_interval_s=interval_s), [now]
        for _poll in range(polls):
            moments.append(moments[-1] + until_its_turn(miner, moments[-1]))
        return moments

    @pytest.mark.parametrize("interval_s", [15, 30, 60])
    def test_nobody_is_asked_much_sooner_than_its_interval_or_later(self, interval_s):
        for pk in range(1, 200):
            moments = self.after(pk, 6, interval_s=interval_s)
            gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(moments)]
            assert all(interval_s / 2 <= gap <= interval_s + 1 for gap in gaps)
            assert gaps[-1] == pytest.approx(interval_s, abs=1e-4)  # it has its place and keeps it

    @pytest.mark.parametrize(("miners", "most"), [(20, 1), (50, 2), (100, 4), (1000, 35)])
    def test_a_fleet_that_was_asked_at_once_is_spread_over_the_interval(self, miners, most):
        first, second = (
            Counter(int(self.after(pk, polls)[-1].timestamp()) for pk in range(1, miners + 1)) for polls in (1, 2)
        )

        assert max(first.values()) <= 3 * most
        assert max(second.values()) <= most

    def test_what_a_command_brought_forward_falls_back_into_its_place(self):
        settled = self.after(7, 8)[-1]

        again = self.after(7, 2, now=settled + timedelta(seconds=11))[-1]

        assert (again - settled).total_seconds() % 30 == pytest.approx(0, abs=1e-4)
