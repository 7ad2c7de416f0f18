"""The one form in which the API refuses: `{"detail": …, "fields": {…}}`, whoever refuses."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Self

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from ninja import Field, Schema
from ninja.pagination import LimitOffsetPagination
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ModelWrapValidatorHandler,
    PlainSerializer,
    model_validator,
)

API = "/api/"
FIRST_YEAR, LAST_YEAR = 2000, 2200
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


def sensible(moment: datetime) -> datetime:
    """Refuse an instant no household's history reaches; databases and zones cannot count beyond some."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"Write a time between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(sensible)]
"""An instant in an address: ISO 8601 with a zone, such as 2026-03-01T00:00:00Z."""


def without_nul(value: object) -> object:
    """Drop the one character PostgreSQL keeps in no text."""
    return value.replace("\x00", "") if isinstance(value, str) else value


PlainText = Annotated[str, BeforeValidator(without_nul)]
Amount = Annotated[
    Decimal, PlainSerializer(lambda number: format(number, "f"), return_type=str, when_used="unless-none")
]
"""A decimal as every reader understands it: digits and a point, to the last one that is kept, never 0E-9."""


RowId = Annotated[int, Field(ge=0, lt=2**63)]
"""The id of a row, within what databases can count to."""


class UnknownFieldsError(Exception):
    """A body names fields that the address does not take. No ValueError: that would be the body's, not theirs."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("Some fields are not known here.")
        self.fields = fields


class Body(Schema):
    """What a call says. A field nobody would look at is refused by its name, so that no wish is lost in silence."""

    comes_along: ClassVar[frozenset[str]] = frozenset()  # of the thing itself, when it is sent back whole

    @model_validator(mode="wrap")  # around ninja's own, which makes of the body something that has no names
    @classmethod
    def refuse_unknown(cls, told: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        names = [str(name) for name in told] if isinstance(told, Mapping) else []
        unknown = [name for name in names if name not in cls.model_fields and name not in cls.comes_along]
        if unknown:
            words = f"There is no such field here; there are: {', '.join(cls.model_fields)}."
            raise UnknownFieldsError({name[:60]: words for name in unknown})
        return handler(told)


class Pages(LimitOffsetPagination):
    """Long lists in pages: `{"items": […], "count": …}`."""

    class Input(Schema):
        """How many rows, after how many."""

        limit: int = Field(100, ge=1, le=1000)
        offset: int = Field(0, ge=0, le=10**9)


def wrong_fields(form: BaseForm, **named: str) -> JsonResponse:
    """Return what a form refuses, field by field, under the names the API has for them."""
    fields = {named.get(name, name): " ".join(map(str, errors)) for name, errors in form.errors.items()}
    return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Some fields are wrong.", fields)
