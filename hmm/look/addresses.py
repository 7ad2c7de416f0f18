"""Addresses by name, for links to what may not be there."""

from django.urls import NoReverseMatch, Resolver404, resolve, reverse


def address(name: str, *arguments: object) -> str:
    """Return the address of a page, empty where there is none of that name."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def known_path(path: str) -> str:
    """Return a path again if the product answers it, else nothing; for links to pages of a layer above."""
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path
