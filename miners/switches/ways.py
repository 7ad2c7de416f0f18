"""How a miner would be turned off: at its plug, by its own pause, or not at all. Pure; every page asks here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """The ways, best first."""

    PLUG = "plug"
    PAUSE = "pause"
    LOWEST = "lowest"  # cannot be turned off: it runs its lowest mode
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """The plug of one miner. `shared_with` and `kept_on_by` name the others, `trouble` why it cannot switch now."""

    name: str
    locked: bool = False
    trouble: str = ""
    shared_with: Sequence[str] = ()  # follow the strategy too
    kept_on_by: Sequence[str] = ()  # do not follow the strategy


@dataclass(frozen=True, slots=True)
class WayOff:
    """What would happen, and a sentence that says it."""

    way: Way
    words: str

    @property
    def in_a_sentence(self) -> str:
        return uncapital(self.words)


def way_off(outlet: Outlet | None, *, can_pause: bool, lowest_mode: str = "") -> WayOff:
    """Return how a miner would be turned off now."""
    native = without_plug(can_pause=can_pause, lowest_mode=lowest_mode, has_plug=outlet is not None)
    if outlet is None:
        return native
    why_not = why_not_by_plug(outlet)
    if why_not:
        return WayOff(native.way, f"{why_not}. {native.words}")
    if outlet.shared_with:
        others = ", ".join(outlet.shared_with)
        return WayOff(
            Way.PLUG,
            f"Its plug {outlet.name} goes off once {others} should be off too. Until then: {uncapital(native.words)}",
        )
    return WayOff(Way.PLUG, f"Its plug {outlet.name} is switched off.")


def why_not_by_plug(outlet: Outlet) -> str:
    """Return what keeps a plug from turning its miner off, empty if nothing does."""
    if outlet.locked:
        return f"Its plug {outlet.name} is locked"
    if outlet.kept_on_by:
        others = ", ".join(outlet.kept_on_by)
        return f"Its plug {outlet.name} stays on for {others}, which the strategy does not control"
    if outlet.trouble:
        return f"Its plug {outlet.name} cannot be switched now: {outlet.trouble}"
    return ""


def without_plug(*, can_pause: bool, lowest_mode: str, has_plug: bool = False) -> WayOff:
    """Return what the miner can do by itself."""
    if can_pause:
        return WayOff(Way.PAUSE, "It is paused; it goes on drawing a few watts.")
    if lowest_mode:
        return WayOff(Way.LOWEST, f"It cannot be turned off, so it runs its lowest mode, {lowest_mode}.")
    if has_plug:
        return WayOff(Way.NOTHING, "It cannot be turned off in another way, so it goes on as it is.")
    return WayOff(Way.NOTHING, "It cannot be turned off from here; a smart plug could.")


ONLY_READ = "HMM only reads this kind of device: what its settings do is not proven."
LEFT_ALONE = WayOff(Way.NOTHING, "It does not follow the strategy, so its plug stays on for it.")


def uncapital(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
