"""Which of what happened is told, when, and what becomes one message. Pure: time and memory come in."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.events import EVENTS, EventType

OPENED, REMINDER, CLOSED, ONCE = "opened", "reminder", "closed", "once"
RANK = {"info": 0, "warning": 1, "danger": 2, "critical": 3}
CAUSE_FROM, BURST_FROM = 3, 5  # so many with one cause, or of one event, become one message
NAMES_MAX = 12
POOL_LOOKED_AT = timedelta(minutes=4)  # three looks at a pool that a miner stalled on, and a while
EXPIRES, EXPIRES_CRITICAL = timedelta(hours=1), timedelta(hours=24)
TRIES, TRY_AGAIN_S, PAUSE_MAX = 5, (15, 60, 150, 300), timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What happened, as the rules see it."""

    id: int
    event: str
    phase: str
    subject: str
    label: str
    severity: str
    title: str
    occurred_at: datetime
    incident: int | None = None
    causes: tuple[str, ...] = ()
    over: bool = False  # the incident has closed by now
    told_in_part: bool = False  # through the channels that are not told of its cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was told before, what is switched off, and whether there is maintenance."""

    last_told: Mapping[tuple[str, str, str], datetime] = field(default_factory=dict)  # event, subject, severity
    told_incidents: frozenset[int] = frozenset()
    off: frozenset[str] = frozenset()
    open_causes: frozenset[str] = frozenset()  # what is told of as an incident of its own: "pool:Solo"
    maintenance_until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Judgement:
    """What goes on to the channels, in order; what is dropped and why; what waits for a moment.

    `covered` waits as long as its cause is told of instead: it goes only to a channel that is not told of that.
    """

    tell: list[Told] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    held: list[int] = field(default_factory=list)
    covered: list[Told] = field(default_factory=list)


def judge(news: Sequence[Told], memory: Memory, *, now: datetime) -> Judgement:
    """Judge what happened, the oldest first."""
    answer = Judgement()
    last = dict(memory.last_told)
    told = set(memory.told_incidents)
    for item in sorted(news, key=lambda one: (one.occurred_at, one.id)):
        event = EVENTS.get(item.event, EVENTS["other"])
        why = why_not(item, event, memory, last, told, now=now)
        if is_held(item, memory, now=now):
            answer.held.append(item.id)
            if not (why or item.told_in_part or waits_a_moment(item, event, now=now)):
                answer.covered.append(item)
            continue
        if why:
            answer.dropped[item.id] = why
            continue
        answer.tell.append(item)
        if item.phase in {OPENED, ONCE}:
            last[(item.event, item.subject, item.severity)] = item.occurred_at
        if item.phase == OPENED and item.incident is not None:
            told.add(item.incident)
    return answer


def is_held(item: Told, memory: Memory, *, now: datetime) -> bool:
    """Tell whether an opening waits: for a moment, or as long as its common cause is told of instead."""
    event = EVENTS.get(item.event, EVENTS["other"])
    if item.phase != OPENED or item.over or event.key in memory.off:
        return False
    has_its_cause_told = item.severity != "critical" and not memory.open_causes.isdisjoint(item.causes)
    return has_its_cause_told or waits_a_moment(item, event, now=now)


def waits_a_moment(item: Told, event: EventType, *, now: datetime) -> bool:
    """Tell whether it is too early: several may go together, or a pool they share may be found to be down."""
    may_be_the_pool = any(cause.startswith("pool:") for cause in item.causes)
    held = max(event.held, POOL_LOOKED_AT) if may_be_the_pool else event.held
    return timedelta(0) <= now - item.occurred_at < held


def why_not(
    item: Told,
    event: EventType,
    memory: Memory,
    last: Mapping[tuple[str, str, str], datetime],
    told: set[int],
    *,
    now: datetime,
) -> str:
    """Return why something is not told, empty if it is."""
    if event.key in memory.off:
        return "this event is switched off"
    if item.phase in {CLOSED, REMINDER}:
        return why_not_later(item, event, memory, told)
    if item.severity != "critical":
        if memory.maintenance_until is not None and now < memory.maintenance_until:
            return "maintenance"
        if item.over and (event.held or item.causes):
            return "over before it was told"
    before = last.get((item.event, item.subject, item.severity))
    if before is not None and timedelta(0) <= item.occurred_at - before < event.cooldown:
        return f"told less than {round(event.cooldown.total_seconds() / 60)} min ago"
    return ""


def why_not_later(item: Told, event: EventType, memory: Memory, told: set[int]) -> str:
    """Return why a reminder or an end is not told, empty if it is."""
    if item.phase == REMINDER:
        return "" if item.incident in memory.told_incidents else "its beginning was not told before"
    if not event.tells_end:
        return "its end is no news"
    return "" if item.incident in told else "its beginning was not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What becomes one message."""

    items: tuple[Told, ...]
    cause: str = ""


def bundle(items: Sequence[Told]) -> list[Bundle]:
    """Put together what belongs together. The order of what is told about one subject stays as it happened.

    The n-th news of a subject is only put together with n-th ones, so nothing overtakes.
    """
    wave_of: dict[str, int] = defaultdict(int)
    groups: dict[tuple[int, str, str], list[Told]] = {}
    for item in items:
        wave = wave_of[item.subject]
        wave_of[item.subject] += 1
        groups.setdefault((wave, item.event, item.phase), []).append(item)
    bundles = []
    for key in sorted(groups, key=lambda one: one[0]):
        bundles += split(groups[key])
    return bundles


def split(items: Sequence[Told]) -> list[Bundle]:
    """Return one bundle for each shared cause, one for a burst, else each alone."""
    left, bundles = list(items), []
    for cause, members in by_cause(left):
        chosen = [item for item in left if item in members]
        if len(chosen) >= CAUSE_FROM:
            bundles.append(Bundle(items=tuple(chosen), cause=cause))
            left = [item for item in left if item not in members]
    if len(left) >= BURST_FROM:
        return [*bundles, Bundle(items=tuple(left))]
    return [*bundles, *(Bundle(items=(item,)) for item in left)]


def by_cause(items: Sequence[Told]) -> list[tuple[str, list[Told]]]:
    """Return each cause with those that have it, the one that explains most first."""
    found: dict[str, list[Told]] = defaultdict(list)
    for item in items:
        for cause in item.causes:
            found[cause].append(item)
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def worst(items: Sequence[Told]) -> str:
    return max((item.severity for item in items), key=lambda name: RANK.get(name, 0))


def reminders_passed(opened_at: datetime, after: Sequence[timedelta], *, now: datetime) -> int:
    """Return how many reminders an incident's age asks for; of those missed meanwhile only the last is sent."""
    return sum(now - opened_at >= age for age in after)


def next_try(attempts: int, asked_s: float | None) -> timedelta | None:
    """Return the pause before the next try, None when there is none: five tries, or a pause no one waits for."""
    if asked_s is not None:
        pause = timedelta(seconds=max(1.0, asked_s))
        return pause if pause <= PAUSE_MAX else None
    if attempts >= TRIES:
        return None
    return timedelta(seconds=TRY_AGAIN_S[min(attempts, len(TRY_AGAIN_S)) - 1])


def merge_by(items: Sequence[Told], wanted: Callable[[Told], bool]) -> list[Bundle]:
    """Return the messages for one channel: what it wants, put together."""
    return bundle([item for item in items if wanted(item)])
