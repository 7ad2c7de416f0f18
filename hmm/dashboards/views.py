"""Home, whole and in the parts that fetch themselves again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hmm.clock import now as read_clock
from hmm.dashboards.hero import hero_context
from hmm.dashboards.home import figures, problems, shown_tiles, todays_cost
from miners.contexts import tiles


def hero_part() -> dict[str, Any]:
    return {"hero": hero_context(read_clock())}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answer what electricity costs now, what every miner does, and why."""
    moment = read_clock()
    shown = shown_tiles(moment)
    context = {
        **hero_part(),
        **problems(moment),
        "figures": figures(shown, moment),
        "cost": todays_cost(moment),
        "tiles": shown,
    }
    return render(request, "dashboards/home.html", context)


@require_safe
def home_hero(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/partials/_hero.html", hero_part())


@require_safe
def home_attention(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/partials/_attention.html", problems(read_clock()))


@require_safe
def home_figures(request: HttpRequest) -> HttpResponse:
    moment = read_clock()
    context = {"figures": figures(tiles(moment), moment), "cost": todays_cost(moment)}
    return render(request, "dashboards/partials/_figures.html", context)


@require_safe
def home_tiles(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/partials/_tiles.html", {"tiles": shown_tiles(read_clock())})


@require_safe
def shell_chip(request: HttpRequest) -> HttpResponse:
    """Return the price chip of every page's top bar."""
    return render(request, "components/_price_chip.html")


@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """List on a phone what its bottom bar has no room for."""
    return render(request, "dashboards/more.html")
