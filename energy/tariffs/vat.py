"""VAT on electricity by date, from a table a person may edit. Pure.

Prices that hold for long are published with the VAT of today, whatever it was or will be; so it is computed.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
DEFAULT_TABLE = "1997-09-01 5\n2026-10-01 0\n2027-04-01 5"
LINES_MAX = 50
PERCENT_MAX = 100


class VatError(ValueError):
    """A line of the table that cannot be read; says which and what to write."""


def rates_of(text: str) -> list[tuple[date, Decimal]]:
    """Return (first day on the UK clock, percent) of each line, sorted. Raise VatError."""
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines or len(lines) > LINES_MAX:
        raise VatError(f"Write 1 to {LINES_MAX} lines, such as 2026-10-01 0.")
    found = {}
    for number, words in lines:
        try:
            day, percent = words
            found[date.fromisoformat(day)] = rate = Decimal(percent)
        except (ValueError, InvalidOperation) as error:
            raise VatError(f"Line {number}: write a first day and a percentage, such as 2026-10-01 0.") from error
        if not rate.is_finite() or not 0 <= rate <= PERCENT_MAX or rate != round(rate, 4):
            raise VatError(f"Line {number}: write a percentage from 0 to {PERCENT_MAX}.")
    return sorted(found.items())


def with_vat(price: Decimal, moment: datetime, rates: list[tuple[date, Decimal]]) -> Decimal:
    """Return a price with the VAT in force at an instant; before the first line there is none."""
    day = moment.astimezone(UK).date()
    percent = next((rate for first, rate in reversed(rates) if first <= day), Decimal(0))
    return price * (100 + percent) / 100
