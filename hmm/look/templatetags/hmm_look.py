"""Filters and tags of the look. Figures come from `hmm.look.formats`, drawings from `hmm.look.charts`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from hmm.clock import now as read_clock
from hmm.look import formats
from hmm.look.charts import Spark, draw_spark
from hmm.look.icons import ICONS

register = template.Library()

for name in (
    "ths", "work", "watts", "kwh", "efficiency", "temp", "percent", "pence", "price", "money", "duration",
):  # fmt: skip
    register.filter(name, getattr(formats, name))


@register.filter
def band_class(position: int | None, count: int | None) -> str:
    """Return the colour class of a band among `count` bands."""
    return formats.band_class(position, count or 0)


@register.filter
def age(then: datetime | None) -> str:
    return formats.age(then, read_clock())


@register.filter
def until(then: datetime | None) -> str:
    """Return how long it is until a moment to come."""
    return formats.UNKNOWN if then is None else formats.duration(max(then - read_clock(), timedelta(0)))


@register.filter
def local_time(moment: datetime | None) -> str:
    return formats.local_time(moment, timezone.get_current_timezone(), read_clock())


@register.filter
def figure(text: str) -> SafeString:
    """Set the unit of a figure smaller than its number."""
    number, unit = formats.parts(text)
    return format_html('{}<span class="unit">{}</span>', number, unit) if unit else format_html("{}", number)


@register.filter
def state_icon(state: str) -> str:
    return state if state in ICONS else "unknown"


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Draw an icon; it is decoration, the word stands beside it."""
    drawing = mark_safe(ICONS[name])  # noqa: S308  # a constant of ours
    return format_html('<svg class="icon {}" viewBox="0 0 20 20" aria-hidden="true">{}</svg>', classes, drawing)


@register.simple_tag
def swatch(position: int | None, count: int | None, classes: str = "") -> SafeString:
    """Draw a band's square with its number; nothing without a band."""
    if not position:
        return SafeString("")
    return format_html(
        '<span class="swatch {} {}" aria-hidden="true">{}</span>', band_class(position, count), classes, position
    )


@register.inclusion_tag("components/_sparkline.html")
def sparkline(points: Sequence[float | None] | None, classes: str = "") -> dict[str, Spark | str | None]:
    return {"spark": draw_spark(points) if points else None, "classes": classes}


@register.simple_tag
def page_url(name: str) -> str:
    """Return the address of a page, empty while the product has none of that name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], address: str) -> SafeString:
    """Mark the navigation link of the page one is on, its sub-pages included."""
    request = context.get("request")
    path = getattr(request, "path", "")
    here = path == address or (address != "/" and bool(address) and path.startswith(address))
    return SafeString('aria-current="page"') if here else SafeString("")


@register.simple_tag(takes_context=True)
def block_again(context: Any, name: str) -> SafeString:
    """Write a block's content a second time; the title stands in the tab and on the page."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return SafeString(block.nodelist.render(context) if block is not None else "")
