"""Keep polls and commands within what a device bears; asked by the dispatcher before anything is sent."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

from hmm.net import opened_so_far
from miners import budget
from miners.budget import Errand
from miners.models import Command, CommandKind, CommandStatus, Miner
from miners.services.meeting import is_to_be_met

PROOF_FIRST_AFTER = timedelta(seconds=10)
PATIENCE = timedelta(minutes=3)
READING_TAKES = timedelta(seconds=10)
ASKS_THE_DEVICE = (CommandStatus.WANTED, CommandStatus.NEEDS_RESTART)
SECRETS = ("miner__otp_secret", "miner__login_password")  # one that cannot be opened holds no other miner up
WAITS_FOR_PROOF = (CommandStatus.SENT, CommandStatus.RESTARTING)


def per_minute() -> int:
    return settings.HMM_DEVICE_REQUESTS_PER_MINUTE


def affordable_polls(pks: Sequence[int], *, now: datetime) -> list[int]:
    """Return the miners that may be polled now. The others are due again when their device may be asked."""
    open_commands = Command.objects.open().filter(miner__in=pks).order_by()
    under_way = list(open_commands.values_list("miner_id", "kind", "status"))
    # After a restart the board is asked for too: two requests, and a place less for what is more urgent.
    to_prove = {pk for pk, *what in under_way if what == [CommandKind.PROVE, CommandStatus.WANTED]}
    restarting = {pk for pk, *what in under_way if CommandKind.RESTART in what or CommandStatus.RESTARTING in what}
    proofs = {pk for pk, *_what in under_way} - restarting
    asked = dict(Miner.objects.filter(pk__in=pks).values_list("pk", "requests_at"))
    affordable = []
    for pk in pks:
        errand = Errand.YIELDING if pk in to_prove else Errand.COMMANDED if pk in proofs else Errand.ROUTINE
        moment = budget.passes_at(asked.get(pk, []), errand, now.timestamp(), per_minute=per_minute())
        if moment <= now.timestamp():
            affordable.append(pk)
        else:
            again = datetime.fromtimestamp(moment, UTC)
            Miner.objects.filter(pk=pk, poll_due_at__lte=now).update(poll_due_at=again)
    return affordable


def affordable_commands(pks: Sequence[int], *, now: datetime) -> list[int]:
    """Return the commands whose step may be taken now; a step that asks nothing, and turning off, always may."""
    commands = sorted(
        Command.objects.filter(pk__in=pks).select_related("miner").defer(*SECRETS),
        key=lambda command: (not turns_off(command), pks.index(command.pk)),
    )
    miners = {command.miner_id for command in commands}
    waiting = set(
        Command.objects.filter(
            miner__in=miners, status__in=WAITS_FOR_PROOF, sent_at__lt=now - PROOF_FIRST_AFTER
        ).values_list("miner_id", flat=True)
    )
    affordable: list[int] = []
    under_way: Counter[int] = Counter()
    for command in commands:
        asks = command.status in ASKS_THE_DEVICE
        errand, requests = step_errand(command, waiting, now), command.miner.requests_at
        taken = under_way[command.miner_id]
        fits = budget.may_pass(requests, errand, now.timestamp(), per_minute=per_minute(), under_way=taken)
        if not asks or fits or turns_off(command):
            affordable.append(command.pk)
            under_way[command.miner_id] += asks
    return affordable


def has_room_for(miner: Miner, errand: Errand, *, now: datetime) -> bool:
    """Tell, under the miner's lease, whether one more errand may follow what was asked inside it."""
    return budget.may_pass(
        miner.requests_at, errand, now.timestamp(), per_minute=per_minute(), under_way=opened_so_far()
    )


def step_errand(command: Command, waiting: set[int], now: datetime) -> Errand:
    """Leave the last free place to a proof that is waited for: it may end a command, a second one only adds to it."""
    if command.kind == CommandKind.PROVE:
        return Errand.PROVING
    if command.status == CommandStatus.WANTED and asks_twice(command, now):
        return Errand.ROUTINE
    return Errand.ROUTINE if command.miner_id in waiting else Errand.COMMANDED


def asks_twice(command: Command, now: datetime) -> bool:
    """Tell whether some family has to look before it writes."""
    hands_fan_back = command.kind == CommandKind.FAN and command.asked.get("percent") is None
    return command.kind == CommandKind.POOL or hands_fan_back or is_to_be_met(command.miner, command.kind, now)


def turns_off(command: Command) -> bool:
    return command.kind == CommandKind.POWER and not (command.value or {}).get("on", True)


def proof_comes_at(
    miner: Miner, *, sent_at: datetime | None, ends_at: datetime | None, now: datetime
) -> datetime | None:
    """Return until when a sent command is to be waited for, because its device was not asked since.

    It may not be asked any sooner, or HMM itself was away: then it is looked at once before anything is given
    up. None when a poll came since, with or without an answer, and after all the patience there is.
    """
    heard = sent_at is not None and miner.last_seen_at is not None and miner.last_seen_at > sent_at
    if sent_at is None or heard or miner.failures:
        return None
    patient = now - sent_at <= PATIENCE
    if miner.poll_due_at <= now:  # nobody polls
        was_away = ends_at is not None and now - ends_at > READING_TAKES
        return now + READING_TAKES if patient or was_away else None
    late = miner.poll_due_at + READING_TAKES
    return late if patient and now < late < now + PATIENCE else None


def spend(miner: Miner, moments: Sequence[float], *, now: datetime) -> None:
    """Note requests that were made outside a lease: to a device that was not known to be this one."""
    miner.requests_at = budget.kept(miner.requests_at, moments, now.timestamp())
    Miner.objects.filter(pk=miner.pk).update(requests_at=miner.requests_at)
