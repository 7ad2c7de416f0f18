"""Who may call the API: a Bearer token, a signed-in session, or, when the owner said so, the network."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja.errors import HttpError
from ninja.security import HttpBearer, SessionAuth

from hmm.accounts.access import role_of
from hmm.accounts.models import Scope
from hmm.accounts.roles import ADMIN, OPERATOR
from hmm.accounts.services import authenticate_token
from hmm.clock import now as read_clock
from hmm.rest import refusal

HOW_TO_CALL = "Send a token: Authorization: Bearer <token>. Tokens are made in Settings."
SCOPES = list(Scope.values)
SCOPE_OF_ROLE = {ADMIN: Scope.ADMIN, OPERATOR: Scope.CONTROL}


class Caller:
    """Who calls, and what they may."""

    def __init__(self, actor: str, scope: str) -> None:
        self.actor, self.scope = actor, scope


class TokenAuth(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:  # noqa: ARG002  # ninja's signature
        found = authenticate_token(token, now=read_clock())
        return Caller(f"api:{found[0]}", found[1]) if found else None


class PersonAuth(SessionAuth):
    """A person's own session; writes carry the CSRF token as pages do. A script has none, so it needs no CSRF."""

    def _get_key(self, request: HttpRequest) -> str | None:
        return super()._get_key(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:  # noqa: ARG002  # ninja's signature
        user = request.user
        if not user.is_authenticated:
            return None
        return Caller(str(user.get_username()), SCOPE_OF_ROLE.get(role_of(user), Scope.READ))


def open_network(request: HttpRequest) -> Caller | None:
    """Let everyone in when the owner switched authentication off; pages of other origins stay out."""
    if settings.HMM_API_AUTH_ENABLED:
        return None
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc.lower() != request.get_host().lower():
        return None
    return Caller("api:network", Scope.ADMIN)


AUTH: list[Any] = [TokenAuth(), PersonAuth(), open_network]


def for_callers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the description of the API be read by those who may call it, and by nobody else."""

    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if any(door(request) for door in AUTH):
            return view(request, *arguments, **named)
        return refusal(401, HOW_TO_CALL)

    return checked


def caller(request: HttpRequest, scope: str = Scope.READ) -> Caller:
    """Return who calls. Raise 403 when the scope is not enough."""
    found: Caller = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    if SCOPES.index(found.scope) < SCOPES.index(scope):
        raise HttpError(403, f"This needs the scope {scope}; the token has {found.scope}.")
    return found
