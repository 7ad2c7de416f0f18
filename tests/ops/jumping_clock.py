"""The product with a wall clock that a test can set: the file argument holds the seconds it is off by."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import django

django.setup()

from hmm.ops.supervision.clockwatch import ClockWatch  # noqa: E402  # Django has to be set up first
from hmm.ops.up import up  # noqa: E402

offset = Path(sys.argv[1])
sys.exit(up(clock=ClockWatch(wall=lambda: time.time() + float(offset.read_text(encoding="ascii")))))
