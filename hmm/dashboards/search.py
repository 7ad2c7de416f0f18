"""Search over what the product knows: miners, pages, acts, pools, activity."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q

from hmm.audit.contexts import row_of
from hmm.audit.models import AuditEntry
from hmm.look.addresses import address
from hmm.look.formats import local_time, ths
from hmm.look.zones import local_zone
from miners.contexts import Tile, tiles
from miners.lists import matches
from pools.models import Pool

LONGEST_QUESTION = 120
MOST_MINERS, MOST_ACTS, MOST_POOLS, MOST_ROWS = 6, 4, 4, 5
PAGES: tuple[tuple[str, str, str, str], ...] = (
    ("home", "Home", "home", "price now dashboard tiles"),
    ("miners", "Miners", "miners", "devices list"),
    ("strategy", "Strategy", "strategy", "bands override enrolment plan"),
    ("energy", "Energy", "energy", "electricity tariff prices forecast costs"),
    ("pools", "Pools", "pools", "wallets coins stratum workers"),
    ("luck", "Luck", "luck", "best shares leaderboard solo odds blocks found chance"),
    ("analytics", "Analytics", "analytics", "months bands work"),
    ("activity", "Activity", "activity", "log audit problems history"),
    ("settings", "Settings", "settings", "people tokens system version"),
    ("updates", "Updates", "restart", "version release new upgrade changelog"),
    ("password", "Change password", "lock", "account"),
)
ACTS: tuple[tuple[str, str, str, str], ...] = (
    ("miner-add", "Add a miner", "add", "new device address"),
    ("pool-add", "Add a pool", "add", "new wallet coin"),
    ("strategy", "Force on, force off or back to auto", "strategy", "override pause stop"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of what was found. `state` is a miner's, shown as its dot."""

    icon: str
    title: str
    detail: str
    url: str
    state: str = ""
    state_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hits of one sort."""

    label: str
    hits: tuple[Hit, ...]


def asked(text: str) -> str:
    """Return what was typed as it can be searched for: printable, on one line, not endless."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[: LONGEST_QUESTION * 4])
    return " ".join(kept.split())[:LONGEST_QUESTION].strip()


def search(text: str, *, may_operate: bool, now: datetime) -> list[Group]:
    """Return what matches every word of `text`; without one, where one can go and what one can do."""
    words = asked(text)
    found = sorted(
        (tile for tile in tiles(now) if words and matches(tile, words)),
        key=lambda tile: words.lower() not in tile.name.lower(),
    )[:MOST_MINERS]
    groups = [
        Group(label="Miners", hits=tuple(miner_hit(tile) for tile in found)),
        Group(label="Do", hits=tuple(islice(act_hits(found, words, may_operate), MOST_ACTS))),
        Group(label="Pages", hits=tuple(page_hits(PAGES, words))),
        Group(label="Pools", hits=tuple(pool_hits(words))),
        Group(label="Activity", hits=tuple(activity_hits(words, now))),
    ]
    return [group for group in groups if group.hits]


def miner_hit(tile: Tile) -> Hit:
    hashing = f"{ths(tile.hashrate_ths)}, {tile.doing}" if tile.state == "hashing" else tile.state_label.lower()
    return Hit(
        icon=tile.state,
        title=tile.name,
        detail=hashing,
        url=tile.url,
        state=tile.state,
        state_label=tile.state_label,
    )


def act_hits(found: Iterable[Tile], words: str, may_operate: bool) -> Iterable[Hit]:
    """Return questions and acts; each leads to the place where it is answered or asked again."""
    for tile in islice(found, 2):
        if tile.state != "hashing":
            yield Hit(
                icon="unknown", title=f"Why does {tile.name} do nothing?", detail="", url=f"{tile.url}#miner-why"
            )
        if may_operate:
            yield Hit(icon="edit", title=f"Edit {tile.name}", detail="", url=address("miner-edit", tile.pk))
    if may_operate:
        yield from page_hits(ACTS, words)


def page_hits(places: Iterable[tuple[str, str, str, str]], words: str) -> Iterable[Hit]:
    for name, label, icon, more in places:
        url = address(name)
        if url and all(word in f"{label} {more}".lower() for word in words.lower().split()):
            yield Hit(icon=icon, title=label, detail="", url=url)


def pool_hits(words: str) -> Iterable[Hit]:
    if not words:
        return
    rows = Pool.objects.all()
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(host__icontains=word) | Q(coin__icontains=word))
    for pool in rows[:MOST_POOLS]:
        where = f"{pool.coin}, {pool.host}:{pool.port}"
        yield Hit(icon="pools", title=pool.name, detail=where, url=address("pool", pool.pk))


def activity_hits(words: str, now: datetime) -> Iterable[Hit]:
    if not words:
        return
    for entry in AuditEntry.objects.search(words)[:MOST_ROWS]:
        row = row_of(entry)
        yield Hit(
            icon="activity",
            title=" ".join(part for part in (row.verb, row.label, row.new) if part),
            detail=local_time(row.at, local_zone(), now),
            url=f"{address('activity')}?entry={row.pk}",
        )
