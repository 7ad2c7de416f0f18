"""Any stratum pool: it has no statistics we can read, only its port and the miners' own shares."""

from typing import ClassVar
from urllib.parse import urlsplit

from pools.backends.base import Account, PoolReading, RefusedError, UnreachableError
from pools.backends.stratum.probe import probe

TLS_SCHEMES = {"stratum+ssl", "stratum+tls", "ssl", "tls"}


class Stratum:
    """A pool we know nothing of but its address."""

    kind: ClassVar[str] = "stratum"
    label: ClassVar[str] = "Any stratum pool"
    needs_token: ClassVar[bool] = False
    needs_url: ClassVar[bool] = False

    def read(self, account: Account) -> PoolReading:
        """Return an empty reading; where an address is given its port is looked at. Raise a BackendError."""
        if account.url:
            self.look(account)
        return PoolReading()

    def look(self, account: Account) -> None:
        try:
            parts = urlsplit(account.url if "//" in account.url else f"//{account.url}")
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise RefusedError("Write the address as stratum+tcp://pool.example.org:3333.") from error
        if not host or not port:
            raise RefusedError("Write the address as stratum+tcp://pool.example.org:3333.")
        found = probe(host, port, tls=parts.scheme in TLS_SCHEMES, guarded=account.guarded)
        if not found.ok:
            raise UnreachableError(f"The stratum port does not take a subscription: {found.outcome}.")
