"""A found block is celebrated on every page: with confetti once for each session, then as a line until closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pools.models import BlockState, FoundBlock
from pools.services.finding import FRESH

CHEERED, CLOSED = "blocks_cheered", "blocks_closed"  # in the session: blocks that were shown, and put away
REMEMBERED = 50
PIECES = range(24)
STAGES = {
    BlockState.CANDIDATE: "The network has yet to confirm it.",
    BlockState.IMMATURE: "The network has it; it counts once enough blocks stand on it.",
    BlockState.CONFIRMED: "It is confirmed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Celebration:
    """The newest block nobody of this session has put away. `cheers`: it is shown for the first time."""

    block: FoundBlock
    finder: str
    stage: str
    more: int
    cheers: bool
    pieces: range = PIECES


def celebration(session: Any, now: datetime) -> Celebration | None:
    """Return what is to be celebrated, and note in the session that it was. Only blocks of our wallets are kept."""
    fresh = FoundBlock.objects.filter(found_at__gt=now - FRESH, seen_at__gt=now - FRESH)
    rows = fresh.exclude(state=BlockState.ORPHANED).exclude(pk__in=session.get(CLOSED, []))
    blocks = list(rows.select_related("credit").order_by("-found_at", "-pk")[:REMEMBERED])
    if not blocks:
        return None
    block, cheered = blocks[0], session.get(CHEERED, [])
    if block.pk not in cheered:
        session[CHEERED] = [*cheered, block.pk][-REMEMBERED:]
    credit = getattr(block, "credit", None)
    return Celebration(
        block=block,
        finder=credit.miner_label if credit is not None else block.worker or "One of your miners",
        stage=STAGES[BlockState(block.state)],
        more=len(blocks) - 1,
        cheers=block.pk not in cheered,
    )


def put_away(session: Any, now: datetime) -> None:
    """Note that this person has seen every block there is."""
    fresh = FoundBlock.objects.filter(seen_at__gt=now - FRESH).order_by("-pk")
    session[CLOSED] = list(fresh.values_list("pk", flat=True)[:REMEMBERED])
