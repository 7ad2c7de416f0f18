"""Braiins Pool over HTTP: a token, and one request after the other with a pause between."""

import threading
from typing import ClassVar

from django.conf import settings

from pools.backends.base import Account, PoolReading, RefusedError
from pools.backends.braiins import wire
from pools.backends.http import get
from pools.backends.values import document

TOKEN_HEADER = "Pool-Auth-Token"  # noqa: S105  # the name of the header


class Braiins:
    """The statistics of pool.braiins.com."""

    kind: ClassVar[str] = "braiins"
    label: ClassVar[str] = "Braiins Pool"
    needs_token: ClassVar[bool] = True
    needs_url: ClassVar[bool] = False

    def read(self, account: Account) -> PoolReading:
        """Return our account. Raise RefusedError without a token that works, or another BackendError."""
        if not account.token:
            raise RefusedError("Braiins Pool needs a token. Make one there under Settings, Access Profiles.")
        base = (account.url or str(settings.HMM_BRAIINS_URL)).rstrip("/")
        headers = {TOKEN_HEADER: account.token}
        profile = document(get(account, f"{base}/accounts/profile/json/btc/", headers=headers) or b"")
        threading.Event().wait(account.pause_s)  # the pool bans who asks more than once in five seconds
        workers = document(get(account, f"{base}/accounts/workers/json/btc/", headers=headers) or b"")
        return wire.reading(profile, workers)
