"""Keep the blocks of our wallet; each is celebrated once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from hmm.audit.services import record
from hmm.live.services import push_event
from pools.backends.base import FoundBlock as Told
from pools.models import BlockState, FoundBlock, Pool
from pools.services.checking_values import storable

FRESH = timedelta(days=2)  # an older one that is seen for the first time is history, not news
RANK = {BlockState.CANDIDATE: 0, BlockState.IMMATURE: 1, BlockState.CONFIRMED: 2, BlockState.ORPHANED: 2}
ACTOR = "pools"


def record_blocks(pool: Pool, blocks: Iterable[Told], *, now: datetime) -> None:
    """Store new blocks and how far known ones have come. A state never goes back, save that a block is orphaned."""
    for told in blocks:
        if told.hash:
            record_block(pool, told, now)


def record_block(pool: Pool, told: Told, now: datetime) -> None:
    names = ("height", "worker", "found_at", "share_difficulty", "difficulty", "reward")
    values = {name: storable(getattr(told, name)) for name in names}
    with transaction.atomic():
        block, is_new = FoundBlock.objects.get_or_create(
            pool=pool, hash=told.hash, defaults={**values, "state": told.state, "seen_at": now}
        )
        if is_new:
            celebrate(block, now)
        elif RANK[BlockState(told.state)] > RANK[BlockState(block.state)] or (
            told.state == BlockState.ORPHANED != block.state
        ):
            tell_change(block, told.state, now)


def celebrate(block: FoundBlock, now: datetime) -> None:
    if block.state == BlockState.ORPHANED or block.found_at is None or now - block.found_at > FRESH:
        return
    by = f" by {block.worker}" if block.worker else ""
    reward = f", {block.reward.normalize():f} {block.pool.coin}" if block.reward is not None else ""
    reason = f"A block was found at {block.pool}{by}{reward}. It counts once the network has confirmed it."
    record(
        actor=ACTOR, action="block.found", target=block.pool, reason=reason, after={"height": block.height}, at=now
    )
    transaction.on_commit(lambda: push_event("block-found"))


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
