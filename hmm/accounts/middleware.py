"""Login for everything; the API has its own doorkeeper and answers in its own form."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase

API = "/api/"


class HouseLoginMiddleware(LoginRequiredMiddleware):
    """Django's own, except that a call of the API is refused by the API, with 401 and not with a page."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.path.startswith(API):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
