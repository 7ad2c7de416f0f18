"""The strategy page: look, override, enrol. Every act calls one service."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hmm.accounts.access import actor_of, may, operator_required
from hmm.accounts.roles import OPERATOR
from hmm.clock import now as read_clock
from miners.models import Miner
from miners.services.fleet import edit_miner
from strategy import pages
from strategy.core import SituationError
from strategy.services.switches import set_enabled, set_override
from strategy.tasks import run_tick


def show(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render with what the person may do, so that nobody sees a button that would be refused."""
    return render(request, template, {**context, "may_act": may(request.user, OPERATOR)}, status=status)


@require_safe
def strategy(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    return show(request, "strategy/strategy.html", pages.strategy_page(read_clock()))


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    return show(request, "strategy/partials/_status.html", pages.status_context(read_clock()))


@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    return show(request, "strategy/partials/_chart.html", pages.chart_context(read_clock()))


@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    return show(request, "strategy/partials/_activity.html", pages.activity_context())


@operator_required
@require_POST
def override(request: HttpRequest) -> HttpResponse:
    """Override the prices, or go back to them."""
    try:
        set_override(
            request.POST.get("kind", ""),
            actor=actor_of(request),
            now=read_clock(),
            band=int(request.POST["band"]) if request.POST.get("band", "").isdigit() else None,
            until=moment_of(request.POST.get("until", "")),
        )
    except (SituationError, ValueError) as error:
        messages.error(request, str(error))
    else:
        run_tick.delay()
    return redirect(back(request))


def moment_of(text: str) -> datetime | None:
    """Read a local time of a form; empty has no end."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    except ValueError as error:
        raise ValueError("The end is a date and a time, such as 2026-11-24 18:00.") from error


def back(request: HttpRequest) -> str:
    """Return the page of ours an act came from, the strategy page otherwise."""
    path = request.POST.get("back", "")
    return path if path.startswith("/") and not path.startswith("//") else "/strategy/"


@operator_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Switch the strategy on or off."""
    enabled = request.POST.get("enabled") == "true"
    set_enabled(enabled, actor=actor_of(request))
    run_tick.delay()
    if not enabled:
        messages.info(request, "The strategy is off. What is off stays off until you resume it on the miner's page.")
    return redirect("strategy")


@operator_required
@require_POST
def execute(request: HttpRequest) -> HttpResponse:
    """Look now instead of at the next full minute."""
    run_tick.delay()
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
    run_tick.delay()
    return redirect("strategy")
