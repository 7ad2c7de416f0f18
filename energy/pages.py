"""What the energy page shows: the known prices, what stands out in them, and what mining has cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, Sum
from django.urls import reverse

from energy.forms import RegionForm
from energy.models import LedgerEntry, SettlementPeriod
from energy.outlook import outlook
from energy.services.ledger import CostSummary, local_day, summary
from energy.services.prices import periods_between
from energy.services.refresh import FetchState, fetch_state
from hmm.look.charts import pct
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
    windows: tuple[Window, ...]
    band_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """A stretch of time with its three numbers that belong together, and the cost. Widths are of gauges.

    Before anything was counted the figures are unknown, not zero.
    """

    label: str
    start: datetime
    summary: CostSummary
    cost_p: Decimal | None
    energy_kwh: Decimal | None
    hashing_s: int | None
    possible_s: int | None
    work_th: float | None
    paid_width: str
    ran_width: str
    work_width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerCost:
    """What one miner cost."""

    name: str
    url: str
    cost_p: Decimal | None
    energy_kwh: Decimal
    paid_p_per_kwh: Decimal | None
    hashing_s: int
    work_th: float


def energy_page(now: datetime) -> dict[str, Any]:
    """Return everything the page shows."""
    today = local_day(now)
    month = today[0].replace(day=1)
    state = fetch_state(now)
    region = state.tariff.region if state.tariff is not None else None
    return {
        "forecast": forecast(now, state),
        "costs": [costs("Today", today[0], now), costs(f"{today[0]:%B} so far", month, now)],
        "by_miner": by_miner(month, now),
        "region": region,
        "region_form": RegionForm(initial={"region": region}),
    }


def forecast(now: datetime, state: FetchState) -> Forecast:
    bands, segments = outlook.bands(), outlook.plan(now)
    periods = periods_between(now - BEFORE, now + AHEAD)

    def drawn(hours: int, height: int) -> PriceChart:
        return price_bars(
            periods, bands, segments, now, zone=local_zone(), hours=hours, height=height, stripes=bool(bands)
        )

    return Forecast(
        chart=drawn(48, 248),
        phone_chart=drawn(24, 208),
        state=state,
        windows=tuple(windows(periods, bands, now)),
        band_count=len(bands),
    )


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


# --- what it has cost ----------------------------------------------------------------------------


def costs(label: str, start: datetime, now: datetime) -> Costs:
    found = summary(start, now)
    done, lost, is_counted = found.work_th, found.lost_th or 0.0, found.possible_s > 0
    return Costs(
        label=label,
        start=start,
        summary=found,
        cost_p=found.cost_p if is_counted else None,
        energy_kwh=found.energy_kwh if is_counted else None,
        hashing_s=found.hashing_s if is_counted else None,
        possible_s=found.possible_s or None,
        work_th=done if is_counted else None,
        paid_width=share(found.paid_p_per_kwh, found.always_on_p_per_kwh),
        ran_width=share(found.hashing_s, found.possible_s),
        work_width=share(done, done + lost),
    )


def share(part: Decimal | float | None, whole: Decimal | float | None) -> str:
    """Return a part of a whole as the width of a gauge."""
    if part is None or not whole:
        return "0%"
    return pct(min(100.0, max(0.0, float(part) / float(whole) * 100)))


def by_miner(start: datetime, end: datetime) -> list[MinerCost]:
    """Return each miner's costs, the dearest first; one query."""
    rows = (
        LedgerEntry.objects.filter(starts_at__gte=start, starts_at__lt=end)
        .order_by()
        .values("miner_id")
        .annotate(
            name=Max("miner_label"),
            cost=Sum("cost_p"),
            energy=Sum("energy_kwh"),
            priced=Sum("energy_kwh", filter=Q(cost_p__isnull=False)),
            hashing=Sum("hashing_s"),
            work=Sum("work_th"),
        )
    )
    found = [
        MinerCost(
            name=row["name"],
            url=reverse("miner", args=[row["miner_id"]]) if row["miner_id"] else "",
            cost_p=row["cost"],
            energy_kwh=row["energy"] or Decimal(0),
            paid_p_per_kwh=row["cost"] / row["priced"] if row["priced"] else None,
            hashing_s=row["hashing"] or 0,
            work_th=row["work"] or 0.0,
        )
        for row in rows
    ]
    return sorted(found, key=lambda cost: (cost.cost_p is None, -(cost.cost_p or Decimal(0)), cost.name))
