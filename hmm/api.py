"""The REST API: one description, one way in, one form of error."""

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from energy.api import router as energy
from energy.services.refresh import WrongSettingsError
from energy.tariff_api import router as tariffs
from energy.totals_api import router as totals
from hmm.accounts.api import AUTH, HOW_TO_CALL, for_callers
from hmm.accounts.limits import CallsPerMinute, seconds_left, stranger_may_ask
from hmm.audit.api import router as activity
from hmm.jobs.api import router as jobs
from hmm.rest import WORDS, UnknownFieldsError, refusal
from hmm.updates.api import router as updates
from miners.api import router as miners
from miners.api_profiles import router as profiles
from miners.condition_api import limits_router as health_limits
from miners.condition_api import router as miners_condition
from miners.home_assistant_api import miner_router as miners_meter
from miners.home_assistant_api import router as home_assistant
from miners.luck_api import facts as pool_facts
from miners.luck_api import router as luck
from miners.past_api import router as miners_past
from miners.plug_api import router as plugs
from miners.services.bulk import BulkError
from miners.services.fleet import MinerError
from miners.services.tuning import ProfileError
from notifications.api import router as notifications
from notifications.services.channels import ChannelError
from pools.api import router as pools
from pools.coin_api import router as coins
from strategy.api import router as strategy
from strategy.band_rows import BandError
from strategy.override_api import router as override
from strategy.rules_api import router as rules

api = NinjaAPI(
    title="Home Miner Manager",
    version=settings.HMM_VERSION,
    auth=AUTH,
    throttle=[CallsPerMinute()],
    openapi_url="/openapi.json",
    docs_url=None,
    docs_decorator=for_callers,
    urls_namespace="api",
)
logger = logging.getLogger(__name__)

api.add_router("/settings/price-band-strategy", override)  # before the one whose addresses end in an id
api.add_router("/settings/price-band-strategy", strategy)
api.add_router("/miners", miners)
api.add_router("/miners", miners_past)
api.add_router("/miners", miners_condition)
api.add_router("/miners", miners_meter)
api.add_router("/health-limits", health_limits)
api.add_router("/home-assistant", home_assistant)
api.add_router("/plugs", plugs)
api.add_router("/energy", energy)
api.add_router("/energy", totals)
api.add_router("/energy/tariffs", tariffs)
api.add_router("/pools", pool_facts)  # before the one whose addresses end in an id
api.add_router("/pools", pools)
api.add_router("/luck", luck)
api.add_router("/coins", coins)
api.add_router("/activity", activity)
api.add_router("/jobs", jobs)
api.add_router("/notifications", notifications)
api.add_router("/profiles", profiles)
api.add_router("/rules", rules)
api.add_router("/updates", updates)


def too_often(wait_s: int) -> HttpResponse:
    answer = refusal(HTTPStatus.TOO_MANY_REQUESTS, f"Too many calls. Ask again in {wait_s} s.")
    answer["Retry-After"] = str(wait_s)
    return answer


@api.exception_handler(ValidationError)
def invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name each field that is wrong."""
    fields = {str(item["loc"][-1]): str(item["msg"]) for item in error.errors if item.get("loc")}
    return refusal(422, "Some fields are wrong.", fields)


@api.exception_handler(UnknownFieldsError)
def unknown(_request: HttpRequest, error: UnknownFieldsError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(BandError)
def impossible_bands(_request: HttpRequest, error: BandError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(BulkError)
def impossible_selection(_request: HttpRequest, error: BulkError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(ProfileError)
def impossible_profile(_request: HttpRequest, error: ProfileError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(MinerError)
def impossible_miner(_request: HttpRequest, error: MinerError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(ChannelError)
def impossible_channel(_request: HttpRequest, error: ChannelError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(WrongSettingsError)
def impossible_tariff(_request: HttpRequest, error: WrongSettingsError) -> HttpResponse:
    return refusal(422, str(error), error.fields)


@api.exception_handler(ValueError)
def impossible(_request: HttpRequest, error: ValueError) -> HttpResponse:
    return refusal(422, str(error))


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    if not stranger_may_ask(request):
        return too_often(seconds_left())
    answer = refusal(401, HOW_TO_CALL)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(Throttled)
def called_too_often(_request: HttpRequest, error: Throttled) -> HttpResponse:
    return too_often(round(error.wait or 1))


@api.exception_handler(HttpError)
def told(_request: HttpRequest, error: HttpError) -> HttpResponse:
    words = WORDS.get(HTTPStatus(error.status_code), "")
    return refusal(error.status_code, str(error) if error.status_code != HTTPStatus.BAD_REQUEST else words)


@api.exception_handler(Http404)
def missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return refusal(404, "There is nothing at this address.")


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a fault of ours in the API's form; the log keeps where it happened."""
    logger.error("a call of the API failed", exc_info=error, extra={"path": request.path})
    return refusal(500, WORDS[HTTPStatus.INTERNAL_SERVER_ERROR])


def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return dict(api.get_openapi_schema())


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description to try out, from files of our own."""
    return render(request, "api/docs.html")
