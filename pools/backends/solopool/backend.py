"""Solopool over HTTP: both generations of its API, one host for each coin."""

from typing import ClassVar
from urllib.parse import quote

from django.conf import settings

from pools.backends.base import Account, FoundBlock, PoolReading, RefusedError
from pools.backends.http import get
from pools.backends.solopool import wire
from pools.backends.values import bare_wallet, document

HOSTS = {"BTC": "btc", "BCH": "bch", "BC2": "bc2", "DGB": "dgb-sha"}


class Solopool:
    """The statistics of solopool.org."""

    kind: ClassVar[str] = "solopool"
    label: ClassVar[str] = "Solopool"
    needs_token: ClassVar[bool] = False
    needs_url: ClassVar[bool] = False

    def read(self, account: Account) -> PoolReading:
        """Return our account; the newer generation is tried first. Raise a BackendError."""
        base, wallet = self.base(account), quote(bare_wallet(account.user), safe="")
        body = get(account, f"{base}/miners/{wallet}", missing_ok=True)
        if body is None:
            body = get(account, f"{base}/accounts/{wallet}", missing_ok=True)
        stats = document(get(account, f"{base}/stats") or b"")
        if body is None:
            return PoolReading(account_known=False, **wire.network_of(stats))
        found = document(body)
        make = wire.account_v2 if wire.generation_of(found) == "v2" else wire.account_v1
        return make(found, stats, account.coin)

    def blocks(self, account: Account) -> tuple[FoundBlock, ...]:
        """Return the blocks of our wallet with their states; asked for rarely. Raise a BackendError."""
        body = get(account, f"{self.base(account)}/blocks", missing_ok=True)
        return () if body is None else wire.blocks_of(document(body), account.coin, bare_wallet(account.user))

    def base(self, account: Account) -> str:
        if account.url:
            return account.url.rstrip("/")
        if account.coin not in HOSTS:
            raise RefusedError(f"Solopool has no address for {account.coin}. Write the statistics address.")
        return str(settings.HMM_SOLOPOOL_URL).replace("{coin}", HOSTS[account.coin]).rstrip("/")
