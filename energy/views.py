"""The energy page: what electricity costs, until when that is known, and what it has cost."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from energy import pages
from energy.forms import RegionForm
from energy.services.prices import active_tariff
from energy.services.refresh import choose_tariff
from energy.tasks import fetch_now
from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock


@require_safe
def energy(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    return render(request, "energy/energy.html", pages.energy_page(read_clock()))


@require_safe
def forecast(request: HttpRequest) -> HttpResponse:
    return render(request, "energy/partials/_forecast.html", pages.energy_page(read_clock()))


@operator_required
@require_POST
def region(request: HttpRequest) -> HttpResponse:
    """Choose the region; prices are fetched in the background."""
    form = RegionForm(request.POST)
    now, actor = read_clock(), actor_of(request)
    if not form.is_valid():
        context = pages.energy_page(now) | {"region_form": form}
        return render(request, "energy/energy.html", context, status=422)
    letter = form.cleaned_data["region"]
    tariff = choose_tariff(
        kind="octopus_agile",
        config={"region": letter},
        name=f"Octopus Agile, region {letter}",
        actor=actor,
        now=now,
    )
    fetch_now.delay(tariff.pk, actor)
    messages.success(request, f"Region {letter} is chosen; its prices are being fetched.")
    return redirect("energy")


@operator_required
@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Fetch now."""
    tariff = active_tariff()
    if tariff is None:
        messages.error(request, "No tariff is chosen yet. Choose your region first.")
    else:
        fetch_now.delay(tariff.pk, actor_of(request))
        messages.success(request, "The prices are being fetched.")
    return redirect("energy")
