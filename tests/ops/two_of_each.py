"""A household for a product that runs, and one more worker or beat beside those it has."""

import signal
import subprocess
import sys
from contextlib import contextmanager

from tests.ops.product import ROOT

FURNISH = """
from datetime import timedelta
from decimal import Decimal
from energy.services.prices import store_prices
from energy.services.refresh import choose_tariff
from energy.tariffs.base import Slot
from hmm.clock import now as read_clock
from miners.services.fleet import add_miner, edit_miner
from strategy.services.bands import apply_now, load_example
from strategy.services.switches import set_enabled
now = read_clock()
miner = add_miner(address=sys.argv[1], actor="keeper", now=now)
edit_miner(miner, {"enrolled": True}, actor="keeper", now=now)
tariff = choose_tariff(kind="csv", config={}, name="Imported", actor="keeper", now=now)
start, end = now - timedelta(hours=1), now + timedelta(hours=3)
store_prices(tariff, [Slot(starts_at=start, ends_at=end, price_p_per_kwh=Decimal(40))], now=now)
load_example(actor="keeper", now=now)
apply_now(actor="keeper", now=now)
set_enabled(True, actor="keeper")
"""
BEATS = """
import json
from hmm.ops.models import Heartbeat
print(json.dumps(list(Heartbeat.objects.filter(part="beat").values_list("pid", flat=True))))
"""
TOLD = """
import json
from hmm.audit.models import AuditEntry
from miners.models import Command
commands = Command.objects.filter(kind="power").order_by("pk")
print(json.dumps({
    "commands": list(commands.values_list("status", flat=True)),
    "transitions": [row["target"] for row in AuditEntry.objects.filter(action="strategy.transition").order_by("pk")
                    .values_list("after", flat=True)],
    "power": AuditEntry.objects.filter(action="miner.power").count(),
}))
"""


@contextmanager
def one_more(product, part):
    """Run a part once more, beside the one the supervisor started; yield its process id and the path of its log."""
    path = product.folder.parent / f"second-{part}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", str(ROOT / "manage.py"), "run", part],
            cwd=ROOT,
            env=product.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process.pid, path
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
