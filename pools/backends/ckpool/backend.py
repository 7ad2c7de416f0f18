"""ckpool's files: from a web server, or from the log folder of a pool on this computer."""

import re
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings

from pools.backends.base import Account, PayloadError, PoolReading, RefusedError, UnreachableError
from pools.backends.ckpool import wire
from pools.backends.http import LIMIT, get
from pools.backends.values import document

USER = re.compile(r"[A-Za-z0-9:-]{1,120}")


class Ckpool:
    """The statistics of ckpool and its relatives."""

    kind: ClassVar[str] = "ckpool"
    label: ClassVar[str] = "ckpool"
    needs_token: ClassVar[bool] = False
    needs_url: ClassVar[bool] = False

    def read(self, account: Account) -> PoolReading:
        """Return our account. Raise a BackendError."""
        name = re.split(r"[._]", account.user.strip(), maxsplit=1)[0]
        if not USER.fullmatch(name):
            raise RefusedError("ckpool knows users by their wallet address: letters and digits only.")
        status = self.file(account, "pool/pool.status")
        if status is None:
            raise PayloadError("There is no pool/pool.status there. Write the address of ckpool's own files.")
        user = self.file(account, f"users/{quote(name, safe=':')}")
        return wire.reading(wire.status_of(status), None if user is None else document(user))

    def file(self, account: Account, path: str) -> bytes | None:
        base = account.url or str(settings.HMM_CKPOOL_URL)
        if base.startswith("file:"):
            return local_file(Path(unquote(urlsplit(base).path)), path, guarded=account.guarded)
        return get(account, f"{base.rstrip('/')}/{path}", missing_ok=True)


def local_file(folder: Path, path: str, *, guarded: bool) -> bytes | None:
    """Return a file below ckpool's folder, None where there is none. Raise a BackendError."""
    allowed = str(settings.HMM_CKPOOL_FOLDER)
    if guarded and (not allowed or folder.resolve() != Path(allowed).resolve()):
        raise RefusedError("Only the folder named by HMM_CKPOOL_FOLDER is read on this computer.")
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise RefusedError("This file does not lie in ckpool's folder.")
    try:
        with place.open("rb") as file:
            content = file.read(LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreachableError(f"ckpool's file cannot be read: {type(error).__name__}.") from error
    if len(content) > LIMIT:
        raise PayloadError("ckpool's file is far too long.")
    return content
