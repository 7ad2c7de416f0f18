"""A file of prices as people and exporters write it, turned into slots. Pure."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from energy.tariffs.base import DataError, Slot

START_NAMES = ("valid_from", "start", "starts_at")
END_NAMES = ("valid_to", "end", "ends_at")
PRICE_NAMES = ("price_pence_inc_vat", "price_p_per_kwh", "value_inc_vat", "price")
PRICE_LIMIT = Decimal(2000)  # p/kWh; further out is a slip of the unit
ROWS_MAX = 500_000
LONGEST_SLOT = timedelta(days=1)


def slots_of(text: str) -> list[Slot]:
    """Return the slots of a CSV text, sorted. Raise DataError naming the line at fault."""
    reader = csv.DictReader(io.StringIO(text))
    names = [name.strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    start, end, price = (column(names, wanted) for wanted in (START_NAMES, END_NAMES, PRICE_NAMES))
    if start is None or price is None:
        raise DataError("The first line must name the columns valid_from and price_pence_inc_vat.")
    rows: list[tuple[datetime, datetime | None, Decimal]] = []
    for row in reader:
        if len(rows) >= ROWS_MAX:
            raise DataError(f"The file has more than {ROWS_MAX} prices.")
        line = reader.line_num
        stop = moment(row, end, line) if end is not None and (row.get(end) or "").strip() else None
        rows.append((moment(row, start, line), stop, number(row, price, line)))
    if not rows:
        raise DataError("The file holds no prices.")
    return closed(sorted(rows, key=lambda row: row[0]))


def column(names: list[str], wanted: tuple[str, ...]) -> str | None:
    return next((name for name in wanted if name in names), None)


def moment(row: Mapping[str, str | None], name: str, line: int) -> datetime:
    text = (row.get(name) or "").strip()
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"Line {line}: {name} {text!r} is no ISO time, such as 2026-11-24T12:30:00Z.") from error
    if value.tzinfo is None:
        raise DataError(f"Line {line}: {name} {text!r} has no time zone; write Z or an offset behind it.")
    return value.astimezone(UTC)


def number(row: Mapping[str, str | None], name: str, line: int) -> Decimal:
    text = (row.get(name) or "").strip()
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise DataError(f"Line {line}: {name} {text!r} is no number.") from error
    if not value.is_finite() or abs(value) > PRICE_LIMIT:
        raise DataError(f"Line {line}: {name} {text} is not between -{PRICE_LIMIT} and {PRICE_LIMIT} p/kWh.")
    return value


def closed(rows: list[tuple[datetime, datetime | None, Decimal]]) -> list[Slot]:
    """Give each row its end: the one it names, else the usual distance between two starts."""
    gaps = Counter(after[0] - before[0] for before, after in pairwise(rows) if after[0] > before[0])
    usual = gaps.most_common(1)[0][0] if gaps else timedelta(minutes=30)
    slots: dict[datetime, Slot] = {}
    for start, stop, price in rows:
        end = stop or start + usual
        if not timedelta() < end - start <= LONGEST_SLOT:
            raise DataError(f"The slot that starts at {start.isoformat()} must last more than 0 and at most 24 h.")
        old = slots.get(start)
        if old is not None and old.price_p_per_kwh != price:
            raise DataError(f"There are two different prices for {start.isoformat()}.")
        slots[start] = Slot(starts_at=start, ends_at=end, price_p_per_kwh=price)
    ordered = [slots[start] for start in sorted(slots)]
    for before, after in pairwise(ordered):
        if after.starts_at < before.ends_at:
            raise DataError(f"The slots that start at {before.starts_at} and {after.starts_at} overlap.")
    return ordered
