"""Secrets at rest: a text field whose column holds only what the key outside the database can open.

A row is read with its secrets still sealed; each is opened by whoever needs it. So one that cannot be opened
any more stops nothing but what needs it, and is kept as it is for the day the old key is put back.
"""

import base64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

PREFIX = "f1:"  # one Fernet token of the one key there is; a later scheme gets another prefix
LOST = "cannot be read any more: enter it again, or put the old encryption key back"


class SecretUnreadableError(Exception):
    """A stored secret was written with another key."""

    silent_variable_failure = True  # in a template it is nothing, so that no page fails for it


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


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A secret as the database keeps it. It says nothing of itself."""

    text: str

    def __repr__(self) -> str:
        return "<sealed>"


class SealedAttribute(DeferredAttribute):
    """Keep a secret sealed in its row, and open it each time it is asked for."""

    field: Any

    def __get__(self, row: models.Model | None, owner: Any = None) -> Any:
        value = super().__get__(row, owner)
        return decrypt(value.text) if isinstance(value, Sealed) else value

    def __set__(self, row: models.Model, value: Any) -> None:
        row.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField[Any, Any]):
    """Text that is encrypted in the database and opened when the attribute is read from a row."""

    descriptor_class = SealedAttribute

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.text
        return value if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, *_details: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, row: models.Model, add: bool) -> Any:
        kept = row.__dict__.get(self.attname)
        return kept if isinstance(kept, Sealed) else super().pre_save(row, add)

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse comparisons: the same text is stored differently each time."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def opened(row: models.Model, name: str) -> str | None:
    """Return a secret of a row, None when it cannot be read any more."""
    try:
        return str(getattr(row, name))
    except SecretUnreadableError:
        return None


def is_kept(row: models.Model, name: str) -> bool:
    """Tell whether a secret is stored, be it readable or not."""
    return opened(row, name) != ""


def lost_secrets(row: models.Model, *names: str) -> list[str]:
    """Return which of a row's secrets cannot be read any more."""
    return [name for name in names if opened(row, name) is None]


def word_for(row: models.Model, name: str) -> str:
    """Return what the audit log keeps of a secret."""
    kept = opened(row, name)
    return "unreadable" if kept is None else "stored" if kept else ""


def carry_over(names: tuple[str, ...], *, source: models.Model, into: models.Model) -> None:
    """Give a row the secrets of another as they are stored, without opening them."""
    for name in names:
        into.__dict__[name] = source.__dict__[name]
