"""Commands against a NerdOS device that is a real server: applied, needs restart, refused, not verified."""

import json
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.accounts.services import create_first_user
from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.drivers.nerdqaxe.simulator import NerdQaxeSimulator
from miners.drivers.totp import clean_code, clean_secret, code_at
from miners.models import Command, CommandStatus, Miner, NewestReading
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from miners.services.fleet import add_miner
from miners.services.locks import forget_code_secret, keep_code_secret
from miners.services.polling import poll
from tests.miners.test_commands import let_pass

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
POOL = {"host": "pool.test", "port": 3334, "user": "wallet.nerd", "pool_id": 1, "label": "BCH"}


@pytest.fixture
def device():
    with NerdQaxeSimulator(reboot_s=0.3) as simulator:
        yield simulator


@pytest.fixture
def nerd(device):
    return added(device)


def added(device):
    miner = add_miner(address=str(device.address), name="Nerd", actor="keeper", now=read_clock())
    poll(miner.pk, now=read_clock())
    return Miner.objects.get(pk=miner.pk)


def ask(miner, kind, value, **more):
    fresh = Miner.objects.get(pk=miner.pk)
    return request_command(fresh, kind, value, actor="keeper", reason="asked", now=read_clock(), **more)


def writes(device):
    return [entry for entry in device.requests if entry[1] != "GET"]


def bodies(device):
    return [json.loads(body) for _at, method, _path, body in device.requests if method == "PATCH"]


def ended(kind=None):
    return Command.objects.filter(**({"kind": kind} if kind else {})).latest("pk")


def test_every_mode_is_applied_and_sent_as_whole_numbers(nerd, device):
    for mode, pair in {"eco": (500, 1120), "turbo": (625, 1170), "standard": (600, 1150)}.items():
        ask(nerd, "mode", {"mode": mode})
        let_pass()

        assert ended().status == CommandStatus.APPLIED
        assert (device.settings["frequency"], device.settings["coreVoltage"]) == pair
    assert all(type(value) is int for body in bodies(device) for value in body.values())


def test_off_is_a_shutdown_and_on_is_a_restart(nerd, device):
    ask(nerd, "power", {"on": False})
    let_pass()
    assert device.stopped
    assert (NewestReading.objects.get().state, ended().status) == ("idle", CommandStatus.APPLIED)

    ask(nerd, "power", {"on": True})
    let_pass(200)
    assert not device.stopped
    assert ended().status == CommandStatus.APPLIED
    assert [entry[2] for entry in writes(device)] == ["/api/system/shutdown", "/api/system/restart"]


def test_firmware_without_a_shutdown_says_which_one_has_it():
    with NerdQaxeSimulator("nerdaxegamma", "v1.0.32") as device:
        miner = added(device)

        with pytest.raises(CommandRefusedError, match=r"v1\.0\.32 has no pause \(v1\.0\.36"):
            ask(miner, "power", {"on": False})


def test_a_restart_that_takes_a_while_is_waited_for_when_turning_on(nerd, device):
    ask(nerd, "power", {"on": False})
    let_pass()
    device.reboot_s = 1.5

    ask(nerd, "power", {"on": True})
    let_pass(20)
    assert ended().status in {CommandStatus.SENT, CommandStatus.APPLIED}
    time.sleep(device.reboot_s)  # its own clock is a real one, and the walk may be over before it has booted
    let_pass(150)

    assert ended().status == CommandStatus.APPLIED


@pytest.mark.parametrize(("firmware", "restarts"), [("v1.0.30", 1), ("v1.0.35", 0), ("v1.1.0-beta1", 0)])
def test_a_pool_needs_a_restart_only_before_1_0_35(firmware, restarts):
    with NerdQaxeSimulator(firmware=firmware, reboot_s=0.2) as device:
        miner = added(device)

        ask(miner, "pool", POOL, secret="hunter2")
        let_pass(240)

        assert ended().status == CommandStatus.APPLIED
        assert device.live_pool["stratumURL"] == "pool.test"
        assert (device.settings["stratumPassword"], ended().secret) == ("hunter2", "")
        assert len([entry for entry in writes(device) if entry[2].endswith("/restart")]) == restarts
        assert device.settings["fallbackStratumURL"] == "fallback.example.net"


def test_a_fan_is_set_handed_back_and_never_too_slow(nerd, device):
    ask(nerd, "fan", {"percent": 55})
    let_pass()
    assert ended().status == CommandStatus.APPLIED
    assert bodies(device)[-1] == {"autofanspeed": 0, "fanspeed": 55, "manualFanSpeed": 55}

    ask(nerd, "fan", {"percent": None})
    let_pass()
    assert ended().status == CommandStatus.APPLIED
    assert bodies(device)[-1] == {"autofanspeed": 2}

    with pytest.raises(CommandRefusedError, match="20 to 100"):
        ask(nerd, "fan", {"percent": 5})


def test_tuning_stays_within_the_board(nerd, device):
    ask(nerd, "tuning", {"frequency_mhz": 560, "core_voltage_mv": 1140})
    let_pass()
    assert ended().status == CommandStatus.APPLIED

    before = len(writes(device))
    for clock, core in [(626, 1150), (600, 1201), (299, 1150), (600, 999)]:
        with pytest.raises(CommandRefusedError, match="takes 300 to 625 MHz"):
            ask(nerd, "tuning", {"frequency_mhz": clock, "core_voltage_mv": core})
    assert len(writes(device)) == before


def test_a_restart_is_proven_by_the_uptime(nerd):
    ask(nerd, "restart", {})
    let_pass(240)

    assert ended().status == CommandStatus.APPLIED


@pytest.mark.parametrize(
    ("kind", "value", "lies"),
    [
        ("mode", {"mode": "eco"}, {"frequency", "coreVoltage"}),
        ("power", {"on": False}, {"shutdown"}),
        ("pool", POOL, {"stratumURL"}),
        ("fan", {"percent": 70}, {"autofanspeed", "manualFanSpeed", "fanspeed"}),
    ],
)
def test_a_200_that_changes_nothing_is_not_verified(nerd, device, kind, value, lies):
    device.lies_about = lies

    ask(nerd, kind, value)
    let_pass(300)

    assert ended().status == CommandStatus.NOT_VERIFIED
    assert "do not show" in ended().message


def test_it_has_no_way_to_show_itself(nerd):
    with pytest.raises(CommandRefusedError, match="NerdQaxe cannot show itself"):
        ask(nerd, "identify", {})


# --- the lock -------------------------------------------------------------------------------------


def test_a_locked_device_asks_for_a_code_before_a_command_is_written(nerd, device):
    device.otp_secret = SECRET
    poll(nerd.pk, now=read_clock())

    with pytest.raises(CommandRefusedError, match="one-time code"):
        ask(nerd, "mode", {"mode": "eco"})
    assert not Command.objects.exists()


def test_a_typed_code_is_used_once_and_kept_nowhere(nerd, device, caplog):
    device.otp_secret = SECRET
    poll(nerd.pk, now=read_clock())
    code = code_at(SECRET, time.time())

    ask(nerd, "mode", {"mode": "eco"}, code=code)
    let_pass()

    assert (ended().status, ended().code) == (CommandStatus.APPLIED, "")
    assert code not in str(list(AuditEntry.objects.values())) + caplog.text + str(list(Command.objects.values()))


def test_a_wrong_code_is_refused_in_words(nerd, device):
    device.otp_secret = SECRET
    poll(nerd.pk, now=read_clock())

    ask(nerd, "mode", {"mode": "eco"}, code="000000" if code_at(SECRET, time.time()) != "000000" else "111111")
    let_pass()

    assert ended().status == CommandStatus.REFUSED
    assert "did not take the one-time code" in ended().message
    assert device.settings["frequency"] == 600


def test_a_lock_that_was_not_seen_yet_is_named_by_the_refusal(nerd, device):
    device.otp_secret = SECRET

    ask(nerd, "mode", {"mode": "eco"})
    let_pass()

    assert (ended().status, "locked with a one-time code" in ended().message) == (CommandStatus.REFUSED, True)


def test_a_restart_needs_no_code(nerd, device):
    device.otp_secret = SECRET
    poll(nerd.pk, now=read_clock())

    ask(nerd, "restart", {})
    let_pass(240)

    assert ended().status == CommandStatus.APPLIED


def test_a_kept_secret_is_encrypted_used_and_forgotten(nerd, device, client):
    device.otp_secret = SECRET
    poll(nerd.pk, now=read_clock())
    create_first_user(username="keeper", password="a long enough one")
    client.force_login(User.objects.get())
    page = client.get(reverse("miner-edit", args=[nerd.pk])).content.decode()
    assert "Secret of its one-time codes" in page

    typed = f"otpauth://totp/nerd?secret={SECRET.lower()}&issuer=x"
    client.post(reverse("miner-code-secret", args=[nerd.pk]), {"secret": typed})
    ask(nerd, "mode", {"mode": "eco"})
    let_pass()

    assert ended().status == CommandStatus.APPLIED
    stored = Miner.objects.get(pk=nerd.pk)
    assert stored.otp_secret == SECRET
    assert SECRET not in str(list(AuditEntry.objects.values()))
    assert SECRET not in client.get(reverse("miner-edit", args=[nerd.pk])).content.decode()
    assert SECRET not in repr(stored.driver().options)

    client.post(reverse("miner-code-secret", args=[nerd.pk]), {"forget": "1"})
    assert Miner.objects.get(pk=nerd.pk).otp_secret == ""


def test_what_is_no_secret_is_refused_without_repeating_it(nerd):
    for typed in ("", "short", "1890!!!!", "otpauth://totp/x", "Ä" * 40, "A" * 400):
        with pytest.raises(ValueError, match="no secret") as caught:
            keep_code_secret(nerd, typed, actor="keeper")
        assert not typed or typed not in str(caught.value)
    forget_code_secret(nerd, actor="keeper")


@pytest.mark.parametrize(
    ("unix_s", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(unix_s, code):
    assert code_at(clean_secret("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"), unix_s) == code


@pytest.mark.parametrize("typed", ["12345", "1234567", "abcdef", "１２３４５６x", "12 34 5"])
def test_a_code_is_six_digits(typed):
    with pytest.raises(ValueError, match="six digits"):
        clean_code(typed)


def test_the_page_of_a_locked_device_asks_for_the_code_in_each_form(nerd, device, client):
    device.otp_secret = SECRET
    poll(nerd.pk, now=read_clock())
    create_first_user(username="keeper", password="a long enough one")
    client.force_login(User.objects.get())

    page = client.get(reverse("miner", args=[nerd.pk])).content.decode()
    assert page.count('name="code"') >= 3
    assert "locked by a one-time code" in page

    answer = {"kind": "mode", "value": "eco", "code": code_at(SECRET, time.time())}
    client.post(reverse("miner-command", args=[nerd.pk]), answer)
    let_pass()
    assert device.settings["frequency"] == 500
    told = client.post(reverse("miner-command", args=[nerd.pk]), {**answer, "code": "12"}, follow=True)
    assert "six digits" in told.content.decode()


# --- proof ----------------------------------------------------------------------------------------


def test_a_relative_takes_commands_after_a_proof_and_not_before(client):
    with NerdQaxeSimulator("q1370") as device:
        miner = added(device)
        create_first_user(username="keeper", password="a long enough one")
        client.force_login(User.objects.get())
        assert "Prove it takes settings" in client.get(reverse("miner", args=[miner.pk])).content.decode()
        with pytest.raises(CommandRefusedError, match="until it is proven"):
            ask(miner, "mode", {"mode": "eco"})

        client.post(reverse("miner-command", args=[miner.pk]), {"kind": "prove"})
        let_pass()

        assert ended("prove").status == CommandStatus.APPLIED
        assert AuditEntry.objects.get(action="miner.prove").outcome == "done"
        poll(miner.pk, now=read_clock())
        assert Miner.objects.get().may_be_written
        ask(miner, "mode", {"mode": "eco"})
        let_pass()
        assert ended("mode").status == CommandStatus.APPLIED
        with pytest.raises(CommandRefusedError, match="nothing to prove"):
            ask(miner, "prove", {})


@pytest.mark.parametrize("fault", ["lies", "refuse", "vanish"])
def test_a_proof_that_fails_leaves_it_read_only(fault):
    with NerdQaxeSimulator("q1370") as device:
        miner = added(device)
        ask(miner, "prove", {})
        if fault == "lies":
            device.lies_about = {"autoscreenoff"}
        else:
            device.set_fault(fault)
        let_pass(90)

        assert ended("prove").status in {CommandStatus.REFUSED, CommandStatus.NOT_VERIFIED}
        assert not Miner.objects.get().may_be_written


def test_another_model_at_the_address_is_not_proven_any_more():
    with NerdQaxeSimulator("q1370") as device:
        miner = added(device)
        Miner.objects.update(proven_at=read_clock() - timedelta(days=1), model="NerdEKO")
        poll(miner.pk, now=read_clock())

    assert Miner.objects.get().proven_at is None


def test_hostile_words_and_numbers_of_a_device_are_kept_as_far_as_they_fit(nerd, device):
    device.frozen = {
        **device.info(),
        "hostname": "\x00<b>" + "x" * 5000,
        "version": "v1.0.37" + "\U0001f4a3\x00" * 400,
        "wifiRSSI": 10**9,
        "sharesAccepted": 10**25,
        "fanrpm": -7,
        "stratumUser": "\ud800\u202e" + "y" * 9000,
    }
    device.fault = "freeze"

    poll(nerd.pk, now=read_clock())

    newest = NewestReading.objects.get()
    assert (newest.wifi_rssi_dbm, newest.shares_accepted, newest.fan_rpm) == (None, None, None)
    assert len(Miner.objects.get().firmware) == 60
    assert "\x00" not in str(newest.pools) + Miner.objects.get().firmware
