"""Try every small fault of the modules that money hangs on, each against its quick tests; print what survived.

`python tests/mutation/run.py [MODULE …]`. Exits with 1 where a fault survived that docs/develop/mutation.md
does not explain.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = ROOT / "docs/develop/mutation.md"
STRATEGY, ENERGY = "tests/strategy/", "tests/energy/"
COSTS = (f"{ENERGY}test_costs_edges.py",)
LEDGER = (f"{ENERGY}test_ledger_edges.py", f"{ENERGY}test_ledger_faults.py")
RULES = (f"{STRATEGY}test_rules.py", f"{STRATEGY}test_rule_faults.py")
OPTIONS = ("-n", "0", "-o", "addopts=", "-qq", "--tb=no", "-p", "tests.mutation.plugin")
TARGETS: dict[str, tuple[str, ...]] = {
    "strategy.core": (f"{STRATEGY}test_decide_edges.py", f"{STRATEGY}test_decide.py"),
    "strategy.wanting": (
        f"{STRATEGY}test_wanted_edges.py",
        f"{STRATEGY}test_champion.py",
        f"{STRATEGY}test_ownership.py",
        f"{STRATEGY}test_plugging.py",
        f"{STRATEGY}test_caps.py",
    ),
    "strategy.champion": (
        f"{STRATEGY}test_champion_edges.py",
        f"{STRATEGY}test_champion.py",
        f"{STRATEGY}test_caps.py",
    ),
    "strategy.plugging": (f"{STRATEGY}test_plugging.py", f"{STRATEGY}test_caps.py"),
    "miners.services.plug_limits": ("tests/miners/switches/test_plug_limits.py",),
    "strategy.services.choosing": (f"{STRATEGY}test_champion_stay.py", f"{STRATEGY}test_told.py"),
    "pools.failover": ("tests/pools/test_failover.py",),
    "strategy.windows": (f"{STRATEGY}test_windows.py",),
    **dict.fromkeys(("strategy.rules", "strategy.effects", "strategy.triggers"), RULES),
    "energy.costs": COSTS,
    "energy.services.ledger": LEDGER,
    "energy.services.late_prices": LEDGER,
    "energy.services.summing": LEDGER,
}


def survivors(module: str) -> list[str]:
    """Return the lines that tell of faults no test found; raise CalledProcessError where the tests fail."""
    tests = [path for path in TARGETS[module] if (ROOT / path).exists()]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, "--mutate", module, *tests],
        cwd=ROOT,
        env={**os.environ, "CI": "1", "PYTHONPATH": str(ROOT)},  # the same examples for every fault
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    told = told[told.index(f"{module}: ") :]
    sys.stdout.write(told.strip() + "\n")
    sys.stdout.flush()
    return re.findall(r"^  \d+: (.+)$", told, flags=re.MULTILINE)


def main(modules: list[str]) -> int:
    known = EXPLAINED.read_text(encoding="utf-8") if EXPLAINED.exists() else ""
    unknown = [
        (module, words) for module in modules or TARGETS for words in survivors(module) if f"`{words}`" not in known
    ]
    for module, words in unknown:
        sys.stdout.write(f"NOT EXPLAINED: {module}: {words}\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
