"""Addresses by name, for links to what may not be there."""

from functools import lru_cache

from django.urls import NoReverseMatch, reverse

# Where a problem is looked at, by the kind of its subject: a page, and the place on it or after it.
PLACES = {
    "miner": ("miner", "{}"),
    "plug": ("home-assistant", "#plug-{}"),
    "pool": ("pools", "#pool-{}"),
    "channel": ("notifications", ""),
    "home_assistant": ("home-assistant", ""),
    "prices": ("energy", ""),
    "rule": ("rule", "{}"),
    "strategy": ("strategy", ""),
    "updates": ("updates", ""),
}


@lru_cache(maxsize=2000)
def address(name: str, *arguments: object) -> str:
    """Return the address of a page, empty where there is none of that name; it stays while the program runs."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def page_of(subject: str) -> str:
    """Return where a problem with "plug:3" or "prices" is looked at; the activity for what has no page."""
    kind, _colon, key = subject.partition(":")
    name, place = PLACES.get(kind, ("activity", ""))
    if place == "{}":
        return address(name, key) or address("activity")
    return address(name) + place.format(key)
