"""Who works for a pool. Apps above this one know; each puts its question here when it starts."""

from collections.abc import Callable
from typing import Any

QUESTIONS: list[Callable[[Any], list[str]]] = []


def ask_before_removal(question: Callable[[Any], list[str]]) -> None:
    """Have a question asked before a pool is removed; it answers with the names of who uses it."""
    if question not in QUESTIONS:
        QUESTIONS.append(question)


def users_of(pool: Any) -> list[str]:
    """Return the names of whatever works for a pool."""
    return [name for question in QUESTIONS for name in question(pool)]
