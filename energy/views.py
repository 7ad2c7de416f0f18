"""The energy page: what electricity costs, until when that is known, and what it has cost."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from energy import cost_pages, pages
from energy.forms import RegionForm
from energy.models import LedgerEntry
from energy.services.prices import active_tariff
from energy.services.regions import choose_region, look_up_region
from energy.tasks import fetch_now
from hmm.accounts.access import actor_of, may, operator_required
from hmm.accounts.roles import OPERATOR
from hmm.audit.views import Echo, safe
from hmm.clock import now as read_clock
from hmm.htmx import part_of
from hmm.jobs.services import start_job

LEDGER_COLUMNS = (
    "starts_at", "ends_at", "miner_label", "price_p_per_kwh", "energy_kwh", "cost_p", "known_s", "unknown_s",
    "hashing_s", "work_th", "mode", "band_position", "coin", "reason",
)  # fmt: skip
WORDS = {"miner_label", "mode", "coin", "reason"}  # written by people and devices


def show(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, {**context, "may_act": may(request.user, OPERATOR)}, status=status)


@require_safe
def energy(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    return show(request, "energy/energy.html", pages.energy_page(read_clock(), request.GET))


@require_safe
@part_of("energy")
def forecast(request: HttpRequest) -> HttpResponse:
    return show(request, "energy/partials/_forecast.html", pages.forecast_context(read_clock()))


@require_safe
@part_of("energy", "#energy-costs")
def costs(request: HttpRequest) -> HttpResponse:
    """Show the costs of another span."""
    return show(request, "energy/partials/_costs.html", cost_pages.costs_context(read_clock(), request.GET))


@require_safe
def ledger(request: HttpRequest) -> StreamingHttpResponse:
    """Return the ledger of a span as CSV, one row for each miner and slot; times in UTC."""
    span = cost_pages.span_asked(read_clock(), request.GET)
    rows = LedgerEntry.objects.filter(starts_at__gte=span.start, starts_at__lt=span.end).order_by("starts_at", "pk")
    writer = csv.writer(Echo())

    def lines() -> Iterator[str]:
        yield writer.writerow(LEDGER_COLUMNS)
        for row in rows.iterator(chunk_size=1000):
            yield writer.writerow([cell(name, getattr(row, name)) for name in LEDGER_COLUMNS])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    name = f"ledger-{span.start:%Y-%m-%d}-{span.kind}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def cell(name: str, value: Any) -> str:
    """Return a figure as it is, and words so that a spreadsheet does not run them."""
    if name in WORDS:
        return safe(value)
    if isinstance(value, Decimal):
        return f"{value:f}"  # never 0E-9
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


@operator_required
@require_POST
def region(request: HttpRequest) -> HttpResponse:
    """Choose the region, or look it up by postcode; both go on in the background."""
    form = RegionForm(request.POST)
    now, actor = read_clock(), actor_of(request)
    if not form.is_valid():
        context = pages.energy_page(now) | {"region_form": form}
        return show(request, "energy/energy.html", context, status=422)
    letter, postcode = form.cleaned_data["region"], form.cleaned_data["postcode"]
    if not letter:
        job = look_up_region(postcode, actor=actor, now=now)
        return redirect(f"{reverse('energy')}?job={job.pk}#tariff")
    tariff = choose_region(letter, actor=actor, now=now)
    fetch_now.delay(tariff.pk, actor)
    messages.success(request, f"Region {letter} is chosen; its prices are being fetched.")
    return redirect("energy")


@operator_required
@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Fetch now, as a job that tells what came."""
    tariff = active_tariff()
    if tariff is None:
        messages.error(request, "No tariff is chosen yet. Choose your region first.")
        return redirect("energy")
    job = start_job(
        kind="fetch_prices",
        title=f"Prices of {tariff}",
        actor=actor_of(request),
        arguments={"tariff": tariff.pk},
        total=1,
        now=read_clock(),
    )
    return redirect(f"{reverse('energy')}?job={job.pk}")
