"""Keep the blocks of our wallet; each is celebrated once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from hmm.live.services import push_event
from pools.backends.base import FoundBlock as Told
from pools.models import BlockState, FoundBlock, Pool
from pools.services.checking_values import storable

FRESH = timedelta(days=2)  # an older one that is seen for the first time is history, not news
RANK = {BlockState.CANDIDATE: 0, BlockState.IMMATURE: 1, BlockState.CONFIRMED: 2, BlockState.ORPHANED: 2}
ACTOR = "pools"
BLOCK_FOUND = "block-found"
FIGURES = ("height", "worker", "found_at", "share_difficulty", "difficulty", "reward")


def record_blocks(pool: Pool, blocks: Iterable[Told], *, now: datetime) -> None:
    """Store new blocks and how far known ones have come. A state never goes back, save that a block is orphaned."""
    for told in blocks:
        if key_of(told):
            record_block(pool, told, now)


def key_of(told: Told) -> str:
    """Return what a block is known by: its hash, else its height; "" where the pool tells neither."""
    given = told.hash.lower().removeprefix("0x").strip("0")
    return told.hash.lower() if given else by_height(told.height)


def by_height(height: int | None) -> str:
    return "" if height is None else f"height:{height}"


def same_as(told: Told) -> Q:
    """Return what finds a block that is known: by its hash, by its height where one of the two has no hash."""
    key = key_of(told)
    if key == by_height(told.height):
        return Q(hash=key) | Q(height=told.height)
    return Q(hash__in={key, by_height(told.height)} - {""})


def record_block(pool: Pool, told: Told, now: datetime) -> None:
    values = {name: storable(getattr(told, name)) for name in FIGURES}
    new = {**values, "pool": pool, "pool_label": pool.name, "state": told.state, "seen_at": now}
    with transaction.atomic():
        block = FoundBlock.objects.filter(same_as(told), coin=pool.coin).order_by("pk").first()
        is_new = block is None
        if block is None:
            block, is_new = FoundBlock.objects.get_or_create(coin=pool.coin, hash=key_of(told), defaults=new)
        if is_new:
            celebrate(block, now)
            return
        complete(block, told, values)
        if RANK[BlockState(told.state)] > RANK[BlockState(block.state)] or (
            told.state == BlockState.ORPHANED != block.state
        ):
            tell_change(block, told.state, now)


def complete(block: FoundBlock, told: Told, values: dict[str, Any]) -> None:
    """Add what the pool did not know at first: a candidate's hash, the reward, the share."""
    late = {name: value for name, value in values.items() if value and not getattr(block, name)}
    if block.hash.startswith("height:") and not key_of(told).startswith("height:"):
        late["hash"] = key_of(told)
    for name, value in late.items():
        setattr(block, name, value)
    if late:
        block.save(update_fields=list(late))


def celebrate(block: FoundBlock, now: datetime) -> None:
    """Tell of a new block, unless it is old or lost already. One of a clock ahead of ours is new."""
    if block.state == BlockState.ORPHANED or block.found_at is None or now - block.found_at > FRESH:
        return
    by = f" by {block.worker}" if block.worker else ""
    reward = f", {block.reward.normalize():f} {block.coin}" if block.reward is not None else ""
    reason = f"A block was found at {block.pool_label}{by}{reward}. It counts once the network has confirmed it."
    record(
        actor=ACTOR, action="block.found", target=block.pool, reason=reason, after={"height": block.height}, at=now
    )
    transaction.on_commit(lambda: push_event(BLOCK_FOUND))


def tell_change(block: FoundBlock, state: str, now: datetime) -> None:
    before, block.state = block.state, state
    block.save(update_fields=["state"])
    record(
        actor=ACTOR,
        action=f"block.{state}",
        target=block.pool,
        reason=f"Block {block.height} is {state} now.",
        before={"state": before},
        after={"state": state},
        at=now,
    )
    transaction.on_commit(lambda: push_event(BLOCK_FOUND))
