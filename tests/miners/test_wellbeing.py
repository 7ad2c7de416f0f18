"""Health as readings come in: reasons that last, incidents that open and close, firmware as it changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.drivers.base import ChipReading, DeviceState, UnreachableError
from miners.drivers.registry import FAMILIES
from miners.models import (
    FirmwareVersion,
    HealthLimits,
    HealthReason,
    Miner,
    NewestReading,
    PowerSwitch,
    TelemetryReading,
)
from miners.services.readings import record_failure, record_reading
from miners.services.wellbeing import limits_of, set_limits
from notifications.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(miner):
    """Record readings of the miner, half a minute apart, from a base that is well."""
    base = miner.driver().read()
    moment = [read_clock() + timedelta(seconds=30)]

    def record(times=1, **changes):
        for _time in range(times):
            stored = Miner.objects.with_latest().get(pk=miner.pk)
            record_reading(stored, replace(base, **changes), now=moment[0])
            moment[0] += timedelta(seconds=30)
        return moment[0]

    return record


def open_kinds():
    return sorted(Incident.objects.open().values_list("kind", flat=True))


def test_a_miner_that_is_read_only_for_a_proof_opens_no_incident_that_nothing_would_close(read, miner):
    Miner.objects.update(enabled=False)

    now = read(6, chip_temp_c=78.0)
    for _failure in range(4):
        record_failure(Miner.objects.get(pk=miner.pk), UnreachableError("No answer."), now=now)

    assert Miner.objects.get().unreachable_since is not None
    assert open_kinds() == []
    assert not HealthReason.objects.exists()


def test_heat_opens_an_incident_once_it_lasts_and_closes_it_once_it_is_gone(read):
    read(2, chip_temp_c=70.0)
    assert open_kinds() == []

    read(2, chip_temp_c=70.5)
    assert open_kinds() == ["miner_hot_chip"]
    assert Incident.objects.open().get().severity == "warning"

    read(1, chip_temp_c=74.0)
    assert Incident.objects.open().get().severity == "critical"

    read(6, chip_temp_c=60.0)
    assert open_kinds() == []
    assert not HealthReason.objects.exists()
    assert Incident.objects.filter(kind="miner_hot_chip").count() == 1


def test_a_steady_reason_is_written_once(read):
    read(5, chip_temp_c=70.0)
    stored = HealthReason.objects.get()

    read(5, chip_temp_c=71.3)

    assert HealthReason.objects.values().get() == HealthReason.objects.filter(pk=stored.pk).values().get()
    assert HealthReason.objects.get().since == stored.since


def test_overheating_is_told_at_once(read):
    read(1, state=DeviceState.OVERHEATED, overheated=True, chip_temp_c=80.0)

    assert open_kinds() == ["miner_overheated"]

    read(1)
    assert open_kinds() == []


def test_a_fan_that_turned_and_stands_still(read):
    read(1, fan_rpm=3900, fan_percent=50.0)
    read(6, fan_rpm=0, fan_percent=100.0)

    assert open_kinds() == ["miner_fan"]


def test_a_board_without_a_sensor_of_its_fan_is_no_alarm(read):
    NewestReading.objects.update(fan_rpm=0)

    read(8, fan_rpm=0, fan_percent=100.0)

    assert open_kinds() == []


def test_rejects_are_counted_over_the_last_hour(read):
    TelemetryReading.objects.all().delete()
    read(1, shares_accepted=100_000, shares_rejected=10)
    read(22, shares_accepted=100_050, shares_rejected=20)

    assert open_kinds() == ["miner_rejects"]


def test_counters_that_began_anew_are_counted_from_their_beginning(read):
    read(1, shares_accepted=100_000, shares_rejected=10)
    read(25, shares_accepted=30, shares_rejected=0)

    assert open_kinds() == []


def test_one_that_vanishes_leaves_only_that(read, miner):
    now = read(5, chip_temp_c=70.0)
    for place in range(3):
        stored = Miner.objects.with_latest().get(pk=miner.pk)
        record_failure(stored, UnreachableError("No answer."), now=now + timedelta(minutes=place))

    assert open_kinds() == ["miner_unreachable"]
    assert not HealthReason.objects.exists()


def test_a_hash_rate_above_three_times_all_that_is_known_is_dropped(read):
    read(1, hashrate_ths=900.0, expected_hashrate_ths=None)

    assert NewestReading.objects.get().hashrate_ths is None


def test_a_low_report_of_the_theory_does_not_drop_a_true_rate(read):
    read(1, hashrate_ths=1.07, expected_hashrate_ths=0.2)

    assert NewestReading.objects.get().hashrate_ths == 1.07


# --- limits ----------------------------------------------------------------------------------------


def test_limits_of_a_family_are_the_households(read):
    set_limits("bitaxe", {"chip_warn_c": 55.0}, actor="keeper")

    read(3, chip_temp_c=60.0)

    assert open_kinds() == ["miner_hot_chip"]


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_family_has_limits_in_order(kind):
    limits = limits_of(kind)

    assert limits.chip_warn_c < limits.chip_critical_c
    assert limits.vr_warn_c < limits.vr_critical_c


def test_an_avalon_is_hot_where_a_bitaxe_would_have_stopped():
    assert limits_of("bitaxe").chip_critical_c == 73
    assert limits_of("nerdqaxe").chip_critical_c == 68
    assert limits_of("avalon_nano").chip_warn_c == 103


def test_limits_in_the_wrong_order_are_refused_and_nothing_is_stored():
    with pytest.raises(ValueError, match="Swap them"):
        set_limits("bitaxe", {"chip_warn_c": 80.0}, actor="keeper")

    assert not HealthLimits.objects.exists()


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


def test_limits_are_typed_in_on_their_page(keeper):
    address = f"{reverse('miner-health')}?family=bitaxe"
    assert 'placeholder="68"' in keeper.get(address).content.decode()

    assert keeper.post(address, {"chip_warn_c": "60", "reject_percent": "10"}).status_code == 302

    row = HealthLimits.objects.get()
    assert (row.kind, row.chip_warn_c, row.reject_percent, row.vr_warn_c) == ("bitaxe", 60.0, 10.0, None)
    entry = AuditEntry.objects.get(action="health.limits")
    assert (entry.before, entry.after) == (
        {"chip_warn_c": None, "reject_percent": None},
        {"chip_warn_c": 60.0, "reject_percent": 10.0},
    )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"chip_warn_c": "80"}, "chip_critical_c"),
        ({"vr_warn_c": "95", "vr_critical_c": "94"}, "vr_critical_c"),
        ({"chip_warn_c": "nan"}, "chip_warn_c"),
        ({"reject_percent": "101"}, "reject_percent"),
        ({"weak_wifi_dbm": "5"}, "weak_wifi_dbm"),
    ],
)
def test_a_limit_out_of_order_is_told_at_its_field(keeper, typed, field):
    answer = keeper.post(f"{reverse('miner-health')}?family=bitaxe", typed)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not HealthLimits.objects.exists()


def test_a_family_that_does_not_exist_shows_the_first(keeper):
    assert keeper.get(f"{reverse('miner-health')}?family=<b>").context["family"] == "bitaxe"


# --- firmware and chips ------------------------------------------------------------------------------


def test_a_firmware_is_noted_when_it_changes(read):
    read(3)
    read(2, firmware="v2.15.0", web_firmware="v2.14.0")
    read(2, firmware="v2.15.0", web_firmware="v2.15.0")

    versions = list(FirmwareVersion.objects.values_list("firmware", "web_firmware"))
    assert versions == [("v2.15.0", "v2.15.0"), ("v2.15.0", "v2.14.0"), ("v2.14.0", "v2.14.0")]


def test_mixed_firmware_is_flagged(read):
    read(1, firmware="v2.15.0", web_firmware="v2.14.0")

    assert open_kinds() == ["miner_firmware"]


def test_the_page_shows_reasons_chips_and_firmware(read, keeper, miner):
    chips = tuple(ChipReading(position=n, hashrate_ths=rate, error_count=n) for n, rate in enumerate((0.5, 0.5, 0.1)))
    read(4, chip_temp_c=70.0, chips=chips, firmware="v2.15.0", web_firmware="v2.14.0")

    page = keeper.get(reverse("miner", args=[miner.pk])).content.decode()

    assert "Chip hot" in page
    assert page.count(">weak<") == 1
    assert "web files v2.14.0" in page


def test_one_whose_plug_is_off_has_nothing_wrong(read, miner):
    now = read(5, chip_temp_c=70.0)
    plug = PowerSwitch.objects.create(entity="switch.miner", name="Plug", state="off", state_since=now, read_at=now)
    Miner.objects.update(plug=plug)

    record_failure(Miner.objects.with_latest().get(), UnreachableError("No answer."), now=now + timedelta(minutes=1))

    assert open_kinds() == []
    assert not HealthReason.objects.exists()
