"""The processes of the product by name; each runs alone in a container or as a child of the supervisor."""

from collections.abc import Callable

from hmm.ops.beat import run_beat
from hmm.ops.listeners import run_listeners
from hmm.ops.web import run_web
from hmm.ops.worker import run_worker

PARTS: dict[str, Callable[[], None]] = {
    "web": run_web,
    "worker": run_worker,
    "beat": run_beat,
    "listeners": run_listeners,
}
