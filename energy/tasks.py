"""When prices are fetched and costs are counted."""

import logging
from datetime import timedelta

from celery import shared_task

from energy.models import SettlementPeriod
from energy.services.ledger import update_ledger
from energy.services.refresh import claim_refresh, refresh_prices, watch_prices
from energy.tariffs.base import TariffError
from hmm.clock import now as read_clock

logger = logging.getLogger(__name__)

KEEP_PRICES = timedelta(days=1200)


@shared_task(ignore_result=True)
def refresh_due_prices() -> None:
    """Fetch when due. Safe to run twice: only the one that claims the due time asks the supplier."""
    now = read_clock()
    tariff = claim_refresh(now=now)
    if tariff is None:
        watch_prices(now=now)
        return
    try:
        refresh_prices(tariff, now=now)
    except TariffError:
        return  # recorded on the tariff with the time of the next try


@shared_task(ignore_result=True)
def purge_prices() -> None:
    """Drop prices that are far older than any cost that is still looked at."""
    SettlementPeriod.objects.filter(ends_at__lt=read_clock() - KEEP_PRICES).delete()


@shared_task(ignore_result=True)
def count_costs() -> None:
    """Bring the ledger up to now. Safe to run twice: rows are replaced by miner and slot."""
    update_ledger(now=read_clock())
