"""Home, whole and in the parts that fetch themselves again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from hmm.accounts.access import may
from hmm.accounts.roles import OPERATOR
from hmm.clock import now as read_clock
from hmm.dashboards.celebration import put_away
from hmm.dashboards.contexts import BELL_SEEN, make_shell
from hmm.dashboards.ground import ground_of
from hmm.dashboards.hero import hero_context
from hmm.dashboards.home import figures, problems, shown_tiles, tile_choice, todays_cost
from hmm.dashboards.search import asked, search
from hmm.htmx import is_fragment, part_of
from miners.contexts import tiles


def hero_part(request: HttpRequest) -> dict[str, Any]:
    return {"hero": hero_context(ground_of(request))}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answer what electricity costs now, what every miner does, and why."""
    ground = ground_of(request)
    moment = ground.now
    shown = shown_tiles(moment)
    context = {
        **hero_part(request),
        **problems(ground.incidents),
        "figures": figures(shown, moment),
        "cost": todays_cost(moment),
        **tile_choice(shown, request.GET.get("show", "")),
    }
    return render(request, "dashboards/home.html", context)


@require_safe
@part_of("home")
def home_hero(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/partials/_hero.html", hero_part(request))


@require_safe
@part_of("home")
def home_attention(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/partials/_attention.html", problems(ground_of(request).incidents))


@require_safe
@part_of("home")
def home_figures(request: HttpRequest) -> HttpResponse:
    moment = read_clock()
    context = {"figures": figures(tiles(moment), moment), "cost": todays_cost(moment)}
    return render(request, "dashboards/partials/_figures.html", context)


@require_safe
@part_of("home")
def home_tiles(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "dashboards/partials/_tiles.html",
        tile_choice(shown_tiles(read_clock()), request.GET.get("show", "")),
    )


@require_safe
@part_of("energy")
def shell_chip(request: HttpRequest) -> HttpResponse:
    """Return the price chip of every page's top bar."""
    return render(request, "components/_price_chip.html")


@require_safe
@part_of("strategy")
def shell_banner(request: HttpRequest) -> HttpResponse:
    """Return the override's banner, with the sidebar's foot beside it."""
    return render(request, "components/_override_banner.html", {"oob": True})


@require_http_methods(["GET", "HEAD", "POST"])
def shell_celebration(request: HttpRequest) -> HttpResponse:
    """Return what is celebrated now; a POST puts it away, for this session only."""
    if request.method == "POST":
        put_away(request.session, read_clock())
    if not is_fragment(request):
        return back_to(request)
    return render(request, "components/_celebration.html")


@require_safe
@part_of("home")
def bell(request: HttpRequest) -> HttpResponse:
    """Return the bell's panel, with every count of problems beside it."""
    return render(request, "components/_bell_panel.html", {"oob": True})


@require_POST
def bell_read(request: HttpRequest) -> HttpResponse:
    """Note that this person has looked at the problems there are."""
    request.session[BELL_SEEN] = make_shell(ground_of(request)).newest_problem
    if is_fragment(request):
        return trigger_client_event(HttpResponse(status=204), "problems-read")
    return back_to(request)


def back_to(request: HttpRequest) -> HttpResponse:
    """Lead back to the page of ours one came from."""
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "home")


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Find miners, pages, acts, pools and activity; the palette receives the very list this page shows."""
    text = request.GET.get("q", "")
    in_palette = is_fragment(request)
    context = {
        "groups": search(text, may_operate=may(request.user, OPERATOR), now=read_clock()),
        "text": asked(text),
        "in_palette": in_palette,
    }
    page = "dashboards/partials/_hits.html" if in_palette else "dashboards/search.html"
    answer = render(request, page, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """List on a phone what its bottom bar has no room for."""
    return render(request, "dashboards/more.html")
