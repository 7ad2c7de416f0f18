"""The one list of pool back ends."""

from pools.backends.base import Backend
from pools.backends.braiins.backend import Braiins
from pools.backends.ckpool.backend import Ckpool
from pools.backends.public_pool.backend import PublicPool
from pools.backends.solopool.backend import Solopool
from pools.backends.stratum.backend import Stratum

BACKENDS: dict[str, Backend] = {
    each.kind: each for each in (Solopool(), Braiins(), Ckpool(), PublicPool(), Stratum())
}


def backend_choices() -> list[tuple[str, str]]:
    """Return (kind, label) of every back end, the plain one first."""
    return sorted(((kind, each.label) for kind, each in BACKENDS.items()), key=lambda row: row[0] != "stratum")
