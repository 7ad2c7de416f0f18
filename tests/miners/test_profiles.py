"""Tuning profiles: kept, shipped, applied, and never outside the limits of a board."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from miners.drivers.bitaxe.simulator import BitaxeSimulator
from miners.models import Miner, TuningProfile
from miners.services.fleet import add_miner
from miners.services.tuning import keep_shipped_profiles, profile_of
from miners.tasks import run_bulk
from tests.miners.test_bulk import let_pass

pytestmark = pytest.mark.django_db
PAIR = {"name": "Night", "chip": "bitaxe:BM1370", "frequency_mhz": 450, "core_voltage_mv": 1100, "fan": ""}


@pytest.fixture
def keeper(client, miner):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def api(client, method, path="", **body):
    return getattr(client, method)(f"/api/profiles{path}", body, content_type="application/json")


def apply(client, profile, *miners):
    body = {"miner_ids": [miner.pk for miner in miners], "profile_id": profile.pk}
    job = client.post("/api/miners/bulk/profile", body, content_type="application/json").json()["job_id"]
    run_bulk(job)
    return let_pass()


def test_a_board_brings_its_profiles_in_order_and_once(miner):
    shipped = list(TuningProfile.objects.filter(shipped=True))
    keep_shipped_profiles(miner.kind, miner.board)

    assert [one.mode for one in shipped] == ["eco", "standard", "turbo"]
    assert [one.preset for one in shipped] == [miner.board.presets[one.mode] for one in shipped]
    assert TuningProfile.objects.count() == 3


def test_what_a_miner_runs_at_is_kept_and_applied_to_another(keeper, miner):
    profile = profile_of(miner, name="As in the study", actor="keeper")
    with BitaxeSimulator(seed=9) as device:
        other = add_miner(address=str(device.address), actor="keeper", now=read_clock())
        device.settings.update(frequency=400, coreVoltage=1060)
        Miner.objects.get(pk=other.pk).newest.__class__.objects.filter(miner=other).update(frequency_mhz=400)

        job = apply(keeper, profile, other)

        assert job.message == "All 1 done.", job.lines
        assert (device.settings["frequency"], device.settings["coreVoltage"]) == (525, 1150)
    assert AuditEntry.objects.get(action="miner.profile", target_id=str(other.pk)).after["profile"] == profile.name


def test_a_profile_with_a_fan_sets_both(keeper, miner, bitaxe):
    keeper.post(reverse("profiles"), {**PAIR, "act": "keep", "fan": "fixed", "fan_percent": 80})

    job = apply(keeper, TuningProfile.objects.get(name="Night"), miner)

    assert job.message == "All 1 done.", job.lines
    assert (bitaxe.settings["frequency"], bitaxe.settings["manualFanSpeed"]) == (450, 80)


def test_a_profile_of_another_chip_or_beyond_a_boards_limits_is_not_applied(keeper, miner, bitaxe):
    other_chip = TuningProfile.objects.create(
        name="Supra", kind="bitaxe", asic_model="BM1368", frequency_mhz=490, core_voltage_mv=1166
    )
    too_hot = TuningProfile.objects.create(
        name="Hot", kind="bitaxe", asic_model="BM1370", frequency_mhz=700, core_voltage_mv=1300
    )

    for profile, words in ((other_chip, "made for"), (too_hot, "takes")):
        assert words in apply(keeper, profile, miner).lines[0]["text"]
        Job.objects.all().delete()
    assert not [entry for entry in bitaxe.requests if entry[1] == "PATCH"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"frequency_mhz": 900}, "frequency_mhz"),
        ({"core_voltage_mv": 1400}, "core_voltage_mv"),
        ({"core_voltage_mv": ""}, "core_voltage_mv"),
        ({"name": " "}, "name"),
        ({"fan": "fixed", "fan_percent": ""}, "fan_percent"),
        ({"chip": "bitaxe:BM9999"}, "chip"),
        ({"frequency_mhz": "99999999999"}, "frequency_mhz"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_at_its_field(keeper, changes, field):
    answer = keeper.post(reverse("profiles"), {**PAIR, "act": "keep", **changes})

    assert answer.status_code == 422
    assert field in answer.context["by_hand"].errors
    assert not TuningProfile.objects.filter(shipped=False).exists()


def test_what_the_boards_take_is_said_while_it_is_typed(keeper):
    good = keeper.post(reverse("profile-check"), PAIR).content.decode()
    bad = keeper.post(reverse("profile-check"), {**PAIR, "frequency_mhz": 900}).content.decode()

    assert "1 of 1 can take it: Study Gamma" in good
    assert "No miner of yours can take this" in bad


def test_profiles_that_come_with_hmm_take_a_row_for_each_board(keeper, miner):
    profile_of(miner, name="Night", actor="keeper")
    page = keeper.get(reverse("profiles")).content.decode()

    assert page.count("<b>Gamma 601 · BM1370</b>") == 1
    assert [page.count(f"<dt>{mode}</dt>") for mode in ("Eco", "Standard", "Turbo", "Night")] == [1, 1, 1, 0]
    assert page.count('<b class="truncate">Night</b>') == 1


def test_pages_keep_change_and_forget_profiles(keeper, miner):
    keeper.post(reverse("profiles"), {"act": "take", "miner": miner.pk, "name": "Now"})
    own = TuningProfile.objects.get(name="Now")
    address = reverse("profile", args=[own.pk])

    assert keeper.get(address).status_code == 200
    assert keeper.post(address, {**PAIR, "name": "Later"}).status_code == 302
    assert TuningProfile.objects.get(pk=own.pk).frequency_mhz == 450
    assert keeper.post(address, {"act": "remove"}).status_code == 302
    assert not TuningProfile.objects.filter(shipped=False).exists()
    assert keeper.get(reverse("profiles")).status_code == 200
    assert keeper.get(reverse("profile", args=[TuningProfile.objects.first().pk])).status_code == 404


def test_profiles_over_rest(keeper, miner):
    made = api(
        keeper, "post", name="Rest", kind="bitaxe", asic_model="BM1370", frequency_mhz=450, core_voltage_mv=1100
    )
    path = f"/{made.json()['id']}"

    assert made.status_code == 201
    assert api(keeper, "patch", path, core_voltage_mv=1120).json()["core_voltage_mv"] == 1120
    assert api(keeper, "patch", path, core_voltage_mv=1900).status_code == 422
    assert api(keeper, "patch", path, frequency_mhz=10**12).json()["fields"] != {}
    assert (
        api(
            keeper, "post", name="Rest", kind="bitaxe", asic_model="BM1370", frequency_mhz=450, core_voltage_mv=1100
        ).status_code
        == 422
    )
    assert api(keeper, "post", name="Taken", from_miner_id=miner.pk).json()["frequency_mhz"] == 525
    assert keeper.delete(f"/api/profiles{path}").status_code == 204
    shipped = TuningProfile.objects.filter(shipped=True).first()
    assert keeper.delete(f"/api/profiles/{shipped.pk}").status_code == 422
    assert len(keeper.get("/api/profiles").json()) == 4
