"""Bands as rows that are not stored: read from what was typed, and checked by themselves and together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from miners.drivers.registry import FAMILY_MODES, normalise_mode
from strategy import core

LIMIT_MAX = Decimal(1000)  # p/kWh
PLACES = 6  # limits are whole micro-pence


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


def news_in(changes: Mapping[str, Any], seen: BandRow) -> dict[str, Any]:
    """Return what a form changes of the row it showed; the rest came along, and others may have edited it since."""
    modes = {family: mode for family, mode in (changes.get("modes") or {}).items() if mode != seen.modes.get(family)}
    same = {"target": seen.target, "champion_only": seen.champion_only}
    news = {name: value for name, value in changes.items() if name not in same or value != same[name]}
    if "ceiling_p_per_kwh" in news and is_limit(news["ceiling_p_per_kwh"], seen.ceiling):
        del news["ceiling_p_per_kwh"]
    return news | {"modes": modes}


def is_limit(typed: Any, limit: Decimal | None) -> bool:
    try:
        return limit_of(typed) == limit
    except ValueError:
        return False


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
    sentence = (
        f"A limit is a number from -{LIMIT_MAX} to {LIMIT_MAX} p/kWh with at most {PLACES} decimals, such as 12.5."
    )
    try:
        number = Decimal(str(value).strip().replace("−", "-").replace("–", "-"))
    except InvalidOperation as error:
        raise ValueError(sentence) from error
    if not number.is_finite() or not -LIMIT_MAX <= number <= LIMIT_MAX or -int(number.as_tuple().exponent) > PLACES:
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


def without_band(rows: Sequence[BandRow], position: int) -> list[BandRow]:
    """Return the rows without one; the dearest that is left has no limit. Raise BandError."""
    if len(rows) <= core.BANDS_MIN:
        raise BandError({"bands": f"There must be at least {core.BANDS_MIN} bands."})
    if not 1 <= position <= len(rows):
        raise BandError({"position": f"There is no band {position}."})
    left = [*rows[: position - 1], *rows[position:]]
    left[-1] = replace(left[-1], ceiling=None)
    return left


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
