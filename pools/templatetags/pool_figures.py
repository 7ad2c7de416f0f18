"""Figures of pools as people read them; a dash for what is unknown."""

from decimal import Decimal

from django import template

from hmm.look import formats

register = template.Library()
UNKNOWN = formats.UNKNOWN
SMALLEST = 14  # places
WITHOUT_PENCE, TEN, WHOLE_DIGITS = 1000, 10, Decimal("0.1")
RARE, ALMOST, BEYOND = 0.001, 0.999, 1e12


@register.filter
def rate(hashrate_ths: float | None) -> str:
    return UNKNOWN if hashrate_ths is None else formats.ths(hashrate_ths)


@register.filter
def share(difficulty: float | None) -> str:
    return UNKNOWN if difficulty is None else formats.difficulty(difficulty)


@register.filter
def coins(amount: Decimal | None) -> str:
    """Return an amount of coins with as many places as it needs, eight at most."""
    if amount is None:
        return UNKNOWN
    text = f"{amount:.8f}".rstrip("0").rstrip(".")
    return text if "." in text or amount == int(amount) else f"{amount:f}"


@register.filter
def few_digits(amount: Decimal | None) -> str:
    """Return an amount that may be tiny with three digits that count, never as 1E-8."""
    if amount is None:
        return UNKNOWN
    return f"{amount:,.{min(SMALLEST, max(0, 2 - amount.adjusted()))}f}" if amount else "0"


@register.filter
def coin_price(pounds: Decimal | None) -> str:
    """Return a price of one coin: "£64,528", "£254.80", "0.336 p"."""
    if pounds is None:
        return UNKNOWN
    if pounds >= WITHOUT_PENCE:
        return f"£{pounds:,.0f}"
    if pounds >= 1:
        return f"£{pounds:.2f}"
    pence = pounds * 100
    return f"{pence:.{1 if pence >= TEN else 3}f} p" if pence >= WHOLE_DIGITS else f"{pence:.3g} p"


@register.filter
def small_percent(value: float | None) -> str:
    """Return a percentage that may be tiny: three digits that count."""
    return UNKNOWN if value is None else f"{value:.3g} %" if value < 100 else f"{value:,.0f} %"


@register.filter
def chance_percent(value: float) -> str:
    """Return a chance of 0 to 1; a tiny one as one in so many."""
    if value <= 0:
        return "0"
    if value < RARE:
        return f"1 in {1 / value:,.0f}" if value * BEYOND > 1 else "hardly ever"
    return f"{value * 100:.3g} %" if value < ALMOST else "over 99.9 %"


@register.filter
def long_wait(seconds: float) -> str:
    """Return a wait in the largest unit that fits."""
    for unit_s, unit in ((31_536_000, "years"), (86_400, "days"), (3_600, "hours")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:,.0f} {unit}" if seconds < unit_s * BEYOND else "for ever"
    return f"{seconds / 60:,.0f} minutes"


@register.filter
def of_a_block(percent: float | None) -> str:
    """Return what a share reached of a block; less than a ten-thousandth as one in so many."""
    if percent is None:
        return UNKNOWN
    if percent >= 100:
        return "a block"
    return f"{percent:.3g} %" if percent >= 0.01 else f"1 in {formats.difficulty(100 / percent)}"


@register.filter
def luck_word(chance: float) -> str:
    """Say in a word how lucky it was to have a share that so many of all have."""
    steps = ((0.02, "very lucky"), (0.2, "lucky"), (0.8, "usual"), (0.98, "unlucky"))
    return next((word for limit, word in steps if chance < limit), "very unlucky")
