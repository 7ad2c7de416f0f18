"""What a miner is like, over REST: health, firmware, pool slots, and the limits of health."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from miners.models import FirmwareVersion, HealthLimits, HealthReason, Miner, PoolSlot
from pools.models import Pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def miner(db):
    return Miner.objects.create(
        name="Nano", kind="avalon_nano", host="192.168.7.9", port=4028, worker_name="nano", poll_due_at=read_clock()
    )


def test_what_is_wrong_counts_only_once_it_has_lasted(reader, miner):
    now = read_clock()
    told = {"severity": "warning", "title": "Hot", "words": "The chip is at 70 °C.", "since": now}
    HealthReason.objects.create(miner=miner, code="hot_chip", **told)
    FirmwareVersion.objects.create(miner=miner, firmware="2.1", web_firmware="2.0", seen_at=now - timedelta(days=1))
    path = f"/api/miners/{miner.pk}/health"

    early = reader("get", path).json()
    HealthReason.objects.update(counts=True)
    late = reader("get", path).json()

    assert (early["healthy"], late["healthy"]) == (True, False)
    assert late["reasons"][0]["code"] == "hot_chip"
    assert (late["firmware"][0]["firmware"], late["firmware"][0]["mixed"]) == ("2.1", True)
    assert reader("get", "/api/miners/99/health").status_code == 404


def test_pool_slots_name_the_pool_they_are_and_no_wallet(reader, miner):
    pool = Pool.objects.create(name="Club", coin="BTC", host="club.test", port=3333, wallet="bc1qwallet")
    now = read_clock()
    user = pool.user_for("nano")
    PoolSlot.objects.create(
        miner=miner, position=0, rank=0, host="club.test", port=3333, user=user, live=True, synced_at=now
    )
    PoolSlot.objects.create(miner=miner, position=1, synced_at=now)

    answer = reader("get", f"/api/miners/{miner.pk}/pool-slots")

    first, second = answer.json()
    assert (first["number"], first["pool"], first["live"]) == (1, "Club", True)
    assert (second["number"], second["host"], second["pool"]) == (2, "", None)
    assert "bc1qwallet" not in answer.content.decode()


def test_limits_are_changed_one_by_one_and_null_is_the_family_s_own(control):
    path = "/api/health-limits/bitaxe"
    own = control("get", "/api/health-limits").json()[0]["chip_warn_c"]

    assert control("patch", path, {"chip_warn_c": 61, "reject_percent": 3}).json()["chip_warn_c"] == 61
    assert control("patch", path, {"chip_warn_c": None}).json()["chip_warn_c"] == own
    assert HealthLimits.objects.get(kind="bitaxe").reject_percent == 3
    assert AuditEntry.objects.filter(action="health.limits", actor="api:control script").count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"chip_warn_c": 900}, "chip_warn_c"), ({"vr_warn_c": 120, "vr_critical_c": 90}, "vr_critical_c")],
)
def test_impossible_limits_are_refused_at_their_field(control, changes, field):
    answer = control("patch", "/api/health-limits/bitaxe", changes)

    assert answer.status_code == 422
    assert field in answer.json()["fields"]
    assert not HealthLimits.objects.exists()
    assert control("patch", "/api/health-limits/toaster", {}).status_code == 404
