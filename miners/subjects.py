"""Miners as channels of notifications can be limited to them."""

from miners.models import Miner
from notifications.subjects import register_subjects


def miner_subjects() -> list[tuple[str, str]]:
    return [(f"miner:{pk}", name) for pk, name in Miner.objects.order_by("name").values_list("pk", "name")]


def register() -> None:
    register_subjects("miners", miner_subjects)
