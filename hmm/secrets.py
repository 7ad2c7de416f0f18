"""Secrets at rest: a text field whose column holds only what the key outside the database can open."""

import base64
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models

PREFIX = "f1:"  # one Fernet token of the one key there is; a later scheme gets another prefix


class SecretUnreadableError(Exception):
    """A stored secret was written with another key."""


@lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(sha256(key.encode()).digest()))


def encrypt(text: str) -> str:
    """Return `text` sealed with the household's key; the empty text stays empty."""
    if not text:
        return ""
    return PREFIX + _fernet(settings.HMM_ENCRYPTION_KEY).encrypt(text.encode()).decode("ascii")


def decrypt(stored: str) -> str:
    """Return what was sealed. Raise SecretUnreadableError when the key is another one."""
    if not stored:
        return ""
    try:
        return _fernet(settings.HMM_ENCRYPTION_KEY).decrypt(stored.removeprefix(PREFIX).encode()).decode()
    except (InvalidToken, UnicodeError, ValueError) as error:
        raise SecretUnreadableError(
            "A stored secret cannot be read: HMM_ENCRYPTION_KEY or the file encryption_key in the data folder"
            " is not the one it was written with. Put the key back, or type the secret in again."
        ) from error


class EncryptedTextField(models.TextField[Any, Any]):
    """Text that is encrypted in the database and opened when the attribute is read from a row."""

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, *_details: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse comparisons: the same text is stored differently each time."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
