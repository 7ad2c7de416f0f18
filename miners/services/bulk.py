"""Do one thing to many miners: a job with a line for each, driven by rows.

A line is claimed and its command written in one transaction, so a worker that is killed leaves nothing half
begun: the next one goes on with the lines that still wait, and nothing is sent twice. A line ends when its
commands end, which is when the device shows the change or the time for that has passed.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hmm.audit.services import record
from hmm.jobs.models import Job, JobLine, JobStatus, LineState
from hmm.jobs.services import advance, claim_line, end_job, finish_line, start_job
from miners.asking import pool_value
from miners.drivers.registry import FAMILY_MODES, normalise_mode
from miners.models import Command, CommandKind, CommandStatus, Miner, TuningProfile
from miners.models.profile import Fan
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from miners.services.fleet import edit_miner
from miners.services.tuning import check_fit
from pools.models import Pool

KIND = "bulk"
MOST = 1000
ID_MAX = 2**63 - 1
LEFT_AFTER = timedelta(seconds=20)  # a worker that has not been heard of for so long is gone
ALREADY = "It shows this already; nothing was sent."


class BulkError(ValueError):
    """A selection or an act that cannot be; `fields` says where and why."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.fields = {field: words}


# --- starting ------------------------------------------------------------------------------------


def start_bulk(act: str, miner_ids: Sequence[int], value: dict[str, Any], *, actor: str, now: datetime) -> Job:
    """Start a job for the miners named. Raise BulkError for a selection or a value that cannot be."""
    if act not in ACTS:
        raise BulkError("act", f"{act!r:.40} cannot be done to many miners; there are: {', '.join(ACTS)}.")
    miners = chosen(miner_ids)
    label, check, _do = ACTS[act]
    words = check(value)
    title = f"{label.format(words)}: {len(miners)} miner{'s' if len(miners) != 1 else ''}"
    return start_job(
        kind=KIND,
        title=title,
        actor=actor,
        arguments={"act": act, **value},
        total=len(miners),
        now=now,
        targets=[(str(miner.pk), miner.name) for miner in miners],
    )


def chosen(miner_ids: Sequence[int]) -> list[Miner]:
    """Return the miners in the order they were named. Raise BulkError naming what is wrong with the list."""
    if not miner_ids:
        raise BulkError("miner_ids", "Choose at least one miner.")
    if len(miner_ids) > MOST:
        raise BulkError("miner_ids", f"{len(miner_ids)} miners at once are too many; at most {MOST}.")
    twice = (
        sorted({pk for pk in miner_ids if miner_ids.count(pk) > 1}) if len(set(miner_ids)) < len(miner_ids) else []
    )
    if twice:
        raise BulkError("miner_ids", f"Named more than once: {listed(twice)}. Name each miner once.")
    found = Miner.objects.in_bulk([pk for pk in miner_ids if 0 < pk <= ID_MAX])
    missing = [pk for pk in miner_ids if pk not in found]
    if missing:
        raise BulkError("miner_ids", f"There is no miner {listed(missing)}. Nothing was started.")
    return [found[pk] for pk in miner_ids]


def listed(pks: Sequence[int]) -> str:
    shown = ", ".join(f"{pk}"[:20] for pk in pks[:5])
    return f"{shown} and {len(pks) - 5} more" if len(pks) > 5 else shown


def nothing(_value: dict[str, Any]) -> str:
    return ""


def check_mode(value: dict[str, Any]) -> str:
    mode = str(value.get("mode") or "")
    for kind in FAMILY_MODES:
        try:
            return normalise_mode(kind, mode)
        except ValueError:
            continue
    known = ", ".join(dict.fromkeys(name for modes in FAMILY_MODES.values() for name in modes))
    raise BulkError("mode", f"{mode!r:.40} is no mode; there are: {known}.")


def check_pool(value: dict[str, Any]) -> str:
    pk = value.get("pool_id")
    pool = Pool.objects.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk <= ID_MAX else None
    if pool is None:
        raise BulkError("pool_id", f"There is no pool {pk}. Choose another one." if pk else "Choose a pool.")
    return pool.name


# --- doing ---------------------------------------------------------------------------------------


def give(miner: Miner, kind: str, value: dict[str, Any], job: Job, now: datetime, secret: str = "") -> list[int]:
    """Write a command and return its id, or nothing when the device shows it already."""
    if not miner.enabled:
        raise CommandRefusedError(f"{miner.name} is not polled, so nobody would see whether it obeyed. Enable it.")
    made = request_command(miner, kind, value, actor=job.actor, reason=job.title, now=now, secret=secret)
    return [made.pk] if made is not None else []


def set_enabled(miner: Miner, job: Job, now: datetime) -> list[int]:
    wanted = job.arguments["act"] == "enable"
    edit_miner(miner, {"enabled": wanted}, actor=job.actor, now=now, reason=job.title)
    return []


def restart(miner: Miner, job: Job, now: datetime) -> list[int]:
    return give(miner, CommandKind.RESTART, {}, job, now)


def set_mode(miner: Miner, job: Job, now: datetime) -> list[int]:
    return give(miner, CommandKind.MODE, {"mode": normalise_mode(miner.kind, job.arguments["mode"])}, job, now)


def set_pool(miner: Miner, job: Job, now: datetime) -> list[int]:
    value, secret = pool_value(miner, str(job.arguments["pool_id"]))
    return give(miner, CommandKind.POOL, value, job, now, secret)


def check_profile(value: dict[str, Any]) -> str:
    pk = value.get("profile_id")
    profile = TuningProfile.objects.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk <= ID_MAX else None
    if profile is None:
        raise BulkError("profile_id", f"There is no profile {pk}. Choose another one." if pk else "Choose a profile.")
    return profile.name


def apply_profile(miner: Miner, job: Job, now: datetime) -> list[int]:
    """Give a miner what a profile sets: its clock and core voltage, or its mode, and its fan."""
    profile = TuningProfile.objects.filter(pk=job.arguments["profile_id"]).first()
    if profile is None:
        raise CommandRefusedError("The profile was removed in the meantime.")
    check_fit(profile, miner)
    commands: list[int] = []
    if profile.preset is not None:
        commands += give(miner, CommandKind.TUNING, asdict(profile.preset), job, now)
    elif profile.mode:
        commands += give(miner, CommandKind.MODE, {"mode": profile.mode}, job, now)
    if profile.fan:
        percent = profile.fan_percent if profile.fan == Fan.FIXED else None
        commands += give(miner, CommandKind.FAN, {"percent": percent}, job, now)
    record(
        actor=job.actor,
        action="miner.profile",
        target=miner,
        reason=f"Profile {profile.name}",
        after={"profile": profile.name, "sets": profile.in_words},
    )
    return commands


Check = Callable[[dict[str, Any]], str]
Do = Callable[[Miner, Job, datetime], list[int]]
# act → (title, what its value must be, what is done to one miner: the ids of the commands to wait for)
ACTS: dict[str, tuple[str, Check, Do]] = {
    "enable": ("Enable", nothing, set_enabled),
    "disable": ("Disable", nothing, set_enabled),
    "restart": ("Restart", nothing, restart),
    "mode": ("Mode {}", check_mode, set_mode),
    "pool": ("Pool {}", check_pool, set_pool),
    "profile": ("Profile {}", check_profile, apply_profile),
}


def begin_lines(job: Job, *, now: datetime) -> None:
    """Begin every line that waits. Safe to run twice and to be killed anywhere."""
    waiting = list(job.line_rows.filter(state=LineState.WAITING).values_list("pk", flat=True))
    for pk in waiting:
        begin(JobLine.objects.select_related("job").get(pk=pk), job, now=now)


def begin(line: JobLine, job: Job, *, now: datetime) -> None:
    """Claim one line and write its commands, or its end where there are none: all of it or nothing."""
    _label, _check, do = ACTS[job.arguments["act"]]
    try:
        with transaction.atomic():
            if not claim_line(line):
                return
            miner = Miner.objects.with_latest().get(pk=int(line.target))
            commands = do(miner, job, now)
            JobLine.objects.filter(pk=line.pk).update(detail={"commands": commands})
            if not commands:  # nothing to wait for: whoever follows the job must not see it under way
                done = job.arguments["act"].capitalize() + "d."
                finish_line(line, good=True, text=done if do is set_enabled else ALREADY)
    except Miner.DoesNotExist:
        finish_line(line, good=False, text="It was removed in the meantime.")
    except ValueError as error:
        finish_line(line, good=False, text=str(error))


# --- following -----------------------------------------------------------------------------------


def follow_jobs(*, now: datetime) -> None:
    """Bring every running job of this kind up to what its commands show, and end it with its last line."""
    for job in Job.objects.filter(kind=KIND, status=JobStatus.RUNNING):
        if job.touched_at is None or job.touched_at < now - LEFT_AFTER:
            begin_lines(job, now=now)
        follow(job, now=now)


def follow(job: Job, *, now: datetime) -> None:
    """Settle the lines whose commands have ended."""
    working = list(job.line_rows.filter(state=LineState.WORKING).select_related("job"))
    wanted = [pk for line in working for pk in (line.detail or {}).get("commands", [])]
    commands = Command.objects.in_bulk(wanted)
    for line in working:
        settle(line, [commands[pk] for pk in (line.detail or {}).get("commands", []) if pk in commands])
    open_states = set(
        job.line_rows.filter(state__in=(LineState.WAITING, LineState.WORKING)).values_list("state", flat=True)
    )
    if not open_states:
        finish(job, now=now)
    elif LineState.WAITING not in open_states:
        advance(job, 0)  # it lives, it waits for its devices


def settle(line: JobLine, commands: Sequence[Command]) -> None:
    """End a line when every command of it has ended."""
    if any(command.is_open for command in commands):
        return
    good = bool(commands) and all(command.status == CommandStatus.APPLIED for command in commands)
    words = " ".join(in_words(command) for command in commands)
    finish_line(line, good=good, text=words or "It was removed in the meantime.")


def in_words(command: Command) -> str:
    outcome = f"{command.get_kind_display()}: {command.get_status_display().lower()}."
    return f"{outcome} {command.message}".strip()


def finish(job: Job, *, now: datetime) -> None:
    """End a job whose lines are all over, saying how many were not done."""
    bad = job.line_rows.filter(state=LineState.FAILED).count()
    good = job.total - bad
    words = f"All {good} done." if not bad else f"{good} of {job.total} done, {bad} not: each says why."
    end_job(job, now=now, message=words, failed=good == 0)
