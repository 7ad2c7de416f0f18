"""What the energy page shows: the known prices, what stands out in them, and what mining has cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from energy.cost_pages import costs_context
from energy.forms import RegionForm
from energy.models import SettlementPeriod
from energy.outlook import outlook
from energy.services.prices import periods_between
from energy.services.refresh import FetchState, fetch_state
from hmm.jobs.models import Job
from hmm.look.price_chart import price_bars
from hmm.look.price_shapes import HasLimits, PriceChart
from hmm.look.zones import local_zone

BEFORE, AHEAD = timedelta(days=2), timedelta(days=3)
SLOTS_IN_WINDOW = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One thing that stands out in the prices ahead."""

    label: str
    start: datetime | None
    end: datetime | None
    price: Decimal | None
    band: int | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The prices and how well they are known."""

    chart: PriceChart
    phone_chart: PriceChart
    state: FetchState
    now_price: Decimal | None
    now_ends_at: datetime | None
    now_band: int | None
    next_price: Decimal | None
    next_band: int | None
    windows: tuple[Window, ...]
    band_count: int


def energy_page(now: datetime, query: Any = MappingProxyType({})) -> dict[str, Any]:
    """Return everything the page shows; `query` may ask for another span of the costs."""
    state = fetch_state(now)
    region = state.tariff.region if state.tariff is not None else None
    return {
        "forecast": forecast(now, state),
        **costs_context(now, query),
        "region": region,
        "region_form": RegionForm(initial={"region": region}),
        "job": job_of(query),
    }


def forecast_context(now: datetime) -> dict[str, Any]:
    return {"forecast": forecast(now, fetch_state(now))}


def job_of(query: Any) -> Job | None:
    """Return the job a page was sent to look at."""
    number = str(query.get("job", ""))
    return Job.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 12 else None


def forecast(now: datetime, state: FetchState) -> Forecast:
    bands, segments = outlook.bands(), outlook.plan(now)
    periods = periods_between(now - BEFORE, now + AHEAD)

    def drawn(hours: int, height: int) -> PriceChart:
        return price_bars(
            periods, bands, segments, now, zone=local_zone(), hours=hours, height=height, stripes=bool(bands)
        )

    current, following = now_and_next(periods, now)
    return Forecast(
        now_price=current.price_p_per_kwh if current is not None else None,
        now_ends_at=current.ends_at if current is not None else None,
        now_band=band_of(current.price_p_per_kwh, bands) if current is not None else None,
        next_price=following.price_p_per_kwh if following is not None else None,
        next_band=band_of(following.price_p_per_kwh, bands) if following is not None else None,
        chart=drawn(48, 248),
        phone_chart=drawn(24, 208),
        state=state,
        windows=tuple(windows(periods, bands, now)),
        band_count=len(bands),
    )


def now_and_next(
    periods: Sequence[SettlementPeriod], now: datetime
) -> tuple[SettlementPeriod | None, SettlementPeriod | None]:
    """Return the slot of now and the one that follows without a gap."""
    current = next((period for period in periods if period.covers(now)), None)
    if current is None:
        return None, None
    return current, next((period for period in periods if period.starts_at == current.ends_at), None)


# --- what stands out -----------------------------------------------------------------------------


def windows(periods: Sequence[SettlementPeriod], bands: Sequence[HasLimits], now: datetime) -> list[Window]:
    """Return the cheapest stretch, the one below zero, the dearest slot and the mean of what is ahead."""
    ahead = [period for period in periods if period.ends_at > now]
    if not ahead:
        return []
    dearest = max(ahead, key=lambda period: period.price_p_per_kwh)
    mean = sum((period.price_p_per_kwh for period in ahead), Decimal(0)) / len(ahead)
    return [
        cheapest(ahead, bands),
        below_zero(ahead),
        Window(
            label="Dearest",
            start=dearest.starts_at,
            end=dearest.ends_at,
            price=dearest.price_p_per_kwh,
            band=band_of(dearest.price_p_per_kwh, bands),
        ),
        Window(label="Mean ahead", start=None, end=None, price=mean, band=None, note=f"{len(ahead)} slots known"),
    ]


def cheapest(ahead: Sequence[SettlementPeriod], bands: Sequence[HasLimits]) -> Window:
    """Return the cheapest run of six slots, which are three hours."""
    size = min(SLOTS_IN_WINDOW, len(ahead))
    means = [
        sum((period.price_p_per_kwh for period in ahead[place : place + size]), Decimal(0)) / size
        for place in range(len(ahead) - size + 1)
    ]
    place = means.index(min(means))
    return Window(
        label=f"Cheapest {size} slots",
        start=ahead[place].starts_at,
        end=ahead[place + size - 1].ends_at,
        price=means[place],
        band=band_of(means[place], bands),
    )


def below_zero(ahead: Sequence[SettlementPeriod]) -> Window:
    paid = [period for period in ahead if period.price_p_per_kwh < 0]
    if not paid:
        return Window(label="Below zero", start=None, end=None, price=None, band=None, note="none ahead")
    slots = f"{len(paid)} slot{'s' if len(paid) > 1 else ''}"
    return Window(
        label="Below zero", start=paid[0].starts_at, end=paid[-1].ends_at, price=None, band=None, note=slots
    )


def band_of(price: Decimal, bands: Sequence[HasLimits]) -> int | None:
    return next(
        (band.position for band in bands if band.ceiling_p_per_kwh is None or price < band.ceiling_p_per_kwh), None
    )
