"""What would run now, tonight, or if the price were another: the production decision for each miner. No writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse

from hmm.look.zones import local_zone
from miners.models import Miner
from strategy import core
from strategy.band_rows import limit_of
from strategy.champion import ChampionState, next_state
from strategy.rule_parts import PLANNED
from strategy.services.gathering import Scene, champion_state, gather
from strategy.services.planning import walked
from strategy.services.rule_forecast import Forecast, forecast
from strategy.services.ruling import under_caps, with_caps
from strategy.services.seeing import efficiencies
from strategy.wanting import Cap, Efficiency, MinerView, Wanted, wanted
from strategy.words import target_words

NOW, TONIGHT, PRICE = "now", "tonight", "price"
TABS = ((NOW, "Now"), (TONIGHT, "Tonight"), (PRICE, "If the price were"))
EVENING_H, MORNING_H = 18, 7
SHORT_SLOT, HALF_HOUR = timedelta(minutes=15), timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Does:
    """What one miner would do. `on` is None where it is left alone."""

    name: str
    url: str
    on: bool | None
    words: str
    note: str
    champion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A stretch of time with one answer, and what each miner does in it."""

    starts_at: datetime | None
    ends_at: datetime | None
    band_position: int | None
    band_count: int
    headline: str
    explanation: str
    price: Decimal | None
    miners: tuple[Does, ...]

    @property
    def running(self) -> int:
        return sum(1 for miner in self.miners if miner.on)

    @property
    def off(self) -> int:
        return sum(1 for miner in self.miners if miner.on is False)


def preview_context(now: datetime, when: str = NOW, typed: str = "", scene: Scene | None = None) -> dict[str, Any]:
    """Return what would run at the moment asked for; a price that cannot be keeps what was typed."""
    when = when if when in {NOW, TONIGHT, PRICE} else NOW
    scene = gather(now) if scene is None else scene
    scene = replace(scene, situation=replace(scene.situation, enabled=True))
    outside = list(Miner.objects.exclude(pk__in=[int(pk) for pk in scene.miners]).order_by("name", "pk"))
    decision = decided(scene.situation)
    moments: list[Moment] = []
    error = ""
    rules: Forecast | None = None
    if when == PRICE:
        moments, error = at_price(scene, outside, typed)
    elif when == TONIGHT:
        rules = forecast(scene, decision, now)
        moments = tonight(scene, outside, rules)
    else:
        moments = [moment_of(with_caps(scene, decision, now=now), outside, decision, now, None)]
    return {
        "preview": {
            "when": when,
            "tabs": [{"name": name, "label": label, "chosen": name == when} for name, label in TABS],
            "price": typed[:40],
            "error": error,
            "moments": moments,
            "open": when != TONIGHT,
            "is_off": not scene.state.enabled,
            "as_now": as_now(rules),
        }
    }


def as_now(rules: Forecast | None) -> tuple[str, ...]:
    """Return the rules that wait for a reading, which nobody knows ahead."""
    found = rules.facts.rules if rules is not None else ()
    return tuple(rule.name for rule in found if rule.trigger.kind not in PLANNED and not (rule.dry_run or rule.fault))


def decided(situation: core.Situation) -> core.Decision:
    """Decide; an override that no longer fits the bands is set aside, as the tick does."""
    try:
        return core.decide(situation)
    except core.SituationError:
        return core.decide(replace(situation, override=core.Override()))


def at_price(scene: Scene, outside: Sequence[Miner], typed: str) -> tuple[list[Moment], str]:
    """Return what a price would bring if it held for two slots, or the sentence of what is wrong with it."""
    if not typed.strip():
        return [], ""
    try:
        price = limit_of(typed.replace(",", "."))
    except ValueError:
        return [], "Write a price from -1000 to 1000 p/kWh, such as 12.5 or -2."
    assert price is not None  # noqa: S101  # it is not empty
    now = scene.situation.now
    slots = tuple(core.Period(now + n * HALF_HOUR, now + (n + 1) * HALF_HOUR, price) for n in range(2))
    situation = replace(scene.situation, periods=slots, override=core.Override(), last_price_at=now)
    scene, decision = replace(scene, situation=situation), decided(situation)
    return [moment_of(with_caps(scene, decision, now=now), outside, decision, None, None)], ""


def tonight(scene: Scene, outside: Sequence[Miner], rules: Forecast | None) -> list[Moment]:
    """Return the known stretches of the coming night, neighbours with the same answer joined."""
    start, end = night_of(scene.situation)
    found: list[Stretch] = []
    state, figures = champion_state(scene.state), figures_of(scene)
    for decision, begins, ends, caps in under_rules(scene.situation, rules):
        if begins >= end:
            break
        seen = under_caps(scene, caps)
        state = champion_after(seen, decision, state, figures)
        first, until = max(begins, start), min(ends, end)
        if first >= until:
            continue
        last = found[-1] if found else None
        if last is not None and last.ends == first and last.is_same(decision, caps, state.champion):
            found[-1] = replace(last, ends=until)
        else:
            found.append(Stretch(decision=decision, begins=first, ends=until, caps=caps, champion=state.champion))
    return [
        moment_of(
            under_caps(scene, item.caps), outside, item.decision, item.begins, item.ends, champion=item.champion
        )
        for item in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of the night with one answer for every miner."""

    decision: core.Decision
    begins: datetime
    ends: datetime
    caps: Mapping[str, Cap]
    champion: str | None

    def is_same(self, decision: core.Decision, caps: Mapping[str, Cap], champion: str | None) -> bool:
        return same_answer(self.decision, decision) and (self.caps, self.champion) == (caps, champion)


def under_rules(
    situation: core.Situation, rules: Forecast | None
) -> Iterator[tuple[core.Decision, datetime, datetime, Mapping[str, Cap]]]:
    """Yield what would be decided from now on, and what rules leave of it."""
    for decision, begins, ends in walked(situation):
        if rules is None:
            yield decision, begins, ends, {}
            continue
        for caps, at, until in rules.stretches(decision, begins, ends):
            yield decision, at, until, caps


def same_answer(one: core.Decision, other: core.Decision) -> bool:
    return (one.band, one.power, one.target) == (other.band, other.power, other.target)


def night_of(situation: core.Situation) -> tuple[datetime, datetime]:
    """Return from when to when tonight is, on the local clock; with short slots, all that is known."""
    now = situation.now
    length = situation.periods[-1].end - situation.periods[-1].start if situation.periods else HALF_HOUR
    if length < SHORT_SLOT:
        return now, situation.periods[-1].end
    local = now.astimezone(local_zone())
    morning = local.replace(hour=MORNING_H, minute=0, second=0, microsecond=0)
    if local < morning:
        return now, morning
    evening = local.replace(hour=EVENING_H, minute=0, second=0, microsecond=0)
    return max(local, evening), morning + timedelta(days=1)


# --- one moment ----------------------------------------------------------------------------------


def moment_of(
    scene: Scene,
    outside: Sequence[Miner],
    decision: core.Decision,
    starts_at: datetime | None,
    ends_at: datetime | None,
    champion: str | None = None,
) -> Moment:
    """Return one moment; `champion` is given by who walked there."""
    if starts_at is None or ends_at is None:
        champion = champion_after(scene, decision, champion_state(scene.state), figures_of(scene)).champion
    does = [
        does_of(scene.miners[view.id], view, wanted(view, decision, champion=champion), decision)
        for view in sorted(scene.views, key=lambda view: scene.miners[view.id].name.lower())
    ]
    does += [
        Does(
            name=miner.name,
            url=reverse("miner", args=[miner.pk]),
            on=None,
            words="left alone",
            note="not enrolled" if miner.enabled else "disabled",
        )
        for miner in outside
    ]
    return Moment(
        starts_at=starts_at,
        ends_at=ends_at,
        band_position=decision.band.position if decision.band is not None else None,
        band_count=len(scene.situation.bands),
        headline=headline_of(decision),
        explanation=decision.explanation,
        price=decision.price_p_per_kwh,
        miners=tuple(does),
    )


def headline_of(decision: core.Decision) -> str:
    if decision.power is core.Power.OFF:
        return "Everything off"
    if decision.power is core.Power.LOWEST:
        return "Lowest modes"
    if decision.power is core.Power.HOLD:
        return "Everything as it is"
    return (
        f"{target_words(decision.target)}, champion alone"
        if decision.champion_only
        else target_words(decision.target)
    )


def figures_of(scene: Scene) -> Mapping[str, Efficiency]:
    """Return how efficient each miner is, where a band asks for it."""
    asked = any(band.champion_only for band in scene.situation.bands)
    return efficiencies(scene.miners, scene.situation.now) if asked else {}


def champion_after(
    scene: Scene, decision: core.Decision, state: ChampionState, figures: Mapping[str, Efficiency]
) -> ChampionState:
    """Return the champion there is in this band, or the one that would be chosen; nobody is thought to fail."""
    if not decision.champion_only or decision.band is None:
        return ChampionState()
    views = [replace(view, efficiency=figures[view.id], failing=False) for view in scene.views]
    return next_state(state, views, decision.band.position)[0]


def does_of(miner: Miner, view: MinerView, wish: Wanted, decision: core.Decision) -> Does:
    if wish.on is False:
        words = "off" if view.can_turn_off else f"lowest mode{f', {wish.mode}' if wish.mode else ''}"
    elif wish.on is None:
        words = f"{wish.mode}, if it runs" if wish.mode else "as it is"
    else:
        words = f"{target_words(decision.target)} · {wish.mode or 'mode as it is'}"
    notes = [wish.note] if wish.note else []
    if view.cap is not None and wish.why == view.cap.why:
        notes.append(view.cap.why)
    notes += [f"{name} held by {who}" for name, who in view.holds.items()]
    if miner.unreachable_since is not None:
        notes.append("set when it answers")
    return Does(
        name=miner.name,
        url=reverse("miner", args=[miner.pk]),
        on=wish.on,
        words=words,
        note="; ".join(note.rstrip(".") if place < len(notes) else note for place, note in enumerate(notes, 1)),
        champion=wish.champion,
    )
