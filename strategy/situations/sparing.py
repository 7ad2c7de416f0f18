"""Say in an answer what the strategy leaves alone at a miner, though it wants it otherwise. Pure."""

from dataclasses import replace

from strategy.core import Decision, Reason, Situation
from strategy.wanting import FIELDS, MODE, POWER, MinerView, Verdict, Wanted, has_restarted, verdict

LEFT_ALONE = "until the band changes"


def ends_holds(situation: Situation, decision: Decision) -> bool:
    """Tell whether this decision changes the band, which ends what persons hold."""
    if situation.current_band is None or decision.reason is Reason.NO_PRICE_GRACE:
        return False
    return decision.band is None or decision.band.position != situation.current_band


def without(wish: Wanted, name: str) -> Wanted:
    """Return a wish that leaves one field alone."""
    if name == POWER:
        return replace(wish, on=None)
    return replace(wish, mode=None) if name == MODE else replace(wish, pool=None)


def spared(view: MinerView, wish: Wanted) -> Wanted:
    """Return a wish without the fields a person holds, and with a word about each that is left alone."""
    words = [wish.note] if wish.note else []
    for name in FIELDS:
        ruling = verdict(view, wish, name, restarted=has_restarted(view))
        if ruling is Verdict.HELD and name in view.holds:
            words.append(f"Its {name} is held by {view.holds[name]} {LEFT_ALONE}.")
            wish = without(wish, name)
        elif ruling is Verdict.HELD:
            words.append(f"Its {name} was changed by hand; it is left alone {LEFT_ALONE}.")
        elif ruling is Verdict.OVERHEATED:
            words.append(f"It overheated; its mode is left alone {LEFT_ALONE}.")
    return replace(wish, note=" ".join(words))
