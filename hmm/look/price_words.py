"""The words beside a price chart: the plan as rows, each slot, and a sentence. Pure."""

from collections.abc import Iterable
from decimal import Decimal

from hmm.look.formats import clock, pence, price
from hmm.look.price_picture import Picture
from hmm.look.price_shapes import HasPrice, Row, SlotRow


def rows_of(picture: Picture) -> Iterable[Row]:
    """Return the plan from now on as rows; without a plan, the prices."""
    for segment in picture.plan:
        if segment.ends_at <= picture.now or segment.starts_at >= picture.span.end:
            continue
        inside = [
            row for row in picture.periods if row.starts_at < segment.ends_at and segment.starts_at < row.ends_at
        ]
        mean = sum((row.price_p_per_kwh for row in inside), Decimal(0)) / len(inside) if inside else None
        band = next((band for band in picture.bands if band.position == segment.band_position), None)
        yield Row(
            start=picture.clock(segment.starts_at),
            end=picture.clock(segment.ends_at),
            band=segment.band_position,
            band_words=band.range_words if band is not None else "",
            runs=segment.label,
            price=pence(mean),
        )
    if picture.plan:
        return
    for period in picture.periods:
        if period.ends_at > picture.now:
            band = picture.band_of(period.price_p_per_kwh)
            yield Row(
                start=picture.clock(period.starts_at),
                end=picture.clock(period.ends_at),
                band=band.position if band is not None else None,
                band_words=band.range_words if band is not None else "",
                runs="",
                price=pence(period.price_p_per_kwh),
            )


def slots_of(picture: Picture) -> Iterable[SlotRow]:
    """Return each slot with what runs in it, for the crosshair and the table."""
    for period in picture.periods:
        middle = period.starts_at + (period.ends_at - period.starts_at) / 2
        place = picture.span.at(middle)
        if not 0 <= place <= 100:
            continue
        band = picture.band_of(period.price_p_per_kwh)
        runs = next((row.label for row in picture.plan if row.starts_at <= middle < row.ends_at), "")
        yield SlotRow(
            at=f"{place:.2f}",
            time=f"{picture.clock(period.starts_at)}–{clock(period.ends_at.astimezone(picture.zone))}",
            price=price(period.price_p_per_kwh),
            band=band.position if band is not None else None,
            band_words=band.range_words if band is not None else "",
            runs=runs,
        )


def summary_of(picture: Picture) -> str:
    """Say in words what the chart shows."""
    words = ["Price per slot with the plan above it." if picture.plan else "Price per slot."]
    period = next((row for row in picture.periods if row.starts_at <= picture.now < row.ends_at), None)
    if period is None:
        words.append("No price is known for now.")
    else:
        band = picture.band_of(period.price_p_per_kwh)
        words.append(f"Now {price(period.price_p_per_kwh)}{f' in band {band.position}' if band else ''}.")
    ahead = [row for row in picture.periods if row.ends_at > picture.now]
    if ahead:
        low, high = min(ahead, key=price_of), max(ahead, key=price_of)
        words.append(f"Lowest {pence(low.price_p_per_kwh)} at {picture.clock(low.starts_at)},")
        words.append(f"highest {pence(high.price_p_per_kwh)} at {picture.clock(high.starts_at)}.")
    return " ".join(words)


def price_of(period: HasPrice) -> Decimal:
    return period.price_p_per_kwh
