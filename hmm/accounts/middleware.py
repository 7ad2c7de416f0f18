"""Login for everything; the API has its own doorkeeper and answers in its own form."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect

API = "/api/"


class WithoutNul:
    """Take NUL out of what is asked in an address: PostgreSQL keeps none, and nobody means one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.META.get("QUERY_STRING", "")
        if "%00" in asked or "\0" in asked:
            request.META["QUERY_STRING"] = asked.replace("%00", "").replace("\0", "")
        return self.get_response(request)


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

    def handle_no_permission(  # type: ignore[override]  # Django only hands the answer on
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Send the whole page to the login, not the fragment that happened to ask after the session ended."""
        if not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        login = redirect_to_login(page, self.get_login_url(view_func))
        return HttpResponseClientRedirect(login["Location"])
