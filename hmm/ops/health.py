"""Which parts of the product work, and since when they were last heard of."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError

from hmm.look.formats import size
from hmm.ops.backups.runs import known, trouble
from hmm.ops.listeners import listeners_needed
from hmm.ops.models import Heartbeat

LATE_AFTER = timedelta(seconds=30)
BEATING_PARTS = {
    "worker": "Polls miners and carries out commands",
    "beat": "Says when it is time",
    "listeners": "Hears miners and chats that speak first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """The state of one part: `ok`, `late`, `missing` or `not needed`."""

    name: str
    task: str
    state: str
    age_s: int | None = None
    pid: int | None = None
    detail: str = ""

    @property
    def is_ok(self) -> bool:
        return self.state in {"ok", "not needed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Every part, in the order of importance."""

    parts: list[PartHealth]

    @property
    def is_ok(self) -> bool:
        return all(part.is_ok for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        return {"status": "ok" if self.is_ok else "degraded", "parts": [asdict(part) for part in self.parts]}


def database_answers() -> bool:
    """Tell whether the pages can work; they need nothing else."""
    try:
        Heartbeat.objects.exists()
    except DatabaseError:
        return False
    return True


def health(now: datetime) -> Health:
    """Ask the database and Redis, and read the heartbeats; called from the web process, which so answers."""
    parts = [PartHealth(name="web", task="Serves the pages", state="ok")]
    try:
        hearts = {heart.part: heart for heart in Heartbeat.objects.all()}
    except DatabaseError as error:
        parts.append(PartHealth(name="database", task="Keeps everything", state="missing", detail=str(error)))
        hearts = {}
    else:
        parts.append(PartHealth(name="database", task="Keeps everything", state="ok"))
    parts.append(_redis())
    parts += [_beating(name, hearts.get(name), now) for name in BEATING_PARTS]
    if parts[1].is_ok:
        parts.append(_backups(now))
    return Health(parts=parts)


def _redis() -> PartHealth:
    task = "Carries tasks and live updates"
    try:
        cache.get("health")
    except (RedisError, OSError) as error:
        return PartHealth(name="redis", task=task, state="missing", detail=str(error))
    return PartHealth(name="redis", task=task, state="ok")


def _backups(now: datetime) -> PartHealth:
    task = "Can bring everything back"
    facts = known(now)
    newest, words = facts.newest, trouble(facts)
    if newest is None:
        state = "missing" if words else "not needed"
        return PartHealth(name="backups", task=task, state=state, detail=words or "the first one is made soon")
    age_s = int(max(now - newest.made_at, timedelta()).total_seconds())
    detail = words or f"{newest.name}, {size(newest.size_bytes)}"
    return PartHealth(name="backups", task=task, state="late" if words else "ok", age_s=age_s, detail=detail)


def _beating(name: str, heart: Heartbeat | None, now: datetime) -> PartHealth:
    idle = name == "listeners" and not listeners_needed()
    if heart is None or idle:
        state = "not needed" if idle else "missing"
        return PartHealth(name=name, task=BEATING_PARTS[name], state=state)
    age = max(now - heart.beat_at, timedelta())
    return PartHealth(
        name=name,
        task=BEATING_PARTS[name],
        state="ok" if age <= LATE_AFTER else "late",
        age_s=int(age.total_seconds()),
        pid=heart.pid,
        detail=heart.detail,
    )
