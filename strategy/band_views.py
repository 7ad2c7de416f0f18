"""Edit the bands from the page: each row saves itself, what replaces all of them asks first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from hmm.htmx import is_fragment, part_of
from miners.drivers.registry import FAMILY_MODES
from strategy import band_pages, band_questions, pages
from strategy.band_rows import BandError
from strategy.services import bands as band_services
from strategy.services import undoing
from strategy.views import show

EDITOR = "strategy/partials/_bands.html"


@require_safe
@part_of("strategy", "#strategy-bands")
def bands(request: HttpRequest) -> HttpResponse:
    return show(request, EDITOR, band_pages.bands_context(read_clock()))


def answer_bands(request: HttpRequest, act: Callable[[str, datetime], Any]) -> HttpResponse:
    """Do an edit and show the bands again; an edit that cannot be made shows its sentences at the fields."""
    now = read_clock()
    try:
        with band_services.in_turn():
            band_pages.refuse_if_changed(request.POST)
            act(actor_of(request), now)
    except BandError as error:
        sent = {} if "bands" in error.fields else request.POST  # what was typed stood beside other bands
        context = band_pages.bands_context(now, errors=error.fields, sent=sent)
        if is_fragment(request):
            return show(request, EDITOR, context, status=422)
        return show(request, "strategy/strategy.html", {**pages.strategy_page(now), **context}, status=422)
    if is_fragment(request):
        answer = show(request, EDITOR, band_pages.bands_context(now))
        answer["HX-Trigger"] = "bands-saved"
        return answer
    return redirect(reverse("strategy") + "#strategy-bands")


@operator_required
@require_POST
def edit(request: HttpRequest, position: int) -> HttpResponse:
    """Save one band's row; in force from the next slot."""
    changes: dict[str, Any] = {"champion_only": "champion_only" in request.POST}
    if "ceiling_p_per_kwh" in request.POST:
        changes["ceiling_p_per_kwh"] = request.POST["ceiling_p_per_kwh"]
    if "target" in request.POST:
        changes["target"] = request.POST["target"]
    changes["modes"] = {
        family: request.POST[f"{family}_mode"] for family in FAMILY_MODES if f"{family}_mode" in request.POST
    }
    news = band_pages.edited_fields(position, changes, request.POST)
    return answer_bands(request, lambda actor, now: band_services.edit_band(position, news, actor=actor, now=now))


@operator_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    return answer_bands(request, lambda actor, now: band_services.add_band(actor=actor, now=now))


@operator_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    return answer_bands(request, lambda actor, now: undoing.undo_edit(actor=actor, now=now))


@operator_required
@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    return answer_bands(request, lambda actor, now: undoing.discard_pending(actor=actor, now=now))


@operator_required
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, position: int) -> HttpResponse:
    """Ask, then take a band out."""
    if request.method == "POST":
        return answer_bands(request, lambda actor, now: band_services.remove_band(position, actor=actor, now=now))
    try:
        return ask(request, band_questions.remove_question(position))
    except BandError as error:
        messages.error(request, str(error))
        return redirect("strategy")


@operator_required
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Ask, then go back to the bands of a new house."""
    if request.method == "POST":
        return answer_bands(request, lambda actor, now: band_services.reset_bands(actor=actor, now=now))
    return ask(request, band_questions.reset_question())


@operator_required
@require_http_methods(["GET", "POST"])
def example(request: HttpRequest) -> HttpResponse:
    """Ask, then load the example strategy."""
    if request.method == "POST":
        return answer_bands(request, lambda actor, now: band_services.load_example(actor=actor, now=now))
    return ask(request, band_questions.example_question())


def ask(request: HttpRequest, question: dict[str, Any]) -> HttpResponse:
    """Show what would change: as a dialog over the page, or as a page of its own."""
    template = "strategy/partials/_ask.html" if is_fragment(request) else "strategy/ask.html"
    answer = show(
        request, template, {"question": question, "effective_from": band_services.next_boundary(read_clock())}
    )
    answer["Vary"] = "HX-Request"
    return answer


@operator_required
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Put the pending bands in force at once."""
    if band_services.apply_now(actor=actor_of(request), now=read_clock()):
        messages.success(request, "The bands are in force.")
    else:
        messages.info(request, "Nothing waited; the bands you see are in force.")
    return redirect("strategy")
