"""Addresses by name, for links to what may not be there."""

from django.urls import NoReverseMatch, reverse


def address(name: str, *arguments: object) -> str:
    """Return the address of a page, empty where there is none of that name."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
