"""Choosing the tariff: which kind, what it wants to know, and what failed to load."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from energy.models import Tariff
from energy.services.prices import active_tariff, store_prices
from energy.services.refresh import choose_tariff
from energy.tariff_forms import TariffForm
from energy.tariffs.registry import loaded, tariff_choices
from energy.tasks import fetch_now
from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock

TARIFFS_SHOWN = 50


@operator_required
@require_http_methods(["GET", "HEAD", "POST"])
def tariff(request: HttpRequest) -> HttpResponse:
    """Show the form of one kind of tariff, filled with what is active, and make it the active one."""
    active = active_tariff()
    kinds = dict(tariff_choices())
    kind = request.POST.get("kind") or request.GET.get("kind") or (active.kind if active else "")
    if kind not in kinds:
        if "kind" in request.POST or "kind" in request.GET:
            raise Http404(f"There is no tariff {kind!r:.40}.")
        kind = next(iter(kinds))
    if request.method != "POST":
        known = {**active.config, "name": active.name} if active is not None and active.kind == kind else {}
        return page(request, TariffForm(kind, initial=known))
    form = TariffForm(kind, request.POST, request.FILES)
    if not form.is_valid():
        return page(request, form, status=422)
    chosen = choose(form, actor_of(request))
    messages.success(request, f"{chosen} is the tariff now.")
    return redirect("energy")


def choose(form: TariffForm, actor: str) -> Tariff:
    """Make the form's tariff the active one; prices of a file are stored at once, others are fetched."""
    now = read_clock()
    chosen = choose_tariff(kind=form.kind, config=form.config, name=form.title, actor=actor, now=now)
    if form.slots:
        store_prices(chosen, form.slots, now=now, actor=actor)
    fetch_now.delay(chosen.pk, actor)
    return chosen


def page(request: HttpRequest, form: TariffForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "kinds": [(kind, label, kind == form.kind) for kind, label in tariff_choices()],
        "broken": sorted(loaded()[1].items()),
        "tariffs": Tariff.objects.all()[:TARIFFS_SHOWN],
    }
    return render(request, "energy/tariff.html", context, status=status)
