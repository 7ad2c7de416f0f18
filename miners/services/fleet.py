"""Add, change and remove miners."""

import re
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.hosts import NOWHERE, parse_address
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.live.services import push_event
from hmm.net import counted
from hmm.secrets import opened
from miners.drivers.abilities import DescribesBoard
from miners.drivers.base import DriverError, Reading, TryLaterError
from miners.drivers.boards import board_to_json
from miners.drivers.registry import FAMILIES, driver_for, recognise
from miners.models import Miner
from miners.models.miner import POLL_MAX_S, POLL_MIN_S, SECRETS
from miners.services.budgeting import spend
from miners.services.commands import let_go
from miners.services.hearing import forget, heard_at, set_pushed, silence_of
from miners.services.meeting import is_another_device
from miners.services.plug_commands import withdraw_plug
from miners.services.readings import identity_of, record_reading
from miners.services.searching import alone_at, asked_lately, place_of
from miners.services.settling import STRATEGY
from miners.services.targets import start_anew
from miners.services.trouble import end_trouble, tell_lost_secrets
from miners.services.tuning import keep_shipped_profiles

MINERS_CHANGED = "miners-changed"
NO_PORT = 0  # none was typed: the family that answers says which
NAME_MAX = 60
EDITABLE = ("name", "enabled", "enrolled", "poll_interval_s", "notes", "typed_power_w", "worker_name")
COUNTS = {"enabled", "enrolled", "worker_name"}  # for what the strategy wants of a miner
LOGIN = ("login_user", "login_password")
SECRET = {"login_password"}


def announce() -> None:
    push_event(MINERS_CHANGED)


def worker_name_of(name: str) -> str:
    """Return a name a pool takes for a worker: letters, digits and dashes."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")[:32]


def add_miner(
    *, address: str, name: str = "", actor: str, now: datetime, family: str | None = None, enrolled: bool = False
) -> Miner:
    """Ask the device what it is and store it. A known MAC at a new address moves the miner instead.

    Raise AddressRefusedError for an address HMM does not speak to, DriverError when nothing usable answers.
    """
    host, port = parse_address(address, default_port=NO_PORT)
    there = answering_at(host, port)
    if there is not None:
        return there
    with alone_at(host, port or None, now=now) as alone, counted() as asked:
        if not alone:
            raise TryLaterError(
                f"What is stored at {host} is being asked at this moment. Try again in a few seconds."
            )
        reading, pushed = ask_or_recall(host, port or None, family=family, now=now)
        port = port or FAMILIES[reading.family].default_port
        facts = describe(reading, host, port)
    moments = [*asked_lately(place_of(host, port)), *(now.timestamp() + seconds for _host, seconds in asked)]
    known = find_known(reading, host, port)
    if known is not None:
        move(known, host, port, actor=actor, now=now)
        spend(known, moments, now=now)
        record_reading(known, reading, now=now)
        return known
    miner = store(reading, host, port, name=name, facts=facts, enrolled=enrolled, actor=actor, now=now)
    spend(miner, moments, now=now)
    if pushed:
        set_pushed(miner, pushed=True)
        forget(host)
    record_reading(miner, reading, now=now, delay=silence_of(miner) if pushed else None)
    return miner


def add_found(reading: Reading, host: str, port: int, *, actor: str, now: datetime) -> Miner:
    """Store a new device that a search has just read. Raise ValueError when its address is taken."""
    with counted() as asked:
        facts = describe(reading, host, port)
    miner = store(reading, host, port, name="", facts=facts, enrolled=False, actor=actor, now=now)
    spend(miner, [now.timestamp() + seconds for _host, seconds in asked], now=now)
    record_reading(miner, reading, now=now)
    return miner


def answering_at(host: str, port: int) -> Miner | None:
    """Return the miner that is known to answer at an address; its polls tell all there is to know of it."""
    found = Miner.objects.polled().filter(
        host=host, unreachable_since__isnull=True, failures=0, last_seen_at__isnull=False
    )
    return (found.filter(port=port) if port else found).first()


def ask_or_recall(host: str, port: int | None, *, family: str | None, now: datetime) -> tuple[Reading, bool]:
    """Return what answers there, and whether it is only known from what it told by itself."""
    try:
        return recognise(host, port, family=family), False
    except DriverError:
        told = heard_at(host, family=family, now=now)
        if told is None:
            raise
        return told, True


def describe(reading: Reading, host: str, port: int) -> dict[str, Any] | None:
    driver = driver_for(reading.family, host, port)
    if not isinstance(driver, DescribesBoard):
        return None
    try:
        return board_to_json(driver.board(reading))
    except DriverError:
        return None  # asked again at the first poll


def find_known(reading: Reading, host: str, port: int) -> Miner | None:
    """Return the miner a reading is of: by its MAC, else by its maker's number, else by its address."""
    lookups: list[dict[str, Any]] = [{"host": host, "port": port, "mac": reading.mac}]
    if reading.serial:
        lookups.insert(0, {"kind": reading.family, "board_facts__serial": reading.serial})
    if reading.mac:
        lookups.insert(0, {"mac": reading.mac})
    found = (Miner.objects.filter(**lookup).first() for lookup in lookups)
    return next((miner for miner in found if miner is not None and not is_another_device(miner, reading)), None)


def move(miner: Miner, host: str, port: int, *, actor: str, now: datetime) -> None:
    """Follow a device to its new address. Whoever was stored there before is left without one, and missed.

    It stays polled, so that it is told of, and is followed in its turn when a search finds it.
    """
    if (miner.host, miner.port) == (host, port):
        return
    before = {"host": miner.host, "port": miner.port}
    with transaction.atomic():
        Miner.objects.filter(host=host, port=port).exclude(pk=miner.pk).update(
            host=f"gone-{now:%Y%m%d%H%M%S%f}{NOWHERE}"
        )
        Miner.objects.filter(pk=miner.pk).update(host=host, port=port)
        record(
            actor=actor,
            action="miner.move",
            target=miner,
            reason="The device answers at a new address.",
            before=before,
            after={"host": host, "port": port},
        )
        transaction.on_commit(announce)
    miner.host, miner.port = host, port


def store(
    reading: Reading,
    host: str,
    port: int,
    *,
    name: str,
    facts: dict[str, Any] | None,
    enrolled: bool,
    actor: str,
    now: datetime,
) -> Miner:
    shown = free_name((name or reading.hostname or reading.model or reading.family).strip()[:NAME_MAX])
    try:
        with transaction.atomic():
            miner = Miner.objects.create(
                name=shown,
                kind=reading.family,
                host=host,
                port=port,
                mac=reading.mac,
                board_facts=facts,
                **identity_of(reading),
                enrolled=enrolled,
                worker_name=worker_name_of(shown),
                poll_due_at=now,
            )
            keep_shipped_profiles(miner.kind, miner.board)
            record(actor=actor, action="miner.add", target=miner, after={"address": f"{host}:{port}", "name": shown})
            if enrolled:
                ask(ABOUT_STRATEGY, by=actor)
            transaction.on_commit(announce)
    except IntegrityError as error:
        raise ValueError(f"There is already a miner at {host}:{port}. Remove it first.") from error
    return miner


def free_name(wanted: str) -> str:
    """Return the name, with a number behind it if another miner has it: devices come with the same one."""
    taken = {name.lower() for name in Miner.objects.order_by().values_list("name", flat=True)}
    name, number = wanted, 1
    while name.lower() in taken:
        number += 1
        name = f"{wanted[: NAME_MAX - len(str(number)) - 1]} {number}"
    return name


class MinerError(ValueError):
    """A change of a miner that cannot be made; `fields` holds a sentence for the field at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fields = {field: sentence}


def check_name(name: str, *, other_than: Miner | None = None) -> None:
    """Raise MinerError where a name is empty or another miner's; a person could not tell the two apart."""
    if not name.strip():
        raise MinerError("name", "A miner needs a name.")
    others = Miner.objects.filter(name__iexact=name.strip())
    if other_than is not None:
        others = others.exclude(pk=other_than.pk)
    if (other := others.first()) is not None:
        raise MinerError("name", f"There is already a miner {other.name}, at {other.host}. Choose another name.")


def fit(name: str, value: Any) -> Any:
    """Return a value as its column takes it. Raise MinerError for one that does not fit."""
    field: Any = Miner._meta.get_field(name)
    try:
        return field.clean(value, None)
    except ValidationError as error:
        raise MinerError(name, f"{str(field.verbose_name).capitalize()}: {' '.join(error.messages)}") from error


def edit_miner(miner: Miner, changes: dict[str, Any], *, actor: str, now: datetime, reason: str = "") -> Miner:
    """Change what a person may change. Raise MinerError naming the field that is wrong."""
    unknown = set(changes) - {*EDITABLE, *LOGIN}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} cannot be changed here.")
    interval = changes.get("poll_interval_s")
    if interval is not None and not POLL_MIN_S <= int(interval) <= POLL_MAX_S:
        raise MinerError("poll_interval_s", f"A miner is polled every {POLL_MIN_S} to {POLL_MAX_S} s.")
    changes = {name: fit(name, value) for name, value in changes.items()}
    if "name" in changes:
        check_name(str(changes["name"]), other_than=miner)
    before = {name: opened(miner, name) if name in SECRET else getattr(miner, name) for name in changes}
    different = {name: value for name, value in changes.items() if before[name] != value}
    if not different:
        return miner
    with transaction.atomic():
        extra = {"poll_due_at": now} if different.get("enabled") else {}
        Miner.objects.filter(pk=miner.pk).update(**different, **extra)
        for name, value in different.items():
            setattr(miner, name, value)
        act_upon(miner, different, actor=actor, now=now)
        record(
            actor=actor,
            action="miner.edit",
            target=miner,
            reason=reason,
            before={name: before[name] for name in different},
            after=different,
        )
        transaction.on_commit(announce)
    return miner


def act_upon(miner: Miner, changed: dict[str, Any], *, actor: str, now: datetime) -> None:
    """Do what follows from an edit."""
    if COUNTS & set(changed):
        look_again_at(miner, anew="enrolled" in changed, actor=actor, now=now)
    if SECRETS.keys() & set(changed):
        tell_lost_secrets(miner, now=now)
    if changed.get("enabled") is False:
        end_trouble(miner, now=now)


def look_again_at(miner: Miner, *, anew: bool, actor: str, now: datetime) -> None:
    """Have the strategy look at a miner that changed; what it wanted of one that no longer follows is taken back."""
    if anew:
        start_anew(miner)
    if not (miner.enrolled and miner.enabled):
        let_go(miner.pk, actor=STRATEGY, now=now)
        withdraw_plug(miner.plug_id, actor=STRATEGY, now=now)
    ask(ABOUT_STRATEGY, by=actor)


def remove_miner(miner: Miner, *, actor: str) -> None:
    """Forget a miner and its history. Its costs stay in the ledger."""
    with transaction.atomic():
        record(actor=actor, action="miner.remove", target=miner, before={"address": f"{miner.host}:{miner.port}"})
        end_trouble(miner, now=read_clock())
        miner.delete()
        ask(ABOUT_STRATEGY, by=actor)
        transaction.on_commit(announce)
