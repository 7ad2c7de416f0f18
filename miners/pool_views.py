"""The pool pages that show miners too: the list, one pool, and luck."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hmm.clock import now as read_clock
from miners import luck as lucky
from miners.pool_pages import acceptance, day_panels, shares_by_miner, worker_lines
from pools.contexts import cards
from pools.models import Pool
from pools.services.networks import Network, networks
from pools.wait_chart import wait_chart


@require_safe
def pools(request: HttpRequest) -> HttpResponse:
    """List the pools, by coin and priority."""
    now = read_clock()
    shares = acceptance(now)
    context = {
        "cards": [(card, shares.get(card.pool.pk)) for card in cards(now)],
        "blocks": lucky.blocks_of()[: lucky.BLOCKS_SHOWN],
    }
    return render(request, "pools/pools.html", context)


@require_safe
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one pool: its day, its workers, the shares of each miner, its blocks."""
    now, found = read_clock(), get_object_or_404(Pool, pk=pk)
    card = next(each for each in cards(now) if each.pool.pk == pk)
    context = {
        "card": card,
        "shares": acceptance(now).get(pk),
        "panels": day_panels(found, now),
        "workers": worker_lines(found, card.snapshot),
        "by_miner": shares_by_miner(found, now),
        "blocks": lucky.blocks_of().filter(pool=found)[: lucky.BLOCKS_SHOWN],
        "places": lucky.leaderboard(lucky.shares_of().filter(pool=found), most=10),
    }
    return render(request, "pools/pool.html", context)


@require_safe
def luck(request: HttpRequest) -> HttpResponse:
    """Show high shares and how lucky they were, the odds of a block, and who found some."""
    now = read_clock()
    known = networks(now)
    seen = lucky.coins_seen(known)
    coin = request.GET.get("coin", "")
    coin = coin if coin in seen else ""
    return render(
        request, "pools/luck.html", {**choices(request, coin, seen), **luck_context(request, coin, known, now)}
    )


def chosen(request: HttpRequest, name: str, among: dict[str, Any], usual: str) -> str:
    value = request.GET.get(name, usual)
    return value if value in among else usual


def choices(request: HttpRequest, coin: str, seen: list[str]) -> dict[str, Any]:
    """Return the filters as links; each keeps what the others say."""
    span, basis = chosen(request, "span", lucky.SPANS, "all"), chosen(request, "basis", lucky.BASES, "now")

    def link(**changes: str) -> str:
        values = {"coin": coin, "span": span, "basis": basis, **changes}
        return "?" + "&".join(f"{name}={value}" for name, value in values.items() if value)

    return {
        "coin": coin,
        "coins": [(each or "All coins", link(coin=each), each == coin) for each in ("", *seen)],
        "spans": [(label, link(span=key), key == span) for key, (label, _length) in lucky.SPANS.items()],
        "bases": [(label, link(basis=key), key == basis) for key, label in lucky.BASES.items()],
        "basis": basis,
    }


def luck_context(request: HttpRequest, coin: str, known: dict[str, Network], now: datetime) -> dict[str, Any]:
    length = lucky.SPANS[chosen(request, "span", lucky.SPANS, "all")][1]
    found = lucky.rates(chosen(request, "basis", lucky.BASES, "now"), now)
    of_coins = lucky.coin_odds(lucky.total_of(found), known)
    likeliest = min(of_coins, key=lambda row: row.network.difficulty, default=None)
    focus = next((row for row in of_coins if row.coin == coin), likeliest)
    return {
        "places": lucky.leaderboard(lucky.shares_of(coin, now - length if length else None)),
        "share_luck": lucky.share_luck(now),
        "odds": of_coins,
        "has_difficulty": bool(known),
        "focus": focus,
        "chart": wait_chart(focus.odds.mean_s) if focus is not None else None,
        "miner_odds": lucky.miner_odds(found, focus.network) if focus is not None else [],
        "finders": lucky.finders(coin),
        "blocks": lucky.blocks_of(coin)[: lucky.BLOCKS_SHOWN],
    }
