"""The strategy page: look, override, enrol. Every act calls one service."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from hmm.accounts.access import actor_of, may, operator_required
from hmm.accounts.roles import OPERATOR
from hmm.clock import now as read_clock
from hmm.htmx import is_fragment, part_of
from miners.models import Miner
from miners.services.fleet import edit_miner
from strategy import pages, why_pages
from strategy.core import SituationError
from strategy.forms import OverrideForm, SafetyForm
from strategy.preview import preview_context
from strategy.services.switches import look_now, set_enabled, set_override, set_safety


def show(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render with what the person may do, so that nobody sees a button that would be refused."""
    return render(request, template, {**context, "may_act": may(request.user, OPERATOR)}, status=status)


@require_safe
def strategy(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    return show(request, "strategy/strategy.html", pages.strategy_page(read_clock()))


@require_safe
@part_of("strategy")
def status(request: HttpRequest) -> HttpResponse:
    return show(request, "strategy/partials/_status.html", pages.status_context(read_clock()))


@require_safe
@part_of("strategy", "#strategy-chart")
def chart(request: HttpRequest) -> HttpResponse:
    return show(request, "strategy/partials/_chart.html", pages.chart_context(read_clock()))


@require_safe
@part_of("strategy", "#strategy-activity")
def activity(request: HttpRequest) -> HttpResponse:
    return show(request, "strategy/partials/_activity.html", pages.activity_context())


@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """List what was asked for the strategy, in order, and what decided."""
    return page_or_part(request, "why", {"why": why_pages.why_strategy(read_clock())})


@require_safe
def why_miner(request: HttpRequest, pk: int) -> HttpResponse:
    """List what was asked for one miner; its own page asks for the fragment."""
    miner = get_object_or_404(Miner.objects.with_latest(), pk=pk)
    return page_or_part(request, "why", {"why": why_pages.why_one(miner, read_clock())})


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Say what would run now, tonight, or at a price."""
    context = preview_context(read_clock(), request.GET.get("when", ""), request.GET.get("price", ""))
    return page_or_part(request, "preview", context, status=422 if context["preview"]["error"] else 200)


def page_or_part(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Answer htmx with the fragment and everybody else with the page around it."""
    answer = show(
        request,
        f"strategy/partials/_{name}.html" if is_fragment(request) else f"strategy/{name}.html",
        context,
        status,
    )
    answer["Vary"] = "HX-Request"
    return answer


@operator_required
@require_POST
def override(request: HttpRequest) -> HttpResponse:
    """Override the prices, or go back to them."""
    form, now = OverrideForm(request.POST), read_clock()
    if form.is_valid():
        said = form.cleaned_data
        try:
            set_override(
                said["kind"], actor=actor_of(request), now=now, band=said.get("band"), until=form.ends_at(now)
            )
        except SituationError as error:
            field = error.field.rpartition(".")[2]
            form.add_error(field if field in form.fields else None, error.message)
        else:
            return redirect(back(request))
    return show(request, "strategy/strategy.html", pages.strategy_page(now) | {"override_form": form}, status=422)


@operator_required
@require_POST
def safety(request: HttpRequest) -> HttpResponse:
    """Keep how long an unknown price is waited out, and what then."""
    form, now = SafetyForm(request.POST), read_clock()
    if not form.is_valid():
        return show(request, "strategy/strategy.html", pages.strategy_page(now) | {"safety_form": form}, status=422)
    set_safety(**form.cleaned_data, actor=actor_of(request), now=now)
    messages.success(request, "Saved. It counts from the next look at the prices.")
    return redirect(reverse("strategy") + "#strategy-safety")


def back(request: HttpRequest) -> str:
    """Return the page of ours an act came from, the strategy page otherwise."""
    path = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if path.startswith("/") and is_ours else reverse("strategy")


@operator_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Switch the strategy on or off."""
    enabled = request.POST.get("enabled") == "true"
    set_enabled(enabled, actor=actor_of(request))
    if not enabled:
        messages.info(request, "The strategy is off. What is off stays off until you resume it on the miner's page.")
    return redirect("strategy")


@operator_required
@require_POST
def execute(request: HttpRequest) -> HttpResponse:
    """Look now instead of at the next full minute."""
    look_now(actor=actor_of(request))
    messages.success(request, "The strategy looks now.")
    return redirect("strategy")


@operator_required
@require_POST
def enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a miner follow the strategy, or leave it alone."""
    miner = get_object_or_404(Miner, pk=pk)
    enrolled = request.POST.get("enrolled") == "true"
    edit_miner(miner, {"enrolled": enrolled}, actor=actor_of(request), now=read_clock())
    newest = getattr(miner, "newest", None)
    if not enrolled and newest is not None and newest.paused:
        messages.info(request, f"{miner.name} is paused. Resume it on its page if it should run.")
    return redirect("strategy")
