"""Fill an empty database with a household that has run for thirty days."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from energy.models import SettlementPeriod, Tariff
from energy.services.prices import active_tariff, store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import Slot
from hmm.accounts.services import create_first_user
from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.demo import plan as plans
from hmm.demo.cast import CAST
from hmm.demo.chats import make_channels
from hmm.demo.coins import make_coin_history
from hmm.demo.devices import SLOTS_AHEAD, miner_simulator, price_simulator
from hmm.demo.history import MinerHistory, Stretch, decided
from hmm.demo.luck import make_luck
from hmm.demo.makers.registry import MAKERS
from hmm.demo.plugs import make_plugs
from hmm.demo.pools import settle_pools
from hmm.demo.rules import make_rules
from miners.drivers.boards import board_to_json
from miners.models import Miner
from miners.services.fleet import worker_name_of
from miners.services.tuning import keep_shipped_profiles
from strategy import core
from strategy.band_rows import BandRow, external
from strategy.models import StrategyState, VersionStatus
from strategy.services.bands import write_version
from strategy.services.in_force import bands_in_force
from strategy.situation_json import decision_json

logger = logging.getLogger(__name__)

REGION, DAYS = "J", 30
ACTIVITY_FOR = timedelta(days=3)
ACTOR = "demo"


def seed() -> None:
    """Make the household unless there is one; safe to run at each start."""
    plan = plans.load(settings.HMM_DATA_DIR)
    if plan is None:
        return
    sign_in(plan)
    settle_pools(plan)
    make_coin_history(now=read_clock())
    if Miner.objects.exists():
        return
    now = read_clock()
    logger.info("Making %s days of history", DAYS)
    tariff = make_prices(plan, now)
    write_version(demo_rows(), VersionStatus.ACTIVE, actor=ACTOR, now=now, since=now - timedelta(days=DAYS))
    fleet = [make_miner(place, plan, now) for place in range(len(CAST))]
    make_plugs(plan, now=now)
    make_channels(now=now)
    make_rules(actor=ACTOR, now=now)
    stretches = make_history(fleet, tariff, now)
    make_activity(stretches, now)
    make_luck(now)
    StrategyState.objects.update_or_create(
        pk=1, defaults={"enabled": True, "current_band": None, "decided_at": None, "decision": None}
    )


def sign_in(plan: plans.FarmPlan) -> None:
    """Make the account, or give it back the password that is printed."""
    user = User.objects.filter(username=plan.user).first()
    if user is None:
        create_first_user(username=plan.user, password=plan.password)
    elif not user.check_password(plan.password):
        user.set_password(plan.password)
        user.save(update_fields=["password"])


def make_prices(plan: plans.FarmPlan, now: datetime) -> Tariff:
    choose_tariff(
        kind="octopus_agile", config={"region": REGION}, name="Octopus Agile, region J", actor=ACTOR, now=now
    )
    tariff = active_tariff()
    assert tariff is not None  # noqa: S101  # it was made in the line before
    book = price_simulator(plan).book
    rows = book.slots(now - timedelta(days=DAYS), now + SLOTS_AHEAD * plan.slot_length, REGION)
    slots = [
        Slot(starts_at=start, ends_at=end, price_p_per_kwh=price, price_ex_vat_p_per_kwh=bare)
        for start, end, bare, price in rows
    ]
    store_prices(tariff, slots, now=now)
    Tariff.objects.filter(pk=tariff.pk).update(fetched_at=now, fetch_due_at=now)
    return tariff


def demo_rows() -> list[BandRow]:
    """Return six bands in which everything happens: coins, modes, a champion band and off."""

    def modes(common: str, nano: str) -> dict[str, str]:
        return {**external(), "bitaxe": common, "nerdqaxe": common, "avalon_nano": nano, "nmminer": "fixed"}

    return [
        BandRow(ceiling=Decimal(0), target="BTC", modes=modes("turbo", "high")),
        BandRow(ceiling=Decimal(5), target="BTC_POOLED", modes=modes("turbo", "high")),
        BandRow(ceiling=Decimal(10), target="BCH", modes=modes("standard", "med")),
        BandRow(ceiling=Decimal(20), target="DGB", modes=modes("eco", "low")),
        BandRow(ceiling=Decimal(30), target="DGB", champion_only=True, modes=modes("eco", "low")),
        BandRow(ceiling=None, modes=external()),
    ]


def make_miner(place: int, plan: plans.FarmPlan, now: datetime) -> tuple[Miner, Any]:
    """Store a device as if it had been found long ago."""
    role = CAST[place]
    device = miner_simulator(role, place, plan)
    reading, board = MAKERS[role.family].describe(device)
    miner = Miner.objects.create(
        name=role.name,
        kind=role.family,
        host="127.0.0.1",
        port=plan.miner_ports[role.name],
        mac=reading.mac,
        model=reading.model or "",
        firmware=reading.firmware or role.firmware,
        board_version=reading.board_version or "",
        board_facts=board_to_json(board) if board is not None else None,
        trust=reading.trust.value,
        enrolled=role.enrolled,
        pushed=getattr(device, "broadcasts", False),
        poll_interval_s=15,
        worker_name=worker_name_of(role.name),
        poll_due_at=now + timedelta(seconds=60 if getattr(device, "broadcasts", False) else place),
    )
    keep_shipped_profiles(miner.kind, miner.board)
    Miner.objects.filter(pk=miner.pk).update(created_at=now - timedelta(days=DAYS))
    return miner, device


def make_history(fleet: list[tuple[Miner, Any]], tariff: Tariff, now: datetime) -> list[Stretch]:
    past = SettlementPeriod.objects.filter(tariff=tariff, starts_at__lt=now).order_by("starts_at")
    stretches = list(decided(list(past), bands_in_force().bands))
    enrolled = [miner.pk for miner, _device in fleet if miner.enrolled]
    for place, (miner, device) in enumerate(fleet):
        history = MinerHistory(miner, device, place, now)
        for stretch in stretches:
            history.add(stretch, champion=miner.pk == enrolled[0])
        history.store()
    return stretches


def make_activity(stretches: list[Stretch], now: datetime) -> None:
    """Leave the rows of the last days' band changes."""
    before: core.Decision | None = None
    for stretch in stretches:
        told, decision = before, stretch.decision
        before = decision
        if told is None or stretch.start < now - ACTIVITY_FOR or told.band == decision.band:
            continue
        old, new = decision_json(told), decision_json(decision)
        record(
            actor="strategy",
            action="strategy.transition",
            reason=decision.explanation,
            before={"band": old["band"], "target": old["target"]},
            after={"band": new["band"], "target": new["target"]},
            detail={"answer": new},
            at=stretch.start,
        )
