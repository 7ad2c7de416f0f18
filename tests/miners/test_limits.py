"""No path sends a clock, core voltage, fan duty or mode outside a board's limits; for every family there is."""

import json
from contextlib import ExitStack, suppress

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hmm.clock import now as read_clock
from hmm.demo.cast import CAST
from hmm.demo.makers.registry import MAKERS
from hmm.jobs.services import claim_job
from miners.drivers.abilities import SetsFan
from miners.drivers.base import Board, DriverError, Limits, Preset
from miners.drivers.bitaxe import boards as bitaxe_boards
from miners.drivers.boards import board_to_json
from miners.drivers.nerdqaxe import boards as nerdqaxe_boards
from miners.drivers.nmminer import wire as nmminer_wire
from miners.drivers.registry import FAMILIES, driver_for
from miners.models import Command, Miner, TuningProfile
from miners.services import bulk
from miners.services.commands import request_command
from miners.services.fleet import add_miner
from miners.services.overclock import set_overclock
from tests.miners.test_commands import let_pass

FAST = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CLOCKS = st.integers(-10, 70_000) | st.integers(280, 860)
CORES = st.integers(-10, 70_000) | st.integers(950, 1550)
FANS = st.integers(-5, 300) | st.integers(0, 100)
TUNED = sorted(kind for kind, driver in FAMILIES.items() if hasattr(driver, "set_tuning"))
WITH_FAN = sorted(kind for kind, driver in FAMILIES.items() if hasattr(driver, "set_fan") and kind in MAKERS)


def role_of(kind):
    return next(role for role in CAST if role.family == kind)


@pytest.fixture(scope="module")
def farm():
    """One device of each family, as the demo farm makes them."""
    with ExitStack() as stack:
        yield {kind: stack.enter_context(MAKERS[kind].make(role_of(kind), 1, 0)) for kind in {*TUNED, *WITH_FAN}}


def driver(kind, device):
    return driver_for(kind, device.address.host, device.address.port)


def settings_sent(device):
    """Return every clock, core voltage and fan duty that left for a device which is set by PATCH."""
    bodies = [json.loads(body) for _at, method, _path, body in device.requests if method == "PATCH"]
    return [
        (body.get("frequency"), body.get("coreVoltage"), body.get("manualFanSpeed"))
        for body in bodies
        if isinstance(body, dict)
    ]


def assert_inside(device, limits, fan_min):
    for clock, core, fan in settings_sent(device):
        assert clock is None or limits.frequency_min_mhz <= clock <= limits.frequency_max_mhz
        assert core is None or limits.core_voltage_min_mv <= core <= limits.core_voltage_max_mv
        assert fan is None or fan_min <= fan <= 100


def test_every_family_that_is_tuned_is_on_the_farm_and_tested_here():
    assert {"bitaxe", "nerdqaxe"} <= set(TUNED)
    assert set(TUNED) <= {role.family for role in CAST}


@FAST
@given(clock=CLOCKS, core=CORES, consent=st.booleans(), kind=st.sampled_from(TUNED))
def test_no_driver_sends_a_pair_outside_the_limits(farm, clock, core, consent, kind):
    device = farm[kind]
    _reading, board = MAKERS[kind].describe(device)
    with suppress(DriverError):
        driver(kind, device).set_tuning(Preset(clock, core), board=board, with_consent=consent)

    assert_inside(device, board.oc_limits, 0)
    del device.requests[:]


@FAST
@given(clock=CLOCKS, core=CORES, kind=st.sampled_from(TUNED))
def test_a_row_that_allows_everything_allows_no_more_than_the_table(farm, clock, core, kind):
    device = farm[kind]
    _reading, board = MAKERS[kind].describe(device)
    wild = Limits(frequency_min_mhz=0, frequency_max_mhz=10**6, core_voltage_min_mv=0, core_voltage_max_mv=10**6)
    forged = Board(**{name: getattr(board, name) for name in Board.__dataclass_fields__} | {"limits": wild})

    with suppress(DriverError):
        driver(kind, device).set_tuning(Preset(clock, core), board=forged)

    assert_inside(device, board.oc_limits, 0)
    del device.requests[:]


@FAST
@given(percent=FANS, kind=st.sampled_from(WITH_FAN))
def test_no_driver_sends_a_fan_duty_outside_the_limits(farm, percent, kind):
    device = farm[kind]
    family = driver(kind, device)
    assert isinstance(family, SetsFan), "a family with a fan says what it may be set to at least"
    if family.fan_min_percent <= percent <= 100:
        return
    before = len(device.requests)

    with pytest.raises(DriverError):
        family.set_fan(percent)

    assert len(device.requests) == before


NUMBERS = st.one_of(st.integers(-5, 5000), st.floats(), st.text(max_size=3), st.none(), st.booleans())
LISTS = st.lists(NUMBERS, max_size=5) | NUMBERS
TOLD = st.fixed_dictionaries(
    {},
    optional={
        "frequencyOptions": LISTS,
        "voltageOptions": LISTS,
        "defaultFrequency": NUMBERS,
        "defaultVoltage": NUMBERS,
        "ecoFrequency": NUMBERS,
        "ecoVoltage": NUMBERS,
        "absMaxFrequency": NUMBERS,
        "absMaxVoltage": NUMBERS,
    },
)


@settings(max_examples=100, deadline=None)
@given(asic=TOLD, chip=st.sampled_from(["BM1397", "BM1366", "BM1368", "BM1370", "BM9999", None]))
def test_whatever_a_device_tells_its_presets_stay_inside_the_table(asic, chip):
    for board, cap in (
        (bitaxe_boards.board(asic_model=chip, board_version="601", chips=1, asic=asic), bitaxe_boards.cap_of),
        (
            nerdqaxe_boards.board(device_model="NerdHaxe-γ", asic_model=chip, chips=6, asic=asic),
            nerdqaxe_boards.cap_of,
        ),
        (
            nerdqaxe_boards.board(device_model="NerdQAxe++", asic_model=chip, chips=4, asic=asic),
            nerdqaxe_boards.cap_of,
        ),
    ):
        most = cap(board)
        assert most is not None or not board.presets
        assert all(most.allow(preset) and board.limits.allow(preset) for preset in board.presets.values())
        assert "oc" not in board.presets


# --- the paths of the product ---------------------------------------------------------------------


@pytest.fixture
def owned(farm, db):
    """Each device as a stored miner."""
    for device in farm.values():
        del device.requests[:]
    return {
        kind: add_miner(address=str(farm[kind].address), name=kind, actor="keeper", now=read_clock())
        for kind in TUNED
    }


WILD = {"frequency_mhz": 5000, "core_voltage_mv": 3000, "fan": "fixed", "fan_percent": 3}


@pytest.mark.parametrize("kind", TUNED)
def test_a_profile_that_reached_its_row_by_another_way_is_sent_to_nobody(owned, farm, kind):
    miner = owned[kind]
    profile = TuningProfile.objects.create(
        name="Wild", kind=kind, asic_model=miner.board.asic_model, frequency_mhz=500, core_voltage_mv=1150
    )
    with suppress(IntegrityError), transaction.atomic():  # the database may refuse it already
        TuningProfile.objects.filter(pk=profile.pk).update(**WILD)
    TuningProfile.objects.filter(pk=profile.pk).update(frequency_mhz=5000)
    job = bulk.start_bulk("profile", [miner.pk], {"profile_id": profile.pk}, actor="keeper", now=read_clock())
    bulk.begin_lines(claim_job(job.pk), now=read_clock())

    let_pass(5)

    assert job.line_rows.get().state == "failed"
    assert not settings_sent(farm[kind])


@pytest.mark.parametrize("kind", TUNED)
def test_an_overclock_that_reached_its_row_by_another_way_is_no_mode_for_bulk_and_bands(owned, farm, kind):
    miner = owned[kind]
    Miner.objects.filter(pk=miner.pk).update(oc_frequency_mhz=5000, oc_core_voltage_mv=3000)
    job = bulk.start_bulk("mode", [miner.pk], {"mode": "oc"}, actor="keeper", now=read_clock())
    bulk.begin_lines(claim_job(job.pk), now=read_clock())

    assert job.line_rows.get().state == "failed"
    assert "oc" not in Miner.objects.get(pk=miner.pk).modes, "a band that asks for it gets turbo"
    assert not Command.objects.exists()


def test_what_a_heard_miner_is_sent_holds_nothing_that_heats_it():
    words = " ".join(nmminer_wire.CONFIGURATION).lower()

    assert not [word for word in ("freq", "volt", "fan", "mode", "power") if word in words]


WRONG = [("tuning", "900 1150"), ("tuning", "525 1600"), ("tuning", "10 1150"), ("tuning", "525 10"), ("fan", "3")]
WRONG += [("fan", "140"), ("mode", "ludicrous"), ("mode", "oc"), ("tuning", "-5 -5"), ("tuning", "9" * 5000)]


@pytest.mark.parametrize("kind", TUNED)
def test_page_api_and_service_send_nothing_outside(owned, farm, client, kind):
    miner = owned[kind]
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    for command, text in WRONG:
        page = client.post(reverse("miner-command", args=[miner.pk]), {"kind": command, "value": text})
        api = client.post(
            f"/api/miners/{miner.pk}/commands", {"kind": command, "value": text}, content_type="application/json"
        )
        assert page.status_code == 302
        assert 400 <= api.status_code < 500
    client.post(
        reverse("admin:miners_miner_change", args=[miner.pk]),
        {"name": "x", "poll_interval_s": 30, "oc_frequency_mhz": 5000, "oc_core_voltage_mv": 5000, "trust": "full"},
    )
    stored = Miner.objects.get(pk=miner.pk)
    assert stored.oc_frequency_mhz is None
    assert not Command.objects.exists()
    assert not settings_sent(farm[kind])


@pytest.mark.parametrize("kind", TUNED)
def test_an_overclock_is_entered_within_the_cap_or_not_at_all(owned, farm, kind):
    miner = owned[kind]
    cap = miner.board.oc_limits
    for pair in [(cap.frequency_max_mhz + 1, 1150), (600, cap.core_voltage_max_mv + 1), (0, 0), (600, None)]:
        with pytest.raises(ValueError, match=r"takes|both"):
            set_overclock(miner, *pair, actor="keeper")

    # What reached the row by another way is no mode, and so is never sent.
    Miner.objects.filter(pk=miner.pk).update(oc_frequency_mhz=5000, oc_core_voltage_mv=3000)
    with pytest.raises(ValueError, match="no mode 'oc'"):
        request_command(
            Miner.objects.get(pk=miner.pk), "mode", {"mode": "oc"}, actor="keeper", reason="", now=read_clock()
        )


@pytest.mark.parametrize("kind", TUNED)
def test_a_command_that_was_written_before_the_board_was_known_better_is_checked_again(owned, farm, kind):
    miner = owned[kind]
    low = MAKERS[kind].describe(farm[kind])[1].presets["eco"]
    request_command(miner, "mode", {"mode": "turbo"}, actor="keeper", reason="", now=read_clock())
    facts = board_to_json(miner.board)
    facts["limits"]["frequency_max_mhz"] = facts["oc_limits"]["frequency_max_mhz"] = low.frequency_mhz
    Miner.objects.filter(pk=miner.pk).update(board_facts=facts)

    let_pass()

    assert Command.objects.get().status in {"not verified", "refused"}
    assert not settings_sent(farm[kind])
