"""Commands to an Avalon: calibration, minutes of silence, and three pool slots."""

import pytest

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.drivers.avalon_nano import cgminer
from miners.drivers.avalon_nano.simulator import AvalonSimulator
from miners.models import Command, CommandStatus, FieldState, Miner, NewestReading, PoolSlot
from miners.models.slot import SYNC_EVERY
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from miners.services.fleet import add_miner, edit_miner
from notifications.models import Incident
from tests.miners.walking import Walk

pytestmark = pytest.mark.django_db
NEW = {"host": "new.test", "port": 3335, "user": "wallet.nano"}


@pytest.fixture(autouse=True)
def short_pause(monkeypatch):
    monkeypatch.setattr(cgminer, "PAUSE_S", 0.0)


@pytest.fixture
def walk():
    return Walk(read_clock())


@pytest.fixture
def device(walk):
    with AvalonSimulator(clock=walk.clock, reboot_s=90, calibration_s=240) as simulator:
        yield simulator


@pytest.fixture
def nano(device, walk) -> Miner:
    return add_miner(address=str(device.address), name="Desk Nano", actor="keeper", now=walk.now)


def ask(nano, walk, kind, value, actor="keeper", **more):
    return request_command(walk.fresh(nano), kind, value, actor=actor, reason="asked", now=walk.now, **more)


def slots():
    return [(slot.position, slot.host, slot.rank, slot.live) for slot in PoolSlot.objects.all()]


def test_it_is_added_with_its_modes_and_slots(nano):
    assert (nano.kind, nano.model, nano.modes) == ("avalon_nano", "Nano 3S", ("low", "med", "high"))
    assert slots() == [
        (0, "pool0.example.net", 0, True),
        (1, "pool1.example.net", 1, False),
        (2, "pool2.example.net", 2, False),
    ]


# --- modes -----------------------------------------------------------------------------------------


def test_a_mode_is_applied_when_a_reading_shows_it(nano, device, walk):
    ask(nano, walk, "mode", {"mode": "high"})
    walk.settle()

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert (device.mode, NewestReading.objects.get().state) == (2, "starting")


def test_a_mode_that_comes_while_it_calibrates_waits_and_fails_nothing(nano, device, walk):
    ask(nano, walk, "mode", {"mode": "high"})
    walk.settle()
    ask(nano, walk, "mode", {"mode": "low"})
    walk.seconds(20)

    waiting = Command.objects.get(value={"mode": "low"})
    assert (waiting.status, waiting.is_put_off) == (CommandStatus.WANTED, True)
    assert "calibrating" in waiting.message
    assert FieldState.objects.get(field="mode").failures == 0
    walk.settle(400, step=4)

    waiting.refresh_from_db()
    assert (waiting.status, device.mode) == (CommandStatus.APPLIED, 0)
    sent = [entry for entry in device.requests if "workmode,set,0" in entry[3]]
    assert len(sent) <= 6, "it is asked again each minute, not each second"


def test_a_mode_it_does_not_have_is_refused_before_a_row_is_written(nano, walk):
    with pytest.raises(CommandRefusedError, match="low, med, high"):
        ask(nano, walk, "mode", {"mode": "oc"})

    assert not Command.objects.exists()


def test_a_device_that_says_yes_and_does_nothing_is_not_verified(nano, device, walk):
    device.lies_about = {"workmode"}
    ask(nano, walk, "mode", {"mode": "low"})
    walk.settle(400, step=4)

    assert Command.objects.get().status == CommandStatus.NOT_VERIFIED
    assert FieldState.objects.get(field="mode").failures == 1


def test_it_cannot_be_turned_off_by_itself(nano, walk):
    with pytest.raises(CommandRefusedError):
        ask(nano, walk, "power", {"on": False})


@pytest.mark.parametrize("percent", [0, 29, 101])
def test_a_fan_too_low_is_refused(nano, walk, percent):
    with pytest.raises(CommandRefusedError, match="30 to 100"):
        ask(nano, walk, "fan", {"percent": percent})


# --- restarts --------------------------------------------------------------------------------------


def test_its_silence_while_it_restarts_is_no_failure_and_no_incident(nano, device, walk):
    ask(nano, walk, "restart", {})
    walk.seconds(80)

    assert walk.fresh(nano).unreachable_since is None
    assert not Incident.objects.filter(kind="miner_unreachable").exists()
    walk.settle()

    assert Command.objects.get().status == CommandStatus.APPLIED


# --- slots -----------------------------------------------------------------------------------------


def test_a_pool_that_is_in_a_slot_is_switched_to_without_a_restart(nano, device, walk):
    booted = device.booted_at
    ask(nano, walk, "pool", {"host": "pool1.example.net", "port": 3333, "user": "nobody.nano"})
    walk.settle()

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert (device.live_slot(), device.booted_at) == (1, booted)
    assert slots()[1] == (1, "pool1.example.net", 0, True)


def test_a_pool_in_no_slot_is_written_restarted_for_and_switched_to(nano, device, walk):
    ask(nano, walk, "pool", NEW, secret="hunter2")
    walk.settle(600, step=3)

    command = Command.objects.get()
    assert (command.status, command.attempts) == (CommandStatus.APPLIED, 2)
    assert device.slots[device.live_slot()].host == "new.test"
    assert device.slots[2].password == "hunter2"
    assert sum("reboot" in entry[3] for entry in device.requests) == 1
    everything = [
        *AuditEntry.objects.values(),
        *Command.objects.values("message", "value"),
        *PoolSlot.objects.values(),
    ]
    assert "hunter2" not in str(everything)


def test_no_restart_follows_a_refusal(nano, device, walk):
    device.web_password = "another"
    ask(nano, walk, "pool", NEW, secret="hunter2")
    walk.settle()

    command = Command.objects.get()
    assert command.status == CommandStatus.REFUSED
    assert "under Edit" in command.message
    assert not any("reboot" in entry[3] for entry in device.requests)
    assert not any(slot.host == "new.test" for slot in device.flash)


def test_the_login_typed_in_is_used_and_shown_nowhere(nano, device, walk):
    device.web_password = "opensesame"
    edit_miner(walk.fresh(nano), {"login_password": "opensesame"}, actor="keeper", now=walk.now)

    ask(nano, walk, "slot", {"position": 2, **NEW})
    walk.settle(600, step=3)

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert slots()[2][:2] == (2, "new.test")
    assert "opensesame" not in str(list(AuditEntry.objects.values()))


def test_a_device_that_keeps_no_pool_is_not_verified(nano, device, walk):
    device.lies_about = {"setpool"}
    ask(nano, walk, "pool", NEW)
    walk.settle(900, step=5)

    assert Command.objects.get().status == CommandStatus.NOT_VERIFIED
    assert sum("reboot" in entry[3] for entry in device.requests) == 1


def test_a_slot_is_switched_to_by_its_number(nano, device, walk):
    ask(nano, walk, "switch_slot", {"position": 2, "host": "pool2.example.net", "port": 3333, "user": "nobody.nano"})
    walk.settle()

    assert Command.objects.get().status == CommandStatus.APPLIED
    assert device.live_slot() == 2
    assert FieldState.objects.get(field="pool").confirmed["host"] == "pool2.example.net"


@pytest.mark.parametrize("position", [-1, 3, None, "1"])
def test_a_slot_it_does_not_have_is_refused(nano, walk, position):
    with pytest.raises(CommandRefusedError, match="1 to 3"):
        ask(nano, walk, "slot", {"position": position, **NEW})


def test_slots_are_stored_when_they_change_and_each_quarter_of_an_hour(nano, device, walk):
    stored = PoolSlot.objects.first().synced_at
    walk.read(nano)
    assert PoolSlot.objects.first().synced_at == stored

    device.dead = {0}
    walk.read(nano)
    assert (PoolSlot.objects.get(position=0).status, PoolSlot.objects.get(position=1).live) == ("Dead", True)

    changed = PoolSlot.objects.first().synced_at
    walk.now += SYNC_EVERY
    walk.read(nano)
    assert PoolSlot.objects.first().synced_at > changed


def test_a_due_time_from_a_clock_set_back_counts_as_due(nano, walk):
    Miner.objects.update(slots_due_at=walk.now + 10 * SYNC_EVERY)
    walk.read(nano)

    assert Miner.objects.get().slots_due_at == walk.now + SYNC_EVERY


# --- pages -----------------------------------------------------------------------------------------


@pytest.fixture
def operator(client, django_user_model):
    client.force_login(
        django_user_model.objects.create_superuser("keeper"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def test_its_page_shows_the_slots_and_what_turning_off_means(nano, operator):
    page = operator.get(f"/miners/{nano.pk}/").content.decode()

    assert "Pool slots" in page
    assert "pool2.example.net" in page
    assert "To be off:" in page


def test_a_slot_is_switched_and_written_from_its_page(nano, operator):
    from_page = operator.post(f"/miners/{nano.pk}/command/", {"kind": "switch_slot", "value": "2"}, follow=True)
    assert "on its way" in from_page.content.decode()
    assert Command.objects.get().value["position"] == 1

    for wrong in ("9", "x", "", "²"):
        operator.post(f"/miners/{nano.pk}/command/", {"kind": "switch_slot", "value": wrong})
        operator.post(f"/miners/{nano.pk}/command/", {"kind": "slot", "value": [wrong, "1"]})
    assert Command.objects.count() == 1


def test_its_edit_page_takes_a_login_and_never_shows_it(nano, operator):
    form = {"name": "Desk Nano", "poll_interval_s": 30, "enabled": "on", "login_user": "root"}
    operator.post(f"/miners/{nano.pk}/edit/", {**form, "login_password": "opensesame"})
    operator.post(f"/miners/{nano.pk}/edit/", {**form, "login_password": ""})

    stored = Miner.objects.get()
    assert (stored.login_user, stored.login_password) == ("root", "opensesame")
    assert "opensesame" not in operator.get(f"/miners/{nano.pk}/edit/").content.decode()
