"""What is told once everything runs. Apps above add their line in `ready()`, such as the set-up link."""

from collections.abc import Callable

GREETINGS: list[Callable[[], list[str]]] = []


def register(greeting: Callable[[], list[str]]) -> None:
    """Make a greeting known; it may ask the database and returns the lines to print."""
    if greeting not in GREETINGS:
        GREETINGS.append(greeting)


def greetings() -> list[str]:
    """Return every line that is to be printed after the start."""
    return [line for greeting in GREETINGS for line in greeting()]
