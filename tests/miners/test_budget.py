"""A device is asked at most six times a minute, by whomever, and turning off never waits for it."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmm.clock import now as read_clock
from hmm.jobs.services import claim_job
from miners import budget
from miners.budget import Errand
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.drivers.esp_http import EspHttp
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.nmminer.simulator import NMMinerSimulator
from miners.drivers.registry import FAMILIES
from miners.models import Command, Miner, NewestReading
from miners.services import bulk
from miners.services.allowing import CommandRefusedError
from miners.services.budgeting import affordable_commands
from miners.services.commands import request_command, take_command_step
from miners.services.finding import welcome
from miners.services.fleet import add_miner
from miners.services.polling import claim_due_polls, due_commands, poll
from miners.services.searching import known_hosts, search
from pools.models import Pool

MINUTE_S, PER_MINUTE = 60, 6
moments = st.lists(st.integers(min_value=0, max_value=600), max_size=30)


@pytest.fixture(autouse=True)
def as_shipped(settings):
    settings.HMM_DEVICE_REQUESTS_PER_MINUTE = PER_MINUTE


@given(requests=moments, now=st.integers(min_value=0, max_value=700), errand=st.sampled_from(list(Errand)))
def test_an_errand_that_has_to_wait_may_pass_at_the_moment_it_is_told(requests, now, errand):
    requests = [moment for moment in requests if moment <= now]

    moment = budget.passes_at(requests, errand, now, per_minute=PER_MINUTE)

    assert moment >= now
    assert budget.may_pass(requests, errand, now, per_minute=PER_MINUTE) == (moment == now)
    assert budget.may_pass(requests, errand, moment, per_minute=PER_MINUTE)


def test_a_poll_gives_way_before_a_command_does():
    asked = [0.0, 10.0, 20.0, 30.0]

    assert not budget.may_pass(asked, Errand.ROUTINE, 40.0, per_minute=PER_MINUTE)
    assert budget.may_pass(asked, Errand.COMMANDED, 40.0, per_minute=PER_MINUTE)
    assert budget.passes_at(asked, Errand.ROUTINE, 40.0, per_minute=PER_MINUTE) == budget.WINDOW_S


@pytest.mark.django_db
def test_a_proof_waits_for_a_quiet_minute_and_polls_give_way_to_it(miner):
    now = read_clock()
    Miner.objects.update(trust="read_only", poll_due_at=now, requests_at=[now.timestamp() - age for age in (50, 20)])
    proof = request_command(Miner.objects.get(), "prove", {}, actor="keeper", reason="", now=now)

    assert affordable_commands([proof.pk], now=now) == []
    assert claim_due_polls(now=now) == []
    assert affordable_commands([proof.pk], now=now + timedelta(seconds=12)) == [proof.pk]


def test_requests_from_a_clock_that_was_set_back_do_not_count():
    assert budget.recent([5000.0, 100.0], 101.0) == [100.0]


DEVICES = {"bitaxe": BitaxeSimulator, "nerdqaxe": NerdQaxeSimulator, "nmminer": NMMinerSimulator}


def test_every_family_on_a_small_board_is_counted_here():
    assert {kind for kind, driver in FAMILIES.items() if issubclass(driver, EspHttp)} == set(DEVICES)


class Hour:
    """A device and all that HMM does to it, on a clock of their own."""

    def __init__(self, family="bitaxe"):
        self.start = read_clock().replace(microsecond=0)
        self.second = 0.0
        self.simulator = DEVICES[family](clock=lambda: self.second, reboot_s=15)

    @property
    def now(self):
        return self.start + timedelta(seconds=self.second)

    def step(self):
        """Do what worker and beat do in one second."""
        for pk in due_commands(now=self.now):
            take_command_step(pk, now=self.now)
        for pk in claim_due_polls(now=self.now):
            poll(pk, now=self.now)
        bulk.follow_jobs(now=self.now)

    def run(self, seconds):
        """Go on second by second, over those in which nothing is due at one go."""
        end = self.second + seconds
        while self.second < end:
            self.step()
            self.second = min(end, self.second + self.idle_s())

    def idle_s(self):
        """Return how long nothing is due; what waits for its budget is looked at every three seconds."""
        due = [Miner.objects.get().poll_due_at, *Command.objects.open().values_list("due_at", flat=True)]
        left = min((moment - self.now).total_seconds() for moment in due)
        return left if left > 0 else 3

    def ask(self, kind, value):
        try:
            return request_command(
                Miner.objects.with_latest().get(), kind, value, actor="keeper", reason="", now=self.now
            )
        except CommandRefusedError:
            return None

    def ask_many(self, act, **value):
        """Do something to many miners, of which this is one."""
        job = claim_job(bulk.start_bulk(act, [Miner.objects.get().pk], value, actor="keeper", now=self.now).pk)
        bulk.begin_lines(job, now=self.now)

    def look(self):
        """Look through its network, whether it is silent at this moment or not."""
        host, port = self.simulator.host, self.simulator.port
        for finding in search([host], ports=[port], skip=known_hosts()):
            if finding.reading is not None:
                welcome(finding, finding.reading, add=True, actor="keeper", now=self.now)

    def be_gone(self, seconds):
        """Lose the device for a while, and look for it the moment it is back."""
        self.simulator.set_fault("vanish")
        self.run(seconds)
        self.simulator.set_fault("none")
        self.look()

    def busiest_minute(self):
        times = [entry[0] for entry in self.simulator.requests]
        return max(
            ([e for e in self.simulator.requests if first <= e[0] < first + MINUTE_S] for first in times), key=len
        )


POOL = {"host": "pool.example.net", "port": 3333}
ORDERS = [
    ("mode", {"mode": "eco"}),
    ("mode", {"mode": "turbo"}),
    ("tuning", {"frequency_mhz": 510, "core_voltage_mv": 1130}),
    ("fan", {"percent": 80}),
    ("restart", {}),
    ("pool", {**POOL, "user": "one"}),
    ("pool", {**POOL, "user": "two"}),
    ("power", {"on": True}),
]


def turn_off(hour):
    """Ask it to stop and tell whether that left within two seconds; a family that cannot stop has nothing to send."""
    off = hour.ask("power", {"on": False})
    hour.run(2)
    return off is None or Command.objects.get(pk=off.pk).sent_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("family", DEVICES)
def test_an_hour_of_everything_asks_at_most_six_times_a_minute_and_never_twice_at_once(family):
    hour, dice = Hour(family), random.Random(family)
    waits = []
    with hour.simulator as device:
        hour.look()
        add_miner(address=str(device.address), actor="keeper", now=hour.now)
        Miner.objects.update(poll_interval_s=15 if family == "bitaxe" else 30)
        pool = Pool.objects.create(name="DGB", coin="DGB", host="dgb.test", port=3333, wallet="wallet")
        for turn in range(10):
            for kind, value in dice.sample(ORDERS, 2):
                hour.ask(kind, value)
            act, given = dice.choice([("restart", {}), ("pool", {"pool_id": pool.pk})])
            hour.ask_many(act, **given)
            add_miner(address=str(device.address), actor="keeper", now=hour.now)
            hour.look()
            if turn % 3 == 2:
                hour.run(10)
                waits.append(turn_off(hour))
                hour.be_gone(100)
            hour.run(360 - hour.second % 360)

        assert hour.second >= 3600
        assert len(hour.busiest_minute()) <= PER_MINUTE
        assert device.max_parallel == 1
    assert waits == [True] * 3
    assert Command.objects.filter(status="applied").count() >= 3
    assert Command.objects.filter(kind="pool", status="applied").exists()


@pytest.mark.django_db
def test_polling_every_15_s_alone_keeps_nearly_its_rhythm():
    hour = Hour()
    with hour.simulator as device:
        add_miner(address=str(device.address), actor="keeper", now=hour.now)
        Miner.objects.update(poll_interval_s=15)
        hour.run(600)

        assert len(device.requests) >= 36
        assert len(hour.busiest_minute()) <= PER_MINUTE


@pytest.mark.django_db
def test_turning_off_passes_where_another_command_waits(miner):
    now = read_clock()
    Miner.objects.update(requests_at=[now.timestamp() - second for second in range(5)])
    mode = request_command(miner, "mode", {"mode": "eco"}, actor="keeper", reason="", now=now)
    off = request_command(miner, "power", {"on": False}, actor="keeper", reason="", now=now)

    assert affordable_commands([mode.pk, off.pk], now=now) == [off.pk]
    assert set(affordable_commands([mode.pk, off.pk], now=now + timedelta(seconds=62))) == {mode.pk, off.pk}


@pytest.mark.django_db
def test_a_poll_that_gives_way_is_due_when_the_device_may_be_asked_again(miner):
    now = read_clock()
    Miner.objects.update(poll_due_at=now, requests_at=[now.timestamp() - 30] * 4)

    assert claim_due_polls(now=now) == []
    assert Miner.objects.get().poll_due_at == pytest.approx(now + timedelta(seconds=31), abs=timedelta(seconds=1))


# --- what came between a claim and its lease -----------------------------------------------------


def spent(count, now):
    """Let a device have been asked so often in the last seconds."""
    Miner.objects.update(requests_at=[now.timestamp() - 1 - second for second in range(count)])


@pytest.mark.django_db
def test_a_poll_whose_device_was_asked_since_it_was_claimed_gives_way(bitaxe, miner):
    now = read_clock() + timedelta(minutes=2)
    assert claim_due_polls(now=now) == [miner.pk]
    spent(4, now)
    bitaxe.requests.clear()

    assert poll(miner.pk, now=now) is None

    assert not bitaxe.requests
    assert Miner.objects.get().failures == 0
    assert Miner.objects.get().poll_due_at > now


@pytest.mark.django_db
def test_a_step_whose_device_was_asked_since_it_was_found_due_waits(bitaxe, miner):
    now = read_clock() + timedelta(minutes=2)
    mode = request_command(miner, "mode", {"mode": "eco"}, actor="keeper", reason="", now=now)
    assert due_commands(now=now) == [mode.pk]
    spent(5, now)
    bitaxe.requests.clear()

    take_command_step(mode.pk, now=now)

    mode.refresh_from_db()
    assert not bitaxe.requests
    assert (mode.status, mode.attempts) == ("wanted", 0)
    assert now < mode.due_at < now + timedelta(seconds=10)


@pytest.mark.django_db
def test_where_there_is_no_room_for_it_the_board_is_asked_for_at_a_later_poll(bitaxe, miner):
    now = read_clock() + timedelta(minutes=2)
    NewestReading.objects.update(uptime_s=10**6)  # it restarts
    request_command(miner, "mode", {"mode": "eco"}, actor="keeper", reason="", now=now)
    spent(4, now)
    bitaxe.requests.clear()

    assert poll(miner.pk, now=now) is not None
    assert [entry[2] for entry in bitaxe.requests] == ["/api/system/info"]
    assert Miner.objects.get().board_due

    bitaxe.requests.clear()
    poll(miner.pk, now=now + timedelta(seconds=70))
    assert [entry[2] for entry in bitaxe.requests] == ["/api/system/info", "/api/system/asic"]
    assert not Miner.objects.get().board_due


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "sent"), [(4, ["GET", "POST"]), (5, ["POST"])])
def test_turning_off_looks_who_answers_only_where_there_is_room_for_both(bitaxe, miner, asked, sent):
    now = read_clock() + timedelta(minutes=2)
    Miner.objects.update(failures=1)
    off = request_command(Miner.objects.get(), "power", {"on": False}, actor="keeper", reason="", now=now)
    spent(asked, now)
    bitaxe.requests.clear()

    take_command_step(off.pk, now=now)

    assert [entry[1] for entry in bitaxe.requests] == sent
