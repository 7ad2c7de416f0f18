"""A file of prices as people and exporters write it, turned into slots. Pure."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from energy.tariffs.base import DataError, Slot

START_NAMES = ("valid_from", "start", "starts_at")
END_NAMES = ("valid_to", "end", "ends_at")
PRICE_NAMES = ("price_pence_inc_vat", "price_p_per_kwh", "value_inc_vat", "price")
UNIT_NAME = "unit"
PENCE_PER = {  # p/kWh in one of the unit; a pound a MWh is a tenth of a penny a kWh
    "p/kwh": Decimal(1),
    "pence/kwh": Decimal(1),
    "gbp/kwh": Decimal(100),
    "£/kwh": Decimal(100),
    "gbp/mwh": Decimal("0.1"),
    "£/mwh": Decimal("0.1"),
}
PRICE_LIMIT = Decimal(2000)  # p/kWh; further out is a slip of the unit
PLACES = 6  # decimals that are kept
ROWS_MAX = 500_000
LONGEST_SLOT = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file."""

    line: int
    start: datetime
    end: datetime | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class Columns:
    """Under which names the file keeps what we read; `end` and `unit` may be missing."""

    start: str
    price: str
    end: str | None
    unit: str | None


def slots_of(text: str) -> list[Slot]:
    """Return the slots of a CSV text, sorted. Raise DataError naming the line at fault."""
    rows = sorted(rows_of(text), key=lambda row: row.start)
    if not rows:
        raise DataError("The file holds no prices.")
    return closed(rows)


def rows_of(text: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        columns = columns_of(reader)
        for count, row in enumerate(reader):
            if count >= ROWS_MAX:
                raise DataError(f"The file has more than {ROWS_MAX} prices.")
            yield row_of(row, columns, reader.line_num)
    except csv.Error as error:
        raise DataError(f"Line {reader.line_num + 1}: this is no CSV ({error}).") from error


def columns_of(reader: "csv.DictReader[str]") -> Columns:
    names = [name.strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    start, end, price = (column(names, wanted) for wanted in (START_NAMES, END_NAMES, PRICE_NAMES))
    if start is None or price is None:
        raise DataError("Line 1 must name the columns valid_from and price_pence_inc_vat.")
    return Columns(start=start, price=price, end=end, unit=column(names, (UNIT_NAME,)))


def column(names: list[str], wanted: tuple[str, ...]) -> str | None:
    return next((name for name in wanted if name in names), None)


def row_of(row: Mapping[str, str | None], columns: Columns, line: int) -> Row:
    start = moment(row, columns.start, line)
    end = moment(row, columns.end, line) if columns.end and cell(row, columns.end) else None
    if end is not None and not timedelta() < end - start <= LONGEST_SLOT:
        raise DataError(f"Line {line}: the slot must last more than 0 and at most 24 h.")
    return Row(line, start, end, price_of(row, columns, line))


def cell(row: Mapping[str, str | None], name: str) -> str:
    return (row.get(name) or "").strip()


def moment(row: Mapping[str, str | None], name: str, line: int) -> datetime:
    text = cell(row, name)
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DataError(f"Line {line}: {name} {text!r:.60} is no ISO time, such as 2026-11-24T12:30:00Z.") from error
    raise DataError(f"Line {line}: {name} {text!r:.60} has no time zone; write Z or an offset behind it.")


def price_of(row: Mapping[str, str | None], columns: Columns, line: int) -> Decimal:
    """Return the price of a line in p/kWh, exactly."""
    text, unit = cell(row, columns.price), cell(row, columns.unit) if columns.unit else ""
    factor = PENCE_PER.get(unit.lower() or "p/kwh")
    if factor is None:
        raise DataError(f"Line {line}: the unit {unit!r:.40} is not known; write p/kWh, GBP/kWh or GBP/MWh.")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise DataError(f"Line {line}: {columns.price} {text!r:.60} is no number.") from error
    most = PRICE_LIMIT / factor
    if not value.is_finite() or not -most <= value <= most:
        raise DataError(
            f"Line {line}: {columns.price} {text:.40} is not between -{PRICE_LIMIT} and {PRICE_LIMIT} p/kWh."
        )
    price = value * factor
    if price != round(price, PLACES):
        raise DataError(f"Line {line}: {columns.price} {text:.40} has more than {PLACES} decimals of a penny.")
    return price


def closed(rows: list[Row]) -> list[Slot]:
    """Give each row its end: the one it names, else the usual distance between two starts."""
    distances = Counter(after.start - before.start for before, after in pairwise(rows) if after.start > before.start)
    usual = distances.most_common(1)[0][0] if distances else HALF_HOUR
    if usual > LONGEST_SLOT:
        usual = HALF_HOUR
    kept: list[tuple[Row, Slot]] = []
    for row in rows:
        end = end_of(row, usual)
        if kept:
            before, slot = kept[-1]
            if row.start == before.start and row.price == slot.price_p_per_kwh and end == slot.ends_at:
                continue  # the same line twice
            if row.start == before.start:
                raise DataError(f"Lines {before.line} and {row.line} give {row.start.isoformat()} differently.")
            if row.start < slot.ends_at:
                raise DataError(f"Lines {before.line} and {row.line}: their slots overlap.")
        kept.append((row, Slot(starts_at=row.start, ends_at=end, price_p_per_kwh=row.price)))
    return [slot for _row, slot in kept]


def end_of(row: Row, usual: timedelta) -> datetime:
    try:
        return row.end or row.start + usual
    except OverflowError as error:
        raise DataError(f"Line {row.line}: the slot ends after the last day of the calendar.") from error
