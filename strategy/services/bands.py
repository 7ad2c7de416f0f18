"""Edit the bands: every edit is a version, in force from the next slot on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from energy.services.prices import price_at
from hmm.audit.services import record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from hmm.live.services import push_event
from miners.drivers.registry import FAMILY_MODES, normalise_mode
from strategy import core
from strategy.models import Band, BandVersion, ModeTarget, StrategyState, VersionStatus

BANDS_CHANGED = "bands-changed"
LIMIT_MAX = Decimal(1000)  # p/kWh
STEP = Decimal(10)  # p/kWh; how wide an added band is
HALF_HOUR = timedelta(minutes=30)


class BandError(ValueError):
    """An edit that cannot be made; `fields` holds a sentence for each field at fault."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """One band as it is written."""

    ceiling: Decimal | None
    target: str = core.OFF
    champion_only: bool = False
    modes: Mapping[str, str] = field(default_factory=dict)


def external() -> dict[str, str]:
    return dict.fromkeys(FAMILY_MODES, core.MANAGED_EXTERNALLY)


def default_rows() -> list[BandRow]:
    """Return the six bands of a new house: everything off, nothing touched."""
    limits = [*map(Decimal, (0, 5, 10, 20, 30)), None]
    return [BandRow(ceiling=limit, modes=external()) for limit in limits]


def example_rows() -> list[BandRow]:
    """Return the example: off above 20 p, digging cheaper coins the dearer it is."""

    def modes(common: str, nano: str) -> dict[str, str]:
        return {"bitaxe": common, "nerdqaxe": common, "avalon_nano": nano, "nmminer": "fixed"}

    return [
        BandRow(ceiling=Decimal(4), target="BTC", modes=modes("oc", "high")),
        BandRow(ceiling=Decimal(7), target="BCH", modes=modes("oc", "high")),
        BandRow(ceiling=Decimal(12), target="DGB", modes=modes("standard", "med")),
        BandRow(ceiling=Decimal(20), target="DGB", modes=modes("eco", "low")),
        BandRow(ceiling=None, modes=external()),
    ]


# --- reads ---------------------------------------------------------------------------------------


def versions() -> Any:
    bands = Band.objects.prefetch_related("modes").order_by("position")
    return BandVersion.objects.prefetch_related(Prefetch("bands", queryset=bands))


def active_version() -> BandVersion:
    """Return the bands in force; a new house gets the defaults."""
    version: BandVersion | None = versions().filter(status=VersionStatus.ACTIVE).first()
    if version is not None:
        return version
    with transaction.atomic():
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


def as_json(rows: Sequence[BandRow]) -> list[dict[str, Any]]:
    return [
        {
            "below": core.short(row.ceiling) or None,
            "target": row.target,
            "champion_only": row.champion_only,
            "modes": dict(row.modes),
        }
        for row in rows
    ]


# --- writes --------------------------------------------------------------------------------------


def edit_band(
    position: int, changes: Mapping[str, Any], *, actor: str, now: datetime, reason: str = ""
) -> BandVersion:
    """Change one band: `ceiling_p_per_kwh`, `target`, `champion_only`, `modes`. Raise BandError by field."""
    rows = edited_rows(position, changes)
    return save_rows(rows, actor=actor, now=now, action="band.edit", reason=reason or f"band {position}")


def edited_rows(position: int, changes: Mapping[str, Any]) -> list[BandRow]:
    """Return all bands with one changed, nothing stored. Raise BandError by field."""
    rows = rows_of(edited_version())
    if not 1 <= position <= len(rows):
        raise BandError({"position": f"There is no band {position}; there are {len(rows)}."})
    rows[position - 1] = changed_row(rows[position - 1], changes)
    check_between(rows, position)
    check_together(rows)
    return rows


def changed_row(row: BandRow, changes: Mapping[str, Any]) -> BandRow:
    """Return a row with changes read and checked by themselves."""
    errors: dict[str, str] = {}
    known = {"ceiling_p_per_kwh", "target", "champion_only", "modes"}
    errors |= {name: f"{name} cannot be changed." for name in set(changes) - known}
    values: dict[str, Any] = {}
    if "ceiling_p_per_kwh" in changes:
        try:
            values["ceiling"] = limit_of(changes["ceiling_p_per_kwh"])
        except ValueError as error:
            errors["ceiling_p_per_kwh"] = str(error)
    if "target" in changes:
        values["target"] = changes["target"]
        if changes["target"] not in core.TARGETS:
            errors["target"] = f"Choose one of {', '.join(core.TARGETS)}."
    if "champion_only" in changes:
        values["champion_only"] = bool(changes["champion_only"])
    modes, mode_errors = modes_of(changes.get("modes") or {})
    errors |= mode_errors
    if errors:
        raise BandError(errors)
    return replace(row, **values, modes={**row.modes, **modes})


def check_between(rows: Sequence[BandRow], position: int) -> None:
    """A band's limit lies between those of its neighbours. Raise BandError with the two."""
    limit = rows[position - 1].ceiling
    below = rows[position - 2].ceiling if position > 1 else None
    above = rows[position].ceiling if position < len(rows) else None
    if limit is None or not ((below is not None and limit <= below) or (above is not None and limit >= above)):
        return
    parts = [
        f"above {core.short(below)}" if below is not None else "",
        f"below {core.short(above)}" if above is not None else "",
    ]
    raise BandError(
        {"ceiling_p_per_kwh": f"The limit of band {position} must be {' and '.join(filter(None, parts))} p."}
    )


def limit_of(value: Any) -> Decimal | None:
    """Read a limit. Raise ValueError with the allowed range."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    sentence = f"A limit is a number from -{LIMIT_MAX} to {LIMIT_MAX} p/kWh."
    try:
        number = Decimal(str(value).strip().replace("−", "-").replace("–", "-"))
    except InvalidOperation as error:
        raise ValueError(sentence) from error
    if not number.is_finite() or abs(number) > LIMIT_MAX or -int(number.as_tuple().exponent) > 6:
        raise ValueError(sentence)
    return number


def modes_of(raw: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return (modes by family, errors by field); aliases are understood."""
    modes: dict[str, str] = {}
    errors: dict[str, str] = {}
    for family, mode in raw.items():
        if family not in FAMILY_MODES:
            errors[f"{family}_mode"] = f"There is no family {family}."
        elif mode == core.MANAGED_EXTERNALLY:
            modes[family] = mode
        else:
            try:
                modes[family] = normalise_mode(family, str(mode))
            except ValueError as error:
                errors[f"{family}_mode"] = str(error)
    return modes, errors


def add_band(*, actor: str, now: datetime) -> BandVersion:
    """Split off a band on top of the second dearest limit; it begins as an OFF band."""
    rows = rows_of(edited_version())
    if len(rows) >= core.BANDS_MAX:
        raise BandError({"bands": f"There may be at most {core.BANDS_MAX} bands."})
    last = rows[-2].ceiling or Decimal(0)
    if last >= LIMIT_MAX:
        raise BandError({"bands": f"The dearest limit is {core.short(last)} p already. Lower it to make room."})
    rows.insert(len(rows) - 1, BandRow(ceiling=min(last + STEP, LIMIT_MAX), modes=external()))
    return save_rows(rows, actor=actor, now=now, action="band.add")


def remove_band(position: int, *, actor: str, now: datetime) -> BandVersion:
    """Take a band out; the next dearer one begins where it began."""
    rows = without_band(rows_of(edited_version()), position)
    return save_rows(rows, actor=actor, now=now, action="band.remove", reason=f"band {position}")


def without_band(rows: Sequence[BandRow], position: int) -> list[BandRow]:
    """Return the rows without one; the dearest that is left has no limit. Raise BandError."""
    if len(rows) <= core.BANDS_MIN:
        raise BandError({"bands": f"There must be at least {core.BANDS_MIN} bands."})
    if not 1 <= position <= len(rows):
        raise BandError({"position": f"There is no band {position}."})
    left = [*rows[: position - 1], *rows[position:]]
    left[-1] = replace(left[-1], ceiling=None)
    return left


def reset_bands(*, actor: str, now: datetime) -> BandVersion:
    return save_rows(default_rows(), actor=actor, now=now, action="band.reset", reason="defaults")


def load_example(*, actor: str, now: datetime) -> BandVersion:
    return save_rows(example_rows(), actor=actor, now=now, action="band.example", reason="the example strategy")


def save_rows(rows: Sequence[BandRow], *, actor: str, now: datetime, action: str, reason: str = "") -> BandVersion:
    """Store rows as the pending version, from the next slot on. Raise BandError when they do not fit together.

    The version remembers the one it replaces, for those who want it back.
    """
    check_together(rows)
    with transaction.atomic():
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


def check_together(rows: Sequence[BandRow]) -> None:
    """Limits rise, and only the last band is open."""
    if not core.BANDS_MIN <= len(rows) <= core.BANDS_MAX:
        raise BandError({"bands": f"There must be {core.BANDS_MIN} to {core.BANDS_MAX} bands."})
    floor: Decimal | None = None
    for place, row in enumerate(rows, 1):
        is_last = place == len(rows)
        if is_last and row.ceiling is not None:
            raise BandError({"ceiling_p_per_kwh": "The last band has no limit; every price above falls into it."})
        if not is_last and row.ceiling is None:
            raise BandError({"ceiling_p_per_kwh": f"Band {place} needs a limit; only the last band has none."})
        if row.ceiling is not None and floor is not None and row.ceiling <= floor:
            raise BandError(
                {"ceiling_p_per_kwh": f"The limit of band {place} must be above {floor} p, where it begins."}
            )
        floor = row.ceiling


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
    return activate(pending)


def activate(pending: BandVersion) -> bool:
    """Make a version the active one. Where limits, targets or the count changed, the band of now is adopted."""
    with transaction.atomic():
        old = versions().filter(status=VersionStatus.ACTIVE).first()
        BandVersion.objects.filter(status=VersionStatus.ACTIVE).update(status=VersionStatus.RETIRED)
        claimed = BandVersion.objects.filter(pk=pending.pk, status=VersionStatus.PENDING).update(
            status=VersionStatus.ACTIVE
        )
        if not claimed:
            transaction.set_rollback(True)
            return False
        if old is None or shape(old) != shape(pending):
            StrategyState.objects.update(current_band=None)
        transaction.on_commit(announce)
    return True


def shape(version: BandVersion) -> list[tuple[Any, ...]]:
    """Return what makes the stored band meaningless when it changes; modes do not."""
    return [(row.ceiling, row.target, row.champion_only) for row in rows_of(version)]


def apply_now(*, actor: str, now: datetime) -> bool:
    """Put the pending version in force at once, and have the strategy look."""
    pending = pending_version()
    if pending is None:
        return False
    with transaction.atomic():
        record(actor=actor, action="band.apply", target=pending, reason="at once instead of at the next slot", at=now)
        if not activate(pending):
            transaction.set_rollback(True)
            return False
        ask(ABOUT_STRATEGY, by=actor)
    return True
