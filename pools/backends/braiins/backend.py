"""Braiins Pool over HTTP: a token, and one request after the other with a pause between."""

import threading
from datetime import date
from typing import Any, ClassVar

from django.conf import settings

from pools.backends.base import Account, Earnings, PoolReading, RefusedError
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
        profile = self.ask(account, "profile/json/btc/")
        pause(account)
        return wire.reading(profile, self.ask(account, "workers/json/btc/"))

    def earnings(self, account: Account, *, since: date, until: date) -> Earnings:
        """Return what was credited and paid, after a pause: the account was read just before."""
        span = f"from={since.isoformat()}&to={until.isoformat()}"
        pause(account)
        rewards = wire.rewards(self.ask(account, f"rewards/json/btc?{span}"))
        pause(account)
        return Earnings(rewards, wire.payouts(self.ask(account, f"payouts/json/btc?{span}")))

    def ask(self, account: Account, path: str) -> dict[str, Any]:
        if not account.token:
            raise RefusedError("Braiins Pool needs a token. Make one there under Settings, Access Profiles.")
        base = (account.url or str(settings.HMM_BRAIINS_URL)).rstrip("/")
        headers = {TOKEN_HEADER: account.token}
        return document(get(account, f"{base}/accounts/{path}", headers=headers) or b"")


def pause(account: Account) -> None:
    """Wait: the pool bans who asks more than once in five seconds."""
    threading.Event().wait(account.pause_s)
