"""What a person may ask or order in a chat. Each order is audited with the person as actor."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from energy.models import SettlementPeriod
from energy.services.prices import known_until, next_after, price_at
from hmm.look.formats import price as price_words
from hmm.look.formats import ths, watts
from miners.contexts import tiles
from miners.models import Miner
from strategy import core
from strategy.models import StrategyState
from strategy.services.switches import set_override, strategy_state

PAUSE = re.compile(r"(\d{1,4})\s*(m|min|h|d)?", re.IGNORECASE)
UNIT_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 1440}
PAUSE_MAX = 7 * 1440  # minutes
SHOWN_MOST = 40
HELP = "I know /status, /price, /miners, /champion, /pause, /pause 1h and /resume."


def answer(text: str, *, actor: str, now: datetime) -> str:
    """Do what a message asks for and return the words to answer with; "" for what is no command."""
    word, _space, rest = text.strip().partition(" ")
    if not word.startswith("/"):
        return ""
    command = COMMANDS.get(word[1:].partition("@")[0].lower())
    return command(rest.strip(), actor, now) if command is not None else HELP


def clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%a %H:%M")


def strategy_words(state: StrategyState, now: datetime) -> str:
    """Say how the strategy stands: disabled, overridden or by prices."""
    if not state.enabled:
        return "Strategy: not enabled."
    kind = state.override_at(now)
    if kind is core.OverrideKind.AUTO:
        return f"Strategy: by prices, {state.told('target') or 'not decided yet'}."
    until = f" until {clock(state.override_until)}" if state.override_until else ""
    return f"Strategy: forced {kind.value} by {state.override_by}{until}."


def status(_rest: str, _actor: str, now: datetime) -> str:
    shown = tiles(now)
    hashing = [tile for tile in shown if tile.state == "hashing" and not tile.stale]
    known = [tile.power_w for tile in hashing if tile.power_w is not None]
    power = watts(sum(known)) if known or not hashing else "power not known"
    rates = [tile.hashrate_ths for tile in hashing if tile.hashrate_ths is not None]
    rate = ths(sum(rates) if rates or not hashing else None)
    lines = [
        strategy_words(strategy_state(), now),
        price("", "", now),
        f"{len(hashing)} of {len(shown)} miners hash: {rate}, {power}.",
    ]
    return "\n".join(lines)


def price(_rest: str, _actor: str, now: datetime) -> str:
    period = price_at(now)
    if period is None:
        return "No price is known for now."
    lines = [f"Now {words_of(period)} until {clock(period.ends_at)}."]
    following = next_after(period)
    if following is not None:
        lines.append(f"Then {words_of(following)}.")
    until = known_until(now)
    if until is not None:
        lines.append(f"Known until {clock(until)}.")
    return "\n".join(lines)


def words_of(period: SettlementPeriod) -> str:
    return price_words(period.price_p_per_kwh)


def miners(_rest: str, _actor: str, now: datetime) -> str:
    shown = tiles(now)
    lines = [f"{tile.name[:60]}: {tile.state_label}, {tile.doing}".rstrip(", ") for tile in shown[:SHOWN_MOST]]
    if len(shown) > SHOWN_MOST:
        lines.append(f"and {len(shown) - SHOWN_MOST} more")
    return "\n".join(lines) or "No miners yet."


def pause(rest: str, actor: str, now: datetime) -> str:
    """Force everything off, for a while or until /resume."""
    minutes = 0
    if rest:
        found = PAUSE.fullmatch(rest)
        minutes = int(found.group(1)) * UNIT_MINUTES[(found.group(2) or "m").lower()] if found else 0
        if not 1 <= minutes <= PAUSE_MAX:
            return "Write /pause, or with a time of up to 7 days such as /pause 30m, /pause 1h, /pause 2d."
    until = now + timedelta(minutes=minutes) if minutes else None
    set_override("off", actor=actor, now=now, until=until, reason="From the chat.")
    if not strategy_state().enabled:
        return "Noted, but the strategy is not enabled: nothing is switched."
    return f"Everything goes off until {clock(until)}." if until else "Everything goes off until /resume."


def resume(_rest: str, actor: str, now: datetime) -> str:
    set_override("auto", actor=actor, now=now, reason="From the chat.")
    return "Back to prices."


def champion(_rest: str, _actor: str, now: datetime) -> str:
    del now
    state = strategy_state()
    name = Miner.objects.filter(pk=state.champion_id or 0).values_list("name", flat=True).first()
    if name is None:
        return "No champion is left." if state.champion_exhausted else "There is no champion now."
    return f"{name[:80]} is the champion" + (
        f" since {clock(state.champion_since)}." if state.champion_since else "."
    )


def help_words(_rest: str, _actor: str, _now: datetime) -> str:
    return HELP


COMMANDS: dict[str, Callable[[str, str, datetime], str]] = {
    "status": status,
    "price": price,
    "miners": miners,
    "pause": pause,
    "resume": resume,
    "champion": champion,
    "start": help_words,
    "help": help_words,
}
