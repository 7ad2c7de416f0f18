"""Which miner a pool means by a worker's name."""

from collections import defaultdict
from collections.abc import Iterable

from miners.models import Miner


def named(worker: str) -> str:
    """Return a worker's own name: what stands behind the account's last dot, in small letters."""
    return worker.rpartition(".")[2].strip().casefold()


def names_of(miner: Miner) -> set[str]:
    """Return the names a miner goes by at pools: HMM's own for it, its name, and the one it shows itself."""
    newest = getattr(miner, "newest", None)
    user = str((newest.pool or {}).get("user") or "") if newest is not None else ""
    shown = user.partition(".")[2] if "." in user else ""
    return {name for name in (miner.worker_name.casefold(), miner.name.casefold(), named(shown)) if name}


def miners_by_worker() -> dict[str, Miner]:
    """Return the miner behind each worker's name; a name two miners go by is nobody's. One query."""
    found: dict[str, list[Miner]] = defaultdict(list)
    for miner in Miner.objects.select_related("newest"):
        for name in names_of(miner):
            found[name].append(miner)
    return {name: those[0] for name, those in found.items() if len(those) == 1}


def miner_of(worker: str, known: dict[str, Miner]) -> Miner | None:
    """Return the miner a worker is; without a name it is nobody."""
    return known.get(named(worker))


def labels_of(workers: Iterable[str], known: dict[str, Miner]) -> dict[str, str]:
    """Return how pages name each worker: by its miner's name where it has one."""
    return {worker: (miner.name if (miner := miner_of(worker, known)) else worker) for worker in workers}
