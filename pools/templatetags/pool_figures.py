"""Figures of pools as people read them; a dash for what is unknown."""

from decimal import Decimal

from django import template

from hmm.look import formats

register = template.Library()
UNKNOWN = "—"


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
def small_percent(value: float | None) -> str:
    """Return a percentage that may be tiny: three digits that count."""
    return UNKNOWN if value is None else f"{value:.3g} %" if value < 100 else f"{value:,.0f} %"
