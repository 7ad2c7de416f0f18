"""The REST API: one description, one way in, one form of error."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from energy.api import router as energy
from hmm.accounts.api import AUTH, HOW_TO_CALL, for_callers
from miners.api import router as miners
from strategy.api import router as strategy
from strategy.services.bands import BandError

api = NinjaAPI(
    title="Home Miner Manager",
    version=settings.HMM_VERSION,
    auth=AUTH,
    openapi_url="/openapi.json",
    docs_url=None,
    docs_decorator=for_callers,
    urls_namespace="api",
)
api.add_router("/settings/price-band-strategy", strategy)
api.add_router("/miners", miners)
api.add_router("/energy", energy)


def refuse(request: HttpRequest, status: int, detail: str, fields: dict[str, str] | None = None) -> HttpResponse:
    return api.create_response(request, {"detail": detail, "fields": fields or {}}, status=status)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name each field that is wrong."""
    fields = {str(item["loc"][-1]): str(item["msg"]) for item in error.errors if item.get("loc")}
    return refuse(request, 422, "Some fields are wrong.", fields)


@api.exception_handler(BandError)
def impossible_bands(request: HttpRequest, error: BandError) -> HttpResponse:
    return refuse(request, 422, str(error), error.fields)


@api.exception_handler(ValueError)
def impossible(request: HttpRequest, error: ValueError) -> HttpResponse:
    return refuse(request, 422, str(error))


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return refuse(request, 401, HOW_TO_CALL)


@api.exception_handler(HttpError)
def told(request: HttpRequest, error: HttpError) -> HttpResponse:
    return refuse(request, error.status_code, str(error))


@api.exception_handler(Http404)
def missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return refuse(request, 404, "There is nothing at this address.")


def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return dict(api.get_openapi_schema())
