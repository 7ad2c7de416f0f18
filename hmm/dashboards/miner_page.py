"""One miner's page: what it does and why, its past among bands and events, what it cost, what it can be told."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from energy.models import LedgerEntry
from energy.services.summing import local_day, summary
from hmm.audit.models import AuditEntry
from hmm.audit.verbs import verb_of
from hmm.audit.words import change_words
from hmm.clock import now as read_clock
from hmm.look.formats import local_time
from hmm.look.marks import BandSlot, Marker, joined
from hmm.look.zones import local_zone
from miners.detail import detail
from miners.history import DEFAULT_SPAN, SPANS, Story, history
from miners.luck import luck_of_miner
from miners.models import Miner
from pools.models import Pool
from strategy.services.in_force import bands_in_force
from strategy.why_pages import why_one

LETTERS = {
    "miner.mode": "M",
    "miner.restart": "R",
    "miner.profile": "P",
    "miner.tuning": "P",
    "miner.firmware": "F",
    "miner.drift": "D",
}
MOST_EVENTS = 400
WANTED_OFF = ("", "OFF")


@require_safe
def miner(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one miner: what it does, why, its past, and what it can be told."""
    moment = read_clock()
    found = get_object_or_404(Miner.objects.with_latest(), pk=pk)
    span = request.GET.get("span", DEFAULT_SPAN)
    span = span if span in SPANS else DEFAULT_SPAN
    context = {
        **detail(found, moment),
        **costs_of(found, moment),
        "history": history(found, span, now=moment, story=story_of(found, moment - SPANS[span][1], moment)),
        "spans": [(key, label, key == span) for key, (label, _length) in SPANS.items()],
        "pools": list(Pool.objects.usable()),
        "why": why_one(found, moment),
        "luck": luck_of_miner(found, moment),
    }
    return render(request, "miners/miner.html", context)


def story_of(found: Miner, start: datetime, now: datetime) -> Story:
    """Gather what the ledger and the activity know of a stretch. Two queries and the bands."""
    slots = LedgerEntry.objects.filter(miner=found, ends_at__gt=start, starts_at__lt=now).order_by("starts_at")
    rows = list(slots.values_list("starts_at", "ends_at", "band_position", "coin", "hashing_s", "known_s"))
    return Story(
        bands=tuple(BandSlot(begin, end, band) for begin, end, band, *_rest in rows if band),
        band_count=len(bands_in_force().bands),
        off=tuple(
            joined(
                (begin, min(end, now))
                for begin, end, band, coin, hashing, known in rows
                if band and coin in WANTED_OFF and not hashing and known
            )
        ),
        markers=tuple(markers_of(found, start, now)),
    )


def markers_of(found: Miner, start: datetime, now: datetime) -> list[Marker]:
    acts = AuditEntry.objects.about(found).filter(action__in=LETTERS, created_at__gte=start)[:MOST_EVENTS]
    return [
        Marker(
            at=entry.created_at,
            letter=LETTERS[entry.action],
            title=marker_words(entry, now),
            url=f"{reverse('activity')}?entry={entry.pk}",
        )
        for entry in acts
    ]


def marker_words(entry: AuditEntry, now: datetime) -> str:
    old, new = change_words(entry.before, entry.after)
    change = " → ".join(part for part in (old, new) if part)
    moment = local_time(entry.created_at, local_zone(), now)
    return f"{verb_of(entry.action)} {change}".strip() + f", {moment}, {entry.get_outcome_display().lower()}"


def costs_of(found: Miner, now: datetime) -> dict[str, Any]:
    """Return what this miner cost today and this month, None before anything was counted."""
    today, _end = local_day(now)
    day, month = summary(today, now, miner=found), summary(today.replace(day=1), now, miner=found)
    return {"cost": day if day.possible_s else None, "month": month if month.possible_s else None}
