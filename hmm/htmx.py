"""Parts of pages, and acts, asked for in a browser's address bar lead to the page they belong to."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import patch_vary_headers

View = Callable[Concatenate[HttpRequest, ...], HttpResponse]
NOT_ALLOWED = 405


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asks, for a part of the page it is on."""
    return bool(request.headers.get("HX-Request"))


def part_of(page: str, anchor: str = "") -> Callable[[View], View]:
    """Give a view's fragment to htmx only; everybody else is sent to the page it is a part of."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if is_fragment(request):
                answer = view(request, *arguments, **named)
            else:
                query = f"?{request.GET.urlencode()}" if request.GET else ""
                answer = redirect(f"{reverse(page)}{query}{anchor}")
            patch_vary_headers(answer, ["HX-Request"])
            return answer

        return answered

    return decorate


class ActsLeadBack:
    """Send whoever looks at an act's address, as after a reload, to the nearest page above it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        looks = request.method in {"GET", "HEAD"} and not request.path.startswith("/api/")
        if answer.status_code != NOT_ALLOWED or not looks or is_fragment(request):
            return answer
        return redirect(page_above(request.path))


def page_above(path: str) -> str:
    """Return the nearest address above one that the product knows."""
    above = path.rstrip("/").rpartition("/")[0] + "/"
    try:
        resolve(above)
    except Resolver404:
        return page_above(above) if above != "/" else "/"
    return above
