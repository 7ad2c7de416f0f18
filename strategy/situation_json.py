"""Situations and decisions as JSON: how support asks, and how the activity stream keeps them. Pure.

One situation is answered by the production decision; whatever is wrong with it is named by its field.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

from strategy.champion import ChampionState, next_state
from strategy.core import Decision, Situation, SituationError, decide
from strategy.plugging import plan
from strategy.situations.elements import listing, mapping, words
from strategy.situations.miners import caps_from, miner_from
from strategy.situations.reading import situation_from
from strategy.situations.sparing import ends_holds, spared
from strategy.situations.writing import cap_json, decision_json, miner_json, situation_json, wanted_json
from strategy.wanting import MinerView

__all__ = ["answer", "answer_all", "decision_json", "firing_json", "has_error", "situation_from", "situation_json"]


def answer(raw: Any, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the answer to one situation, or its error in the same place."""
    try:
        item = situation_in(mapping(raw, "situation"))
        situation = situation_from(item, previous)
        decision = decide(situation)
        result = decision_json(decision)
        if item.get("miners") is not None:
            result |= miners_answer(item, situation, decision)
        return result
    except SituationError as error:
        return {"error": {"field": readable(error.field), "message": readable(error.message)}}


def situation_in(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the situation itself where the whole detail of a row of the activity was given."""
    return mapping(raw["situation"], "situation") if "situation" in raw and "now" not in raw else raw


def readable(text: str) -> str:
    """Return text that can be written anywhere; half a character in a name becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def answer_all(raw: Any) -> Any:
    """Return one answer, or a list of them; `"previous"` takes the band of the answer before."""
    if not isinstance(raw, list):
        return answer(raw)
    answers: list[dict[str, Any]] = []
    for element in raw:
        answers.append(answer(element, answers[-1] if answers else None))
    return answers


def has_error(answers: Any) -> bool:
    listed = answers if isinstance(answers, list) else [answers]
    return any("error" in item for item in listed)


def miners_from(raw: Any) -> list[MinerView]:
    """Build every miner's view. Raise SituationError for the first that cannot be read."""
    views: dict[str, MinerView] = {}
    for place, item in enumerate(listing(raw, "miners")):
        view = miner_from(item, f"miners[{place}]")
        if view.id in views:
            raise SituationError(f"miners[{place}].id", f"Two miners have the id {view.id}.")
        views[view.id] = view
    return list(views.values())


def miners_answer(raw: Mapping[str, Any], situation: Situation, decision: Decision) -> dict[str, Any]:
    """Return what each miner should do, the champion, and what the plugs do, where there are any."""
    views = miners_from(raw["miners"])
    caps = caps_from(raw.get("caps"), {view.id for view in views})
    views = [replace(view, cap=caps.get(view.id)) for view in views]
    band = decision.band.position if decision.champion_only and decision.band is not None else None
    stored = raw.get("champion")
    champion = words(stored, "champion") if stored is not None else None
    state, _event = next_state(ChampionState(band=band, champion=champion), views, band)
    wishes, plans = plan(views, decision, champion=state.champion)
    plugs = {"plugs": {entity: {"on": found.on} for entity, found in plans.items()}} if plans else {}
    if not ends_holds(situation, decision):
        wishes = {view.id: spared(view, wishes[view.id]) for view in views}
    return {
        "wanted": {name: wanted_json(wish) for name, wish in wishes.items()},
        "champion": state.champion,
        **plugs,
    }


def firing_json(situation: Situation, views: Iterable[MinerView], ids: Container[str]) -> dict[str, Any] | None:
    """Return what a rule's firing was decided on, with its caps, and the answer; None where it capped nobody."""
    miners = [view for view in views if view.id in ids]
    if not miners:
        return None
    asked = {
        **situation_json(situation),
        "miners": [miner_json(view) for view in miners],
        "caps": {view.id: cap_json(view.cap) for view in miners if view.cap is not None},
    }
    return {"situation": asked, "answer": answer(asked)}
