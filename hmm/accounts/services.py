"""Every write to accounts and tokens."""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction

from hmm.accounts.models import ApiToken, Scope
from hmm.accounts.roles import ADMIN
from hmm.audit.services import record

TOKEN_PREFIX = "hmm_"  # noqa: S105  # makes a leaked token recognisable; it is not one
USE_IS_NOTED_EVERY = timedelta(minutes=1)
ENVIRONMENT_TOKEN = "environment"  # noqa: S105  # the name of the token from HMM_API_KEY


def digest_of(token: str) -> str:
    """Return what is stored of a token; it is random and long, so a plain hash cannot be guessed back."""
    return sha256(token.encode()).hexdigest()


def create_token(*, name: str, scope: str, actor: str, now: datetime) -> tuple[ApiToken, str]:
    """Make a token and return its row and the text, which is shown once."""
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ApiToken.objects.create(
            name=name, scope=scope, digest=digest_of(text), created_at=now, created_by=actor
        )
        record(actor=actor, action="api_token.add", target=row, after={"name": name, "scope": scope})
    return row, text


def revoke_token(row: ApiToken, *, actor: str) -> None:
    """Delete a token; whoever uses it is refused from now on."""
    with transaction.atomic():
        record(actor=actor, action="api_token.delete", target=row, before={"name": row.name, "scope": row.scope})
        row.delete()


def authenticate_token(text: str, *, now: datetime) -> tuple[str, str] | None:
    """Return (name, scope) of a valid token, None for any other text."""
    if settings.HMM_API_KEY and hmac.compare_digest(text.encode(), settings.HMM_API_KEY.encode()):
        return ENVIRONMENT_TOKEN, Scope.ADMIN
    row = ApiToken.objects.filter(digest=digest_of(text)).first()
    if row is None:
        return None
    if row.last_used_at is None or not timedelta() <= now - row.last_used_at < USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.name, row.scope


def give_role(person: User, role: str) -> None:
    """Put a person in the one group of a role; who administers may enter the administration."""
    person.groups.set([Group.objects.get_or_create(name=role)[0]])
    person.is_staff = role == ADMIN
    person.save(update_fields=["is_staff"])


def create_first_user(*, username: str, password: str) -> User:
    """Make the household's first account, an administrator."""
    with transaction.atomic():
        user = User.objects.create_superuser(username=username, password=password)
        user.groups.add(Group.objects.get_or_create(name=ADMIN)[0])
        record(actor=username, action="account.add", target=user, reason="first start")
    return user
