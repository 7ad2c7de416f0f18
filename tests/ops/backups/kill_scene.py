"""Run by test_kill in a process of its own: kill -9 what makes and restores a backup at many moments, then look."""

import json
import os
import signal
import sys
import time
from datetime import timedelta

from tests.strategy.kill_scene import in_child  # it sets Django up

# isort: split
from django.core.management import call_command
from django.db import connection

from hmm.audit.models import AuditEntry
from hmm.audit.services import record
from hmm.clock import now as read_clock
from hmm.ops.backups import files
from hmm.ops.backups.making import back_up, make
from hmm.ops.backups.restoring import restore
from hmm.ops.backups.runs import mend_interrupted
from hmm.ops.models import BackupRun

MOMENTS = 7


def killed_after(seconds, work):
    """Fork, let the child work, and kill it after `seconds`; tell whether it had ended by itself."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def made_and_killed(share, lasts_s):
    """Kill the making after a share of the time it takes, and tell what is there."""
    for item in files.listed():
        item.path.unlink()
    ended = killed_after(share * lasts_s, lambda: back_up(trigger=files.Trigger.MANUAL, actor="x", now=read_clock()))
    running = BackupRun.objects.filter(status="running").count()
    mended = mend_interrupted(now=read_clock())
    return {"ended": ended, "listed": len(files.listed()), "running": running, "mended": mended}


def restored_and_killed(share, lasts_s, backup):
    """Kill the restoring after a share of the time it takes, and tell which of the two states is there."""
    if not AuditEntry.objects.filter(action="after").exists():
        record(actor="x", action="after")
    ended = killed_after(share * lasts_s, lambda: restore(backup, now=read_clock() + timedelta(hours=1)))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        whole = cursor.fetchone()[0]
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    connection.close()
    return {"ended": ended, "whole": whole, "actions": sorted(actions - {"backup.make"})}


def timed(work):
    began = time.monotonic()
    in_child(work)
    return time.monotonic() - began


def main():
    call_command("migrate", verbosity=0)
    record(actor="x", action="before")
    making_s = timed(lambda: make(trigger=files.Trigger.MANUAL, now=read_clock()))
    shares = [(place + 0.5) / MOMENTS for place in range(MOMENTS)]
    made = [made_and_killed(share, making_s) for share in shares]
    made.append(made_and_killed(60, making_s + 1))
    backup = files.listed()[0].path.rename(files.folder() / "kept.zip")
    restoring_s = timed(lambda: restore(backup, now=read_clock()))
    restored = [restored_and_killed(share, restoring_s, backup) for share in shares]
    restored.append(restored_and_killed(60, restoring_s + 1, backup))
    sys.stdout.write(json.dumps({"made": made, "restored": restored}))


if __name__ == "__main__":
    main()
