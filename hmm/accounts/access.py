"""Who may do what, asked in one place."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from hmm.accounts.roles import ADMIN, OPERATOR, ROLES, VIEWER

View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


def role_of(user: Any) -> str:
    """Return the highest role of a user. Someone signed in without a group may look."""
    if not user.is_authenticated:
        return ""
    if user.is_superuser:
        return ADMIN
    names = {group.name for group in user.groups.all()}
    return next((role for role in reversed(ROLES) if role in names), VIEWER)


def may(user: Any, role: str) -> bool:
    """Tell whether a user has at least `role`."""
    return includes(role_of(user), role)


def includes(held: str, role: str) -> bool:
    """Tell whether a role may do what another may; the empty one may nothing."""
    return bool(held) and ROLES.index(held) >= ROLES.index(role)


def actor_of(request: HttpRequest) -> str:
    """Return the name under which the audit log keeps what this request does."""
    return str(request.user.get_username())


def requires(role: str) -> Callable[[View], View]:
    """Let a view be called by people of `role` or above only; others see why not."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if not may(request.user, role):
                raise PermissionDenied(f"This needs the role {role}.")
            return view(request, *arguments, **named)

        return checked

    return decorate


operator_required = requires(OPERATOR)
admin_required = requires(ADMIN)
