"""The one form in which the API refuses: `{"detail": …, "fields": {…}}`, whoever refuses."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase, JsonResponse

API = "/api/"
WORDS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read. Send JSON, or an empty body.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address. The addresses are listed at /docs.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take {method}.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too long.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something is wrong here, not in the request. The log says more.",
}


def refusal(status: int, detail: str, fields: dict[str, str] | None = None) -> JsonResponse:
    """Return a refusal in the API's form."""
    return JsonResponse({"detail": detail, "fields": fields or {}}, status=status)


class ApiFormMiddleware:
    """Give refusals that Django made, such as 404 and 405, the API's form, and take a slash at an address's end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        if request.path_info != API:
            request.path_info = request.path_info.rstrip("/")
        answer = self.get_response(request)
        if answer.status_code < HTTPStatus.BAD_REQUEST or "json" in answer.get("Content-Type", ""):
            return answer
        words = WORDS.get(HTTPStatus(answer.status_code), HTTPStatus(answer.status_code).phrase + ".")
        told = refusal(answer.status_code, words.format(method=request.method))
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if answer.has_header(name):
                told[name] = answer[name]
        return told
