"""Edit the bands: every edit is a version, in force from the next slot on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from energy.services.prices import price_at
from hmm.audit.services import record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.live.services import push_event
from strategy import core
from strategy.band_rows import (
    LIMIT_MAX,
    BandError,
    BandRow,
    as_json,
    changed_row,
    check_between,
    check_together,
    default_rows,
    example_rows,
    external,
    without_band,
)
from strategy.models import Band, BandVersion, ModeTarget, StrategyState, VersionStatus
from strategy.services.forcing import move_override

BANDS_CHANGED = "bands-changed"
STEP = Decimal(10)  # p/kWh; how wide an added band is
HALF_HOUR = timedelta(minutes=30)


# --- reads ---------------------------------------------------------------------------------------


def versions() -> Any:
    bands = Band.objects.prefetch_related("modes").order_by("position")
    return BandVersion.objects.prefetch_related(Prefetch("bands", queryset=bands))


def active_version() -> BandVersion:
    """Return the bands in force; a new house gets the defaults."""
    version: BandVersion | None = versions().filter(status=VersionStatus.ACTIVE).first()
    if version is not None:
        return version
    with in_turn():
        if not BandVersion.objects.filter(status=VersionStatus.ACTIVE).exists():
            write_version(default_rows(), VersionStatus.ACTIVE, actor="system", now=datetime.now(tz=UTC), since=None)
    made: BandVersion = versions().get(status=VersionStatus.ACTIVE)
    return made


def pending_version() -> BandVersion | None:
    found: BandVersion | None = versions().filter(status=VersionStatus.PENDING).first()
    return found


def edited_version() -> BandVersion:
    """Return the version an editor shows: the pending one if there is one."""
    return pending_version() or active_version()


def rows_of(version: BandVersion) -> list[BandRow]:
    return [
        BandRow(
            ceiling=band.ceiling_p_per_kwh,
            target=band.target,
            champion_only=band.champion_only,
            modes={**external(), **{item.family: item.mode for item in band.modes.all()}},
        )
        for band in version.bands.all()
    ]


# --- writes --------------------------------------------------------------------------------------


@contextmanager
def in_turn() -> Iterator[None]:
    """Change the bands one after the other: what is read inside is still true when it is written."""
    with transaction.atomic():
        StrategyState.objects.get_or_create(pk=1)
        StrategyState.objects.select_for_update().only("pk").get(pk=1)
        yield


def edit_band(
    position: int, changes: Mapping[str, Any], *, actor: str, now: datetime, reason: str = ""
) -> BandVersion:
    """Change one band: `ceiling_p_per_kwh`, `target`, `champion_only`, `modes`. Raise BandError by field."""
    return revise(
        lambda: edited_rows(position, changes),
        actor=actor,
        now=now,
        action="band.edit",
        reason=reason or f"band {position}",
    )


def place_of(band: Band) -> int:
    """Return where a band of an earlier version stands among those edited now.

    Raise BandError when bands were added, removed or replaced since: positions mean others now.
    """
    if not has_places_of_now(band.version):
        raise BandError({"band_id": f"{moved_words()} Ask for the bands again."})
    return band.position


def has_places_of_now(version: BandVersion) -> bool:
    """Tell whether a position means the same band in a version as now: each edit between changed one limit at most.

    The count alone does not tell: one band removed and another added leaves it as it was.
    """
    first, last = sorted((version.pk, edited_version().pk))
    between = versions().filter(pk__gt=first, pk__lte=last).select_related("replaces")
    return all(edit.replaces is not None and keeps_places(edit.replaces, edit) for edit in between)


def keeps_places(before: BandVersion, after: BandVersion) -> bool:
    old, new = ([row.ceiling for row in rows_of(version)] for version in (before, after))
    return len(old) == len(new) and sum(one != other for one, other in zip(old, new, strict=True)) <= 1


def moved_words() -> str:
    there = edited_version().bands.count()
    return f"Bands were added, removed or replaced meanwhile; there are {there} now."


def edited_rows(position: int, changes: Mapping[str, Any]) -> list[BandRow]:
    """Return all bands with one changed, nothing stored. Raise BandError by field."""
    rows = rows_of(edited_version())
    if not 1 <= position <= len(rows):
        raise BandError({"position": f"There is no band {position}; there are {len(rows)}."})
    rows[position - 1] = changed_row(rows[position - 1], changes)
    check_between(rows, position)
    check_together(rows)
    return rows


def add_band(*, actor: str, now: datetime) -> BandVersion:
    """Split off a band on top of the second dearest limit; it begins as an OFF band."""
    return revise(with_one_more, actor=actor, now=now, action="band.add")


def with_one_more() -> list[BandRow]:
    rows = rows_of(edited_version())
    if len(rows) >= core.BANDS_MAX:
        raise BandError({"bands": f"There may be at most {core.BANDS_MAX} bands."})
    last = rows[-2].ceiling or Decimal(0)
    if last >= LIMIT_MAX:
        raise BandError({"bands": f"The dearest limit is {core.short(last)} p already. Lower it to make room."})
    rows.insert(len(rows) - 1, BandRow(ceiling=min(last + STEP, LIMIT_MAX), modes=external()))
    return rows


def remove_band(position: int, *, actor: str, now: datetime) -> BandVersion:
    """Take a band out; the next dearer one begins where it began."""
    return revise(
        lambda: without_band(rows_of(edited_version()), position),
        actor=actor,
        now=now,
        action="band.remove",
        reason=f"band {position}",
    )


def reset_bands(*, actor: str, now: datetime) -> BandVersion:
    return save_rows(default_rows(), actor=actor, now=now, action="band.reset", reason="defaults")


def load_example(*, actor: str, now: datetime) -> BandVersion:
    return save_rows(example_rows(), actor=actor, now=now, action="band.example", reason="the example strategy")


def save_rows(rows: Sequence[BandRow], *, actor: str, now: datetime, action: str, reason: str = "") -> BandVersion:
    """Store rows as the pending version, from the next slot on. Raise BandError when they do not fit together."""
    return revise(lambda: rows, actor=actor, now=now, action=action, reason=reason)


def revise(
    change: Callable[[], Sequence[BandRow]], *, actor: str, now: datetime, action: str, reason: str = ""
) -> BandVersion:
    """Store what becomes of the bands as the pending version; `change` reads them while nobody else writes.

    The version remembers the one it replaces, for those who want it back.
    """
    with in_turn():
        rows = change()
        check_together(rows)
        before = edited_version()
        old = rows_of(before)
        if list(rows) == old:
            return before
        version = write_version(
            rows, VersionStatus.PENDING, actor=actor, now=now, since=next_boundary(now), replaces=before
        )
        record(actor=actor, action=action, target=version, reason=reason, before=as_json(old), after=as_json(rows))
        transaction.on_commit(announce)
    return version


def write_version(
    rows: Sequence[BandRow],
    status: VersionStatus,
    *,
    actor: str,
    now: datetime,
    since: datetime | None,
    replaces: BandVersion | None = None,
) -> BandVersion:
    BandVersion.objects.filter(status=status).update(status=VersionStatus.RETIRED)
    version = BandVersion.objects.create(
        status=status, effective_from=since or now, created_at=now, created_by=actor, replaces=replaces
    )
    bands = Band.objects.bulk_create(
        [
            Band(
                version=version,
                position=place,
                ceiling_p_per_kwh=row.ceiling,
                target=row.target,
                champion_only=row.champion_only,
            )
            for place, row in enumerate(rows, 1)
        ]
    )
    ModeTarget.objects.bulk_create(
        [
            ModeTarget(band=band, family=family, mode=mode)
            for band, row in zip(bands, rows, strict=True)
            for family, mode in row.modes.items()
        ]
    )
    return version


def announce() -> None:
    push_event(BANDS_CHANGED)


def next_boundary(now: datetime) -> datetime:
    """Return the start of the next slot; the next UTC half hour where no price is known."""
    period = price_at(now)
    if period is not None:
        return period.ends_at
    return datetime.fromtimestamp((now.timestamp() // 1800 + 1) * 1800, tz=UTC)


def activate_due(*, now: datetime) -> bool:
    """Put the pending version in force when its time has come; a time two slots ahead is a clock set back."""
    pending = pending_version()
    if pending is None or now < pending.effective_from <= now + 48 * HALF_HOUR:
        return False
    return activate(pending, now=now)


def activate(pending: BandVersion, *, now: datetime) -> bool:
    """Make a version the active one. Where limits, targets or the count changed, the band of now is adopted.

    The version carries since when they are so, and the strategy keeps with its band what it was one of: a tick that
    began before and ends after this stores a band that does not count any more.
    """
    with in_turn():
        old = versions().filter(status=VersionStatus.ACTIVE).first()
        is_other = old is None or shape(old) != shape(pending)
        if old is not None and not has_places_of_now(old):
            move_override(rows_of(old), rows_of(pending), now=now)
        BandVersion.objects.filter(status=VersionStatus.ACTIVE).update(status=VersionStatus.RETIRED)
        claimed = BandVersion.objects.filter(pk=pending.pk, status=VersionStatus.PENDING).update(
            status=VersionStatus.ACTIVE, shape=pending.pk if old is None or is_other else old.shape
        )
        if not claimed:
            transaction.set_rollback(True)
            return False
        if is_other:
            StrategyState.objects.update(current_band=None)
        transaction.on_commit(announce)
    return True


def shape(version: BandVersion) -> list[tuple[Any, ...]]:
    """Return what makes the stored band meaningless when it changes; modes do not."""
    return [(row.ceiling, row.target, row.champion_only) for row in rows_of(version)]


def apply_now(*, actor: str, now: datetime) -> bool:
    """Put the pending version in force at once, and have the strategy look."""
    with in_turn():
        pending = pending_version()
        if pending is None:
            return False
        record(actor=actor, action="band.apply", target=pending, reason="at once instead of at the next slot", at=now)
        activate(pending, now=now)
        ask(ABOUT_STRATEGY, by=actor)
    return True
