"""Which miners work for a pool."""

from miners.models import NewestReading
from pools.models import Pool


def names_working_for(pool: Pool) -> list[str]:
    """Return the names of the enabled miners whose newest reading shows this pool's host and port."""
    rows = NewestReading.objects.filter(miner__enabled=True, pool__isnull=False).select_related("miner")
    return sorted(row.miner.name for row in rows if is_at(row.pool, pool))


def is_at(seen: object, pool: Pool) -> bool:
    if not isinstance(seen, dict):
        return False
    return (str(seen.get("host") or "").lower(), seen.get("port")) == (pool.host.lower(), pool.port)
