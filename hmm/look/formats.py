"""Figures as people read them. Pure; an unknown figure is an en dash, never a zero."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

UNKNOWN = "–"
MINUS = "–"
Number = float | int | Decimal
CENT, TENTH = Decimal("0.01"), Decimal("0.1")
TEN = Decimal(10)
POUND_P = Decimal(100)
SMALLEST_TERA = 0.1  # below it the next prefix reads better
SCALES = (("E", 1e6), ("P", 1e3), ("T", 1.0), ("G", 1e-3), ("M", 1e-6), ("k", 1e-9))


def significant(value: float, digits: int = 3) -> str:
    """Return `value` with three significant digits and no exponent: 4.91, 12.3, 340."""
    size = abs(value)
    whole = len(str(int(size))) if size >= 1 else 1
    return f"{value:.{max(0, digits - whole)}f}"


def scaled(value_tera: Number | None, unit: str) -> str:
    """Return a figure given in tera-somethings with the prefix that keeps it readable."""
    if value_tera is None:
        return UNKNOWN
    value = float(value_tera)
    if value == 0 or SMALLEST_TERA <= abs(value) < 1:
        return f"{value:.2f} T{unit}"
    for prefix, factor in SCALES:
        if abs(value) >= factor:
            return f"{significant(value / factor)} {prefix}{unit}"
    return f"{significant(value / SCALES[-1][1])} k{unit}"


def scale_for(largest_tera: float) -> tuple[str, float]:
    """Return the prefix an axis up to this figure reads best in, and its size in tera; T where nothing is known."""
    if largest_tera == 0 or largest_tera >= SMALLEST_TERA:
        return "T", 1.0
    return next(((prefix, size) for prefix, size in SCALES if largest_tera >= size), SCALES[-1])


def ths(value: Number | None) -> str:
    """Return a hash rate: "4.91 TH/s", "1.02 MH/s"."""
    return scaled(value, "H/s")


def work(value_th: Number | None) -> str:
    """Return work done, given in TH: "338 PH"."""
    return scaled(value_th, "H")


def difficulty(value: Number | None) -> str:
    """Return a share's difficulty: "0.842", "38.2k", "4.02M"."""
    if value is None:
        return UNKNOWN
    left = float(value)
    for prefix in ("", "k", "M", "G", "T", "P"):
        if abs(left) < 1000:
            return f"{significant(left)}{prefix}"
        left /= 1000
    return f"{significant(left)}E"


def watts(value: Number | None) -> str:
    """Return a power: "12.1 W", "340 W"."""
    if value is None:
        return UNKNOWN
    return f"{float(value):.0f} W" if abs(float(value)) >= 100 else f"{float(value):.1f} W"


def kwh(value: Number | None) -> str:
    return UNKNOWN if value is None else f"{float(value):.2f} kWh"


def efficiency(value: Number | None) -> str:
    return UNKNOWN if value is None else f"{float(value):.1f} J/TH"


def temp(value: Number | None) -> str:
    return UNKNOWN if value is None else f"{float(value):.0f} °C"


def percent(value: Number | None) -> str:
    return UNKNOWN if value is None else f"{float(value):.0f} %"


def two_decimals(value: Number) -> str:
    """Return an amount with two decimals and the minus sign of the house; never "-0.00"."""
    rounded = Decimal(str(value)).quantize(CENT, rounding=ROUND_HALF_EVEN)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded)}"


def pence(value: Number | None) -> str:
    """Return a price without its unit's end: "8.77 p"."""
    return UNKNOWN if value is None else f"{two_decimals(value)} p"


def price(value: Number | None) -> str:
    """Return a price: "8.77 p/kWh", "–2.40 p/kWh"."""
    return UNKNOWN if value is None else f"{two_decimals(value)} p/kWh"


def money(value_p: Number | None) -> str:
    """Return an amount given in pence: "48.6 p", "–0.42 p", and from a pound on "£3.40", "–£1.96"."""
    if value_p is None:
        return UNKNOWN
    amount = Decimal(str(value_p))
    pounds = (amount / POUND_P).quantize(CENT, rounding=ROUND_HALF_EVEN)
    if abs(amount.quantize(TENTH, rounding=ROUND_HALF_EVEN)) >= POUND_P:
        return f"{MINUS if pounds < 0 else ''}£{abs(pounds):,}"
    rounded = amount.quantize(CENT if abs(amount) < TEN else TENTH, rounding=ROUND_HALF_EVEN)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded)} p"


def size(value_bytes: int | None) -> str:
    """Return how large a file is: "840 B", "36.2 kB", "340 MB"."""
    if value_bytes is None:
        return UNKNOWN
    left = float(value_bytes)
    for prefix in ("", "k", "M"):
        if left < 1000:
            return f"{significant(left) if prefix else value_bytes} {prefix}B"
        left /= 1000
    return f"{significant(left)} GB"


def duration(value: timedelta | Number | None) -> str:
    """Return a length of time in at most two parts: "8 s", "9 min", "2 h 44 min", "3 d 4 h"."""
    if value is None:
        return UNKNOWN
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < 60:
        return f"{max(0, seconds)} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def age(then: datetime | None, now: datetime) -> str:
    """Return how long ago something was."""
    return UNKNOWN if then is None else duration(now - then)


def clock(local: datetime) -> str:
    """Return the time of day; in the hour the clocks are set back, which comes twice, with its zone: "01:30 GMT"."""
    comes_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M %Z}" if comes_twice else f"{local:%H:%M}"


def local_time(moment: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """Return "22:42" for today, "Mon 06:30" within six days, "19 Sep 06:30" beyond."""
    if moment is None:
        return UNKNOWN
    return time_words(moment, zone, now.astimezone(zone).date())


@lru_cache(maxsize=4000)
def time_words(moment: datetime, zone: ZoneInfo, today: date) -> str:
    """Say a moment as one does on that day; a page says the same few over and over."""
    local = moment.astimezone(zone)
    days = abs((local.date() - today).days)
    if days == 0:
        return clock(local)
    return f"{local:%a} {clock(local)}" if days <= 6 else f"{local.day} {local:%b} {clock(local)}"


def parts(text: str) -> tuple[str, str]:
    """Split "4.91 TH/s" into the number and its unit; an unknown figure has none."""
    number, _space, unit = text.partition(" ")
    return number, unit


# --- bands ---------------------------------------------------------------------------------------

ANCHORS = {1: (1,), 2: (1, 5), 3: (1, 3, 5), 4: (1, 3, 4, 6), 5: (1, 2, 4, 5, 6), 6: (1, 2, 3, 4, 5, 6)}
MOST_COLOURS = 6


def band_class(position: int | None, count: int) -> str:
    """Return the css class of a band's colour: its place decides, not its price.

    Past six bands neighbours share a colour, and the dearer of a pair is hatched.
    """
    if position is None or count < 1:
        return ""
    position = min(max(position, 1), count)
    if count <= MOST_COLOURS:
        return f"b{ANCHORS[count][position - 1]}"
    colour = (position - 1) * MOST_COLOURS // count + 1
    before = (position - 2) * MOST_COLOURS // count + 1 if position > 1 else 0
    return f"b{colour} hatched" if before == colour else f"b{colour}"
