"""The first start: a link that works once and only while nobody has an account."""

import secrets
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from hmm.accounts.services import create_first_user
from hmm.clock import now as read_clock
from hmm.setup.models import SetupLink


class LinkUsedError(ValueError):
    """The link is of no use any more."""


def setup_link(base_url: str | None = None) -> str | None:
    """Return a fresh link, None when there is an account already. An earlier link ends."""
    if User.objects.exists():
        return None
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        SetupLink.objects.all().delete()
        SetupLink.objects.create(digest=digest(token), created_at=read_clock())
    return f"{(base_url or f'http://localhost:{settings.HMM_WEB_PORT}').rstrip('/')}/setup/{token}/"


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def is_valid(token: str) -> bool:
    """Tell whether a link may still make the first account."""
    return not User.objects.exists() and SetupLink.objects.filter(digest=digest(token)).exists()


def use_link(token: str, *, username: str, password: str, now: datetime) -> User:
    """Make the first account. Raise LinkUsedError when the link was used, replaced, or an account exists."""
    del now
    with transaction.atomic():
        used, _rows = SetupLink.objects.filter(digest=digest(token)).delete()
        if not used or User.objects.exists():
            raise LinkUsedError("This link was used already. Sign in, or restart to get another.")
        return create_first_user(username=username, password=password)


def greeting() -> list[str]:
    """Return what a first start prints."""
    link = setup_link()
    return [f"First start: open {link} to make your account (the link works once)."] if link else []
