"""Filters and tags of the look. Figures come from `hmm.look.formats`, drawings from `hmm.look.charts`."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from hmm.clock import now as read_clock
from hmm.look import formats
from hmm.look.addresses import address
from hmm.look.charts import draw_spark
from hmm.look.icons import ICONS
from hmm.look.price_shapes import PriceChart
from hmm.look.zones import local_zone

register = template.Library()

FORMATS: tuple[Callable[[Any], str], ...] = (
    formats.ths, formats.work, formats.watts, formats.kwh, formats.efficiency, formats.temp, formats.percent,
    formats.pence, formats.price, formats.money, formats.duration, formats.difficulty, formats.size,
)  # fmt: skip


def known_or_dash(form: Callable[[Any], str]) -> Callable[[Any], str]:
    """Let a name the context does not have count as unknown, as None does. A figure has nothing to be escaped."""
    return lambda value: SafeString(form(None if value == "" else value))


for form in FORMATS:
    register.filter(form.__name__, known_or_dash(form))


@register.filter
def band_class(position: int | None, count: int | None) -> str:
    """Return the colour class of a band among `count` bands."""
    return formats.band_class(position, count or 0)


@register.filter
def age(then: datetime | None) -> str:
    return formats.age(then or None, read_clock())


@register.filter
def for_long(since: datetime | None) -> str:
    """Return for how long something has been so, in one part: "9 min", "2 h", "3 d"."""
    return " ".join(age(since).split()[:2])


@register.filter
def until(then: datetime | None) -> str:
    """Return how long it is until a moment to come."""
    return formats.UNKNOWN if not then else formats.duration(max(then - read_clock(), timedelta(0)))


@register.filter
def local_time(moment: datetime | None) -> str:
    return formats.local_time(moment or None, local_zone(), read_clock())


@register.filter
@lru_cache(maxsize=2000)
def figure(text: str) -> SafeString:
    """Set the unit of a figure smaller than its number."""
    number, unit = formats.parts(text)
    return format_html('{}<span class="unit">{}</span>', number, unit) if unit else format_html("{}", number)


@register.filter
def state_icon(state: str) -> str:
    return state if state in ICONS else "unknown"


@register.simple_tag
@cache
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


@register.simple_tag
def state_pill(state: str, label: str, since: datetime | None = None) -> SafeString:
    """Draw a miner's state, and for how long it has been so."""
    return drawn_pill(state, label, since or None, for_long(since) if since else "", local_time(since))


@lru_cache(maxsize=2000)
def drawn_pill(state: str, label: str, since: datetime | None, for_words: str, since_words: str) -> SafeString:
    """Draw a pill once: it shows the same until one of its words changes."""
    drawing = {"state": state, "label": label, "since": since, "for_words": for_words, "since_words": since_words}
    return render_to_string("components/_state.html", drawing)


@register.simple_tag
@cache
def fixed(template: str) -> SafeString:
    """Draw once what neither the data nor who looks can change."""
    return render_to_string(template)


@register.simple_tag
def sparkline(points: Sequence[float | None] | None, classes: str = "") -> SafeString:
    return drawn_spark(tuple(points or ()), classes)


@lru_cache(maxsize=1000)
def drawn_spark(points: tuple[float | None, ...], classes: str) -> SafeString:
    """Draw a line once: the page shows the same one until its next point."""
    drawing = {"spark": draw_spark(points) if points else None, "classes": classes}
    return render_to_string("components/_sparkline.html", drawing)


@register.simple_tag
@lru_cache(maxsize=16)
def price_chart(chart: PriceChart) -> SafeString:
    """Draw a price chart once: what changes it makes every open tab ask for it at the same time."""
    return render_to_string("components/_price_chart.html", {"chart": chart})


@register.simple_tag
def page_url(name: str) -> str:
    """Return the address of a page, empty while the product has none of that name."""
    return address(name)


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], where: str) -> SafeString:
    """Mark the navigation link of the page one is on, its sub-pages included."""
    request = context.get("request")
    path = getattr(request, "path", "")
    here = path == where or (where != "/" and bool(where) and path.startswith(where))
    return SafeString('aria-current="page"') if here else SafeString("")


@register.simple_tag(takes_context=True)
def block_again(context: Any, name: str) -> SafeString:
    """Write a block's content a second time; the title stands in the tab and on the page."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return SafeString(block.nodelist.render(context) if block is not None else "")


@register.filter
def local_clock(moment: datetime | None) -> str:
    """Return the time of day alone, for the end of a stretch whose start says the day."""
    return formats.clock(moment.astimezone(local_zone())) if moment else formats.UNKNOWN
