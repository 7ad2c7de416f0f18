"""When prices are fetched, and what happens when they are late."""

import logging
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from energy.models import SettlementPeriod, Tariff
from energy.services.known import AHEAD, KnownPrices, known_prices, spans
from energy.services.ledger import close_ledger
from energy.services.prices import (
    Stored,
    active_tariff,
    announce,
    gaps_in,
    known_until,
    last_price_at,
    price_at,
    slot_length,
    store_prices,
)
from energy.services.standing import note_standing_charge
from energy.tariffs.base import FetchResult, TariffError, TemporaryError
from energy.tariffs.registry import source_for
from hmm.audit.services import audited
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from notifications.models import Severity
from notifications.services import close_incident, open_incident

logger = logging.getLogger(__name__)

UK = ZoneInfo("Europe/London")
SLOTS_WANTED_AHEAD = 12
SLOTS_ALARMING = 4  # fewer ahead: the supplier's next prices are late
LONGEST_WAIT = timedelta(hours=4)
SHORTEST_WAIT = timedelta(minutes=5)  # the supplier is asked no more often, and a slot is half an hour
GAPS_LOOKED_FOR = timedelta(days=1)
HISTORY = timedelta(days=2)
PUBLISHED_FROM = time(16, 0)  # UK clock; the day after's prices come then or later
LAST_SLOT_OF_A_DAY = time(22, 30)  # UK clock; with it stored, tomorrow is complete
SUBJECT = "prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """How well prices are known, for pages and checks."""

    tariff: Tariff | None
    known_until: datetime | None
    has_price_now: bool
    fetched_at: datetime | None
    next_fetch_at: datetime | None
    error: str
    gaps: int = 0

    @property
    def is_stale(self) -> bool:
        return not self.has_price_now

    @property
    def sentence(self) -> str:
        """Say in one sentence why prices are as they are."""
        if self.tariff is None:
            return "No tariff is chosen yet."
        if self.error:
            return self.error
        if not self.has_price_now:
            return "No price is known for now."
        if self.gaps:
            return f"{self.gaps} gap{'' if self.gaps == 1 else 's'} in the prices from yesterday on."
        return ""


def fetch_state(now: datetime, known: KnownPrices | None = None) -> FetchState:
    """Return how well prices are known; `known` is given by who has read them."""
    tariff, known = active_tariff(), known or known_prices(now)
    return FetchState(
        tariff=tariff,
        known_until=known.until,
        has_price_now=known.current is not None,
        fetched_at=tariff.fetched_at if tariff else None,
        next_fetch_at=tariff.fetch_due_at if tariff else None,
        error=tariff.last_error if tariff else "",
        gaps=len(gaps_in(spans(known.since(now - GAPS_LOOKED_FOR)))),
    )


def claim_refresh(*, now: datetime) -> Tariff | None:
    """Return the active tariff if its fetch is due and nobody else took it.

    A due time further ahead than two of the longest waits comes from a clock that was set back.
    """
    due = Q(fetch_due_at__isnull=True) | Q(fetch_due_at__lte=now) | Q(fetch_due_at__gt=now + 2 * LONGEST_WAIT)
    claimed = Tariff.objects.filter(due, active=True).update(fetch_due_at=now + SHORTEST_WAIT)
    return active_tariff() if claimed else None


def refresh_prices(tariff: Tariff, *, now: datetime, actor: str = "system") -> Stored:
    """Fetch and store, and set when the next fetch is due. Raise TariffError after recording it.

    The network is asked outside any transaction.
    """
    before = price_at(now)
    try:
        source = source_for(tariff.kind)
        result = source.fetch(tariff.config, now - HISTORY, now + AHEAD)
        stored = store_prices(tariff, result.slots, now=now, actor=actor)
    except Exception as error:  # a plug-in may fail in any way; it is recorded and raised on
        note_failure(tariff, error, now=now)
        raise
    if result.standing_charge_p_per_day is not None and tariff.active:
        note_standing_charge(tariff, result.standing_charge_p_per_day, now=now)
    note_success(tariff, result, now=now, publishes=source.needs_network, finds=getattr(source, "finds", ()))
    look_if_another(before, now=now, actor=actor)
    return stored


def look_if_another(before: SettlementPeriod | None, *, now: datetime, actor: str) -> None:
    """Let the strategy look at once where the price of now is another; one that is not known yet is waited for."""
    price = price_at(now)
    if price is not None and (before is None or price.price_p_per_kwh != before.price_p_per_kwh):
        ask(ABOUT_STRATEGY, by=actor)


def note_success(
    tariff: Tariff, result: FetchResult, *, now: datetime, publishes: bool, finds: Iterable[str] = ()
) -> None:
    """Keep what the fetch brought beside prices, and set when the next one is due."""
    error_text, config = " ".join(result.warnings), dict(result.config)
    if publishes and max((slot.ends_at for slot in result.slots), default=now) <= now:
        error_text = "The supplier answers, but has no price for now. HMM keeps asking."
        for name in finds:
            config.pop(name, None)  # a product that publishes no more answers like this; look for its heir
    Tariff.objects.filter(pk=tariff.pk).update(
        config=config, fetched_at=now, failures=0, last_error=error_text, fetch_due_at=next_due(now)
    )
    if error_text and error_text != tariff.last_error:
        logger.warning("%s", error_text)
    if error_text != tariff.last_error:
        announce()
    watch_prices(now=now)


def note_failure(tariff: Tariff, error: Exception, *, now: datetime) -> None:
    """Keep the sentence and try again later: after 1, 2, 4 … minutes, at most 30, or as the source wishes."""
    minutes = min(30, 2 ** min(tariff.failures, 5))
    wish = error.retry_after_s if isinstance(error, TemporaryError) else None
    wait = max(timedelta(minutes=minutes), timedelta(seconds=min(wish or 0, 3600)))
    words = str(error) if isinstance(error, TariffError) else f"{tariff} failed: {type(error).__name__}: {error}"
    if not tariff.last_error:
        logger.warning("Prices could not be fetched: %s", words)
    Tariff.objects.filter(pk=tariff.pk).update(
        failures=tariff.failures + 1, last_error=words, fetch_due_at=now + wait
    )
    announce()
    watch_prices(now=now)


def next_due(now: datetime, *, jitter_s: float | None = None) -> datetime:
    """Return when to ask again: soon while too little is known or tomorrow is awaited, else in four hours."""
    length = slot_length(now)
    until = known_until(now)
    ahead = (until - now) / length if until is not None else 0
    scale = min(1.0, length / timedelta(minutes=30))  # short slots, as on the demo farm, shorten the waits
    jitter = timedelta(seconds=random.uniform(0, 20) if jitter_s is None else jitter_s) * scale  # noqa: S311  # no secret
    if ahead < SLOTS_WANTED_AHEAD or is_tomorrow_awaited(now):
        return now + SHORTEST_WAIT * scale + jitter
    later = now + min(LONGEST_WAIT * scale, (ahead - SLOTS_WANTED_AHEAD) * length) + timedelta(seconds=5)
    return min(later, next_publication(now)) + jitter


def next_publication(now: datetime) -> datetime:
    """Return the next four o'clock on the UK clock: from then on the day after's prices may come."""
    local = now.astimezone(UK)
    day = local.date() + timedelta(days=0 if local.time() < PUBLISHED_FROM else 1)
    return datetime.combine(day, PUBLISHED_FROM, tzinfo=UK).astimezone(UTC)


def is_tomorrow_awaited(now: datetime) -> bool:
    """Tell whether it is past four in the UK and tomorrow's last slot is not stored."""
    local = now.astimezone(UK)
    if local.time() < PUBLISHED_FROM:
        return False
    last = datetime.combine(local.date() + timedelta(days=1), LAST_SLOT_OF_A_DAY, tzinfo=UK)
    return not SettlementPeriod.objects.active().filter(ends_at__gt=last).exists()


def watch_prices(*, now: datetime) -> None:
    """Open an incident while no price is known for now or few lie ahead; both close by themselves.

    Few are fewer than four slots: before four in the afternoon a fetched day always reaches further.
    """
    tariff = active_tariff()
    until = known_until(now) if tariff is not None else None
    for kind, is_so, severity, title in (
        ("prices_missing", until is None, Severity.DANGER, "no price is known for now"),
        ("prices_late", until is not None and is_soon(until, now), Severity.WARNING, "the next prices are late"),
    ):
        if tariff is None or not is_so:
            close_incident(kind=kind, subject=SUBJECT, now=now)
            continue
        detail = tariff.last_error or "The supplier has not published them."
        open_incident(
            kind=kind, subject=SUBJECT, label="Prices", severity=severity, title=title, detail=detail, now=now
        )


def is_soon(until: datetime, now: datetime) -> bool:
    return until - now < SLOTS_ALARMING * slot_length(now)


class WrongSettingsError(ValueError):
    """A tariff's configuration is wrong; `fields` tells where and what to do."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def choose_tariff(*, kind: str, config: dict[str, str], name: str, actor: str, now: datetime) -> Tariff:
    """Make a tariff the active one. The former keeps its prices. Raise WrongSettingsError."""
    source = source_for(kind)
    wrong = source.validate(config)
    if wrong:
        raise WrongSettingsError(wrong)
    found_by_itself = getattr(source, "finds", ())
    old, price = active_tariff(), price_at(now)
    known_at = now if price is not None else last_price_at(now)
    before = {"kind": old.kind, "name": old.name, "config": old.config} if old else None
    tariff = next(
        (row for row in Tariff.objects.filter(kind=kind) if same_terms(row.config, config, found_by_itself)), None
    ) or Tariff(kind=kind)
    if old is not None and old.pk != tariff.pk:
        close_ledger(now=now)  # what was used until now has the prices of until now
    with (
        audited(actor=actor, action="tariff.choose", before=before, after={"kind": kind, "config": config}),
        transaction.atomic(),  # never none active, never two
    ):
        Tariff.objects.filter(active=True).update(active=False)
        note_standing_charge(tariff, None, now=now)  # until its first fetch tells
        tariff.name, tariff.config, tariff.active = name, config, True
        tariff.fetch_due_at, tariff.failures, tariff.last_error = now, 0, ""
        tariff.follows_price_at = known_at
        tariff.save()
        look_if_another(price, now=now, actor=actor)
    announce()
    return tariff


def rename_tariff(tariff: Tariff, name: str, *, actor: str) -> Tariff:
    """Give a tariff another name."""
    with audited(actor=actor, action="tariff.rename", target=tariff, before=tariff.name, after=name):
        tariff.name = name
        tariff.save(update_fields=["name"])
    announce()
    return tariff


def remove_tariff(tariff: Tariff, *, actor: str) -> None:
    """Remove a tariff. Raise ValueError for the active one, and for one whose prices past costs rest on."""
    if tariff.active:
        raise ValueError("The active tariff stays. Choose another one first.")
    if tariff.periods.exists():
        raise ValueError("A tariff with prices stays: past costs are looked at with them.")
    with audited(actor=actor, action="tariff.remove", before={"kind": tariff.kind, "name": tariff.name}):
        tariff.delete()


def same_terms(old: Mapping[str, str], new: Mapping[str, str], found_by_itself: Iterable[str]) -> bool:
    """Tell whether two configurations mean the same prices; other terms are another tariff with its own history."""
    rest = set(found_by_itself)
    return {name: old[name] for name in old if name not in rest} == {
        name: new[name] for name in new if name not in rest
    }
