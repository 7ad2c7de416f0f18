"""When prices are fetched and costs are counted."""

import logging
from datetime import timedelta

from celery import shared_task

from energy.models import SettlementPeriod, Tariff
from energy.services.ledger import update_ledger
from energy.services.price_news import tell_prices
from energy.services.refresh import claim_refresh, refresh_prices, watch_prices
from energy.services.regions import choose_region
from energy.tariffs.base import TariffError
from energy.tariffs.octopus_agile.tariff import OctopusAgile
from energy.tariffs.octopus_agile.wire import REGIONS
from hmm.clock import now as read_clock
from hmm.jobs.services import add_line, claim_job, end_job

logger = logging.getLogger(__name__)

KEEP_PRICES = timedelta(days=1200)


@shared_task(ignore_result=True)
def refresh_due_prices() -> None:
    """Fetch when due. Safe to run twice: only the one that claims the due time asks the supplier."""
    now = read_clock()
    tariff = claim_refresh(now=now)
    if tariff is None:
        watch_prices(now=now)
        tell_prices(now=now)
        return
    try:
        refresh_prices(tariff, now=now)
    except TariffError:
        return  # recorded on the tariff with the time of the next try
    tell_prices(now=now)


@shared_task(ignore_result=True)
def purge_prices() -> None:
    """Drop prices that are far older than any cost that is still looked at."""
    SettlementPeriod.objects.filter(ends_at__lt=read_clock() - KEEP_PRICES).delete()


@shared_task(ignore_result=True)
def count_costs() -> None:
    """Bring the ledger up to now. Safe to run twice: rows are replaced by miner and slot."""
    update_ledger(now=read_clock())


@shared_task(ignore_result=True)
def find_region(job_pk: int) -> None:
    """Look a postcode up, choose its region if there is one, and fetch the prices."""
    job = claim_job(job_pk)
    if job is None:
        return
    postcode = job.arguments["postcode"]
    try:
        regions = OctopusAgile().regions_for(postcode)
    except TariffError as error:
        end_job(job, now=read_clock(), failed=True, message=f"{error} Choose the region by hand.")
        return
    if len(regions) != 1:
        several = ", ".join(f"{letter} {REGIONS[letter]}" for letter in regions)
        words = (
            f"This postcode lies in {several}; choose one."
            if regions
            else f"{postcode} is not a postcode of Great Britain."
        )
        end_job(job, now=read_clock(), failed=True, message=words)
        return
    fetch_chosen(regions[0], job.actor)
    add_line(job, postcode, good=True, text=f"Region {regions[0]}, {REGIONS[regions[0]]}")
    end_job(job, now=read_clock(), message="The tariff is chosen and its prices are fetched.")


def fetch_chosen(region: str, actor: str) -> None:
    """Choose a region and fetch; a fetch that fails is repeated by the schedule."""
    now = read_clock()
    tariff = choose_region(region, actor=actor, now=now)
    try:
        refresh_prices(tariff, now=now, actor=actor)
    except TariffError:
        logger.info("The first fetch for region %s failed; it is repeated", region)


@shared_task(ignore_result=True)
def fetch_now(tariff_pk: int, actor: str) -> None:
    """Fetch because a person asked."""
    tariff = Tariff.objects.filter(pk=tariff_pk, active=True).first()
    if tariff is None:
        return
    try:
        refresh_prices(tariff, now=read_clock(), actor=actor)
    except TariffError:
        return  # recorded on the tariff with the time of the next try


@shared_task(ignore_result=True)
def fetch_prices(job_pk: int) -> None:
    """Fetch because a person asked, and tell what came."""
    job = claim_job(job_pk)
    if job is None:
        return
    tariff = Tariff.objects.filter(pk=job.arguments["tariff"], active=True).first()
    if tariff is None:
        end_job(job, now=read_clock(), failed=True, message="Another tariff was chosen meanwhile.")
        return
    try:
        stored = refresh_prices(tariff, now=read_clock(), actor=job.actor)
    except TariffError as error:
        end_job(job, now=read_clock(), failed=True, message=f"{error} HMM tries again by itself.")
        return
    tariff.refresh_from_db()
    came = f"{stored.added} new, {stored.changed} changed, {stored.same} known before."
    end_job(job, now=read_clock(), message=f"{came} {tariff.last_error}".strip())
