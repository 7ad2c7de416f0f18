"""Every write to pools, one concern a file."""

from pools.services.saving import InUseError, delete_pool, save_pool

__all__ = ["InUseError", "delete_pool", "save_pool"]
