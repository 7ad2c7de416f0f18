"""Run by test_kill in a process of its own: kill -9 a tick, a command and a pool change at every write, then go on.

Each try starts from the same database file. A child does the work and dies at its n-th write; a second child
goes on as the next tick, poll and step would. What is left in the database and at the device is printed.
"""

import json
import os
import shutil
import signal
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402  # Django has to be set up first
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from energy.services.prices import store_prices  # noqa: E402
from energy.services.refresh import choose_tariff  # noqa: E402
from energy.tariffs.base import Slot  # noqa: E402
from hmm.audit.models import AuditEntry  # noqa: E402
from hmm.clock import now as read_clock  # noqa: E402
from hmm.jobs.models import Ask, Job, JobLine  # noqa: E402
from hmm.jobs.services import claim_job  # noqa: E402
from miners.drivers.bitaxe.simulator import BitaxeSimulator  # noqa: E402
from miners.models import Command, FieldState, Miner, NewestReading  # noqa: E402
from miners.services import bulk  # noqa: E402
from miners.services.commands import take_command_step  # noqa: E402
from miners.services.fleet import add_miner, edit_miner  # noqa: E402
from miners.services.polling import due_commands, poll  # noqa: E402
from notifications.models import Notice  # noqa: E402
from pools.models import Pool  # noqa: E402
from strategy.models import AutomationRule  # noqa: E402
from strategy.services.bands import apply_now, load_example  # noqa: E402
from strategy.services.rules import save_rule  # noqa: E402
from strategy.services.switches import set_enabled, set_override  # noqa: E402
from strategy.services.ticking import tick  # noqa: E402

# A killed process loses nothing that it handed to the operating system, so no write has to reach the disk here.
settings.DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
WRITES = ("INSERT", "UPDATE", "DELETE")


def prepare(device):
    call_command("migrate", verbosity=0)
    now = read_clock().replace(second=0, microsecond=0)
    miner = add_miner(address=str(device.address), actor="keeper", now=now)
    edit_miner(miner, {"enrolled": True}, actor="keeper", now=now)
    tariff = choose_tariff(kind="csv", config={}, name="Imported", actor="keeper", now=now)
    start, end = now - timedelta(hours=1), now + timedelta(hours=3)
    store_prices(tariff, [Slot(starts_at=start, ends_at=end, price_p_per_kwh=Decimal(40))], now=now)
    load_example(actor="keeper", now=now)
    apply_now(actor="keeper", now=now)
    set_enabled(True, actor="keeper")
    dear = AutomationRule(name="Dear", trigger="price_above", low_p_per_kwh=Decimal(30), action="notify")
    save_rule(dear, (), actor="keeper", now=now)
    connection.close()
    return now


def in_child(work):
    """Do some work in a forked child and return whether it lived to its end."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            connection.close()
            os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def dying(at, work):
    """Return the work with a kill -9 right before its n-th write; the writes of one transaction are one."""
    writes = Counter()

    def count(execute, sql, parameters, many, context):
        if sql.lstrip().upper().startswith(WRITES):
            inside = context["connection"].in_atomic_block
            if not (inside and writes["inside"]):
                writes["n"] += 1
                if writes["n"] == at:
                    os.kill(os.getpid(), signal.SIGKILL)
            writes["inside"] = inside
        return execute(sql, parameters, many, context)

    def killed():
        with connection.execute_wrapper(count):
            work()

    return killed


def steps(now):
    for pk in due_commands(now=now):
        take_command_step(pk, now=now)


def go_on(now, is_right):
    """What the product does after a restart: ticks, steps and polls; leases and claims run out by themselves."""
    for second in range(41, 600):
        moment = now + timedelta(seconds=second)
        steps(moment)
        if second % 10 == 0:
            poll(Miner.objects.get().pk, now=moment)
        if second % 30 == 11:
            tick(now=moment)
            if second > 90 and is_right() and not Command.objects.open().exists():
                return


def change_pool(now):
    """Write a pool, read it back, restart for it and read that, as the product does in half a minute."""
    tick(now=now)
    for second in range(40):
        moment = now + timedelta(seconds=second)
        steps(moment)
        if second % 4 == 3:
            poll(Miner.objects.get().pk, now=moment)
        if not Command.objects.open().exists():
            return


def change_many(job_pk, now):
    """Begin a job for many miners and carry out what it wrote, as worker and beat do."""
    job = claim_job(job_pk)
    if job is not None:
        bulk.begin_lines(job, now=now)
    for second in range(8):
        moment = now + timedelta(seconds=second)
        steps(moment)
        if second % 4 == 3:
            poll(Miner.objects.get().pk, now=moment)
        bulk.follow_jobs(now=moment)


def go_on_with_jobs(now):
    """What the beat does after a restart: waiting jobs are sent again, running ones are followed."""
    Job.objects.update(touched_at=now)  # by the clock of this scene: the worker is gone since then
    for second in range(41, 400):
        moment = now + timedelta(seconds=second)
        for pk in Job.objects.filter(status="waiting").values_list("pk", flat=True):
            change_many(pk, moment)
        bulk.follow_jobs(now=moment)
        steps(moment)
        if second % 10 == 0:
            poll(Miner.objects.get().pk, now=moment)
        if not Job.objects.filter(status__in=("waiting", "running")).exists():
            return


def outcome(device):
    sent = Counter(path.rsplit("/", 1)[-1] for _at, method, path, _body in device.requests if method != "GET")
    return {
        "transitions": AuditEntry.objects.filter(action="strategy.transition").count(),
        "firings": AuditEntry.objects.filter(action="rule.fire").count(),
        "told": Notice.objects.filter(event="rule_fired").count(),
        "open": Command.objects.open().count(),
        "asks": Ask.objects.count(),
        "statuses": dict(Counter(Command.objects.values_list("status", flat=True))),
        "paused": device.paused,
        "mode": device.settings["frequency"],
        "job": list(JobLine.objects.values_list("job__status", "state")),
        "works_for": device.live_pool["stratumURL"],
        "sent": sent,
    }


def rewind(device, pool):
    """Bring the device back to where each try starts."""
    device.paused = False
    device.settings["frequency"], device.settings["coreVoltage"] = 525, 1150
    device.settings.update(pool)
    device.live_pool = dict(pool)
    device.booted_at, device.down_until = device.clock() - 7200, 0.0  # longer than any reading kept says
    device.requests.clear()


def kill_at_every_write(device, file, clean, now, *, phase, work, before=None, is_right=None, then=go_on):
    pool = device.pool_settings()
    for at in range(1, 150):
        for leftover in file.parent.glob(f"{file.name}*"):
            leftover.unlink()
        shutil.copy(clean, file)
        rewind(device, pool)
        if before is not None:
            in_child(before)
        lived = in_child(dying(at, work))
        in_child(lambda: then(now, is_right) if is_right is not None else then(now))
        yield {"phase": phase, "at": at, "lived": lived, **outcome(device)}
        connection.close()
        if lived:
            rewind(device, pool)
            return


def main():
    file = Path(settings.DATABASES["default"]["NAME"])
    clean, running, with_job = (file.with_suffix(suffix) for suffix in (".clean", ".running", ".job"))
    results = []
    with BitaxeSimulator(firmware="v2.14.0", reboot_s=0.0) as device:
        now = prepare(device)
        shutil.copy(file, clean)
        Pool.objects.create(name="DGB", coin="DGB", host="dgb.test", port=3333, wallet="wallet")
        set_override("on", band=3, actor="keeper", now=now)
        connection.close()
        shutil.copy(file, running)
        set_enabled(False, actor="keeper")
        job = bulk.start_bulk("mode", [Miner.objects.get().pk], {"mode": "eco"}, actor="keeper", now=now)
        connection.close()
        shutil.copy(file, with_job)
        tries = (device, file, clean, now)
        off = {"is_right": lambda: shows_paused(True)}
        results += kill_at_every_write(*tries, phase="tick", work=lambda: tick(now=now), **off)
        results += kill_at_every_write(
            *tries, phase="step", work=lambda: steps(now), before=lambda: tick(now=now), **off
        )
        results += kill_at_every_write(
            device,
            file,
            running,
            now,
            phase="pool",
            work=lambda: change_pool(now),
            is_right=lambda: (
                not FieldState.objects.filter(restart_owed__isnull=False).exists()
                and FieldState.objects.filter(field="pool", confirmed__host="dgb.test").exists()
            ),
        )
        results += kill_at_every_write(
            device,
            file,
            with_job,
            now,
            phase="bulk",
            work=lambda: change_many(job.pk, now),
            then=go_on_with_jobs,
        )
    json.dump(results, sys.stdout)


def shows_paused(paused):
    return NewestReading.objects.filter(paused=paused).exists()


if __name__ == "__main__":
    main()
