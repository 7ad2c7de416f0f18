"""Run the suite in two passes: what needs only itself in parallel, then alone what starts processes and browsers.

A browser that waits for a page while other tests take every core tells of the cores, not of the page.
Arguments are handed to pytest. Exits with the first failure's code.
"""

import os
import subprocess
import sys

ALONE = "browser or process"
NOTHING_RAN = 5  # pytest's code when nothing was collected


def passes(workers: str, without: str) -> list[list[str]]:
    """Return the arguments of each pass; `without` names markers that are left out, such as "browser or process"."""
    left_out = f" and not ({without})" if without else ""
    together = ["-n", workers, "--dist", "loadgroup", "-m", f"not ({ALONE}){left_out}"]
    return [together] if without.startswith(ALONE) else [together, ["-n", "0", "-m", f"({ALONE}){left_out}"]]


def main(arguments: list[str]) -> int:
    workers = os.environ.get("WORKERS", "auto")
    codes = [
        subprocess.run([sys.executable, "-m", "pytest", *one, *arguments], check=False).returncode
        for one in passes(workers, os.environ.get("WITHOUT", ""))
    ]
    failures = [code for code in codes if code not in {0, NOTHING_RAN}]
    if failures:
        return failures[0]
    return NOTHING_RAN if all(code == NOTHING_RAN for code in codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
