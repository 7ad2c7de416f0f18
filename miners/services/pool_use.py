"""Which miners work for a pool, and which pool a miner works for."""

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


def pool_at(seen: object) -> Pool | None:
    """Return the pool a device shows; of several accounts there the one whose wallet it mines for. One query."""
    if not isinstance(seen, dict) or not seen.get("host") or not isinstance(seen.get("port"), int):
        return None
    there = list(Pool.objects.filter(host__iexact=str(seen["host"]), port=seen["port"]).order_by("priority", "pk"))
    user = str(seen.get("user") or "")
    return next((pool for pool in there if user.startswith(pool.wallet)), there[0] if there else None)
