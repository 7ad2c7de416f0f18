"""public-pool over HTTP, the public one or one at home."""

from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings

from hmm.clock import now as read_clock
from pools.backends.base import Account, BackendError, PoolReading
from pools.backends.http import get
from pools.backends.public_pool import wire
from pools.backends.values import document


class PublicPool:
    """The statistics of public-pool."""

    kind: ClassVar[str] = "public_pool"
    label: ClassVar[str] = "public-pool"
    needs_token: ClassVar[bool] = False
    needs_url: ClassVar[bool] = False

    def read(self, account: Account) -> PoolReading:
        """Return our account; what is said of pool and network may be missing. Raise a BackendError."""
        base = (account.url or str(settings.HMM_PUBLIC_POOL_URL)).rstrip("/")
        wallet = quote(account.user.strip().split(".", 1)[0], safe=":")
        client = get(account, f"{base}/client/{wallet}", missing_ok=True)
        pool, network = self.optional(account, f"{base}/pool"), self.optional(account, f"{base}/network")
        found = {"workers": []} if client is None else document(client)
        return wire.reading(found, pool, network, read_clock())

    def optional(self, account: Account, address: str) -> dict[str, Any]:
        try:
            return document(get(account, address) or b"")
        except BackendError:
            return {}
