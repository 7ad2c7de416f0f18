"""Run a scene that kills its own processes, in a folder and a database of its own, and read what it tells."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.captures import ROOT


def told_by(scene: str, folder: Path, *, within_s: float, **settings: str) -> Any:
    """Return the JSON document that a scene (its path in the project) prints at its end."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hmm.settings",
        "HMM_DATA_DIR": str(folder),
        "HMM_DATABASE_URL": "",
        "PYTHONPATH": str(ROOT),
        "HMM_LOG_LEVEL": "CRITICAL",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / scene)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
