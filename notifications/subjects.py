"""What a channel can be limited to. The apps above say what there is; each registers in `ready()`."""

from collections.abc import Callable, Iterable

SOURCES: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {}


def register_subjects(name: str, source: Callable[[], Iterable[tuple[str, str]]]) -> None:
    """Make known who lists (subject, label) pairs, such as ("miner:7", "Shed")."""
    SOURCES[name] = source


def subject_choices() -> list[tuple[str, str]]:
    return [pair for source in SOURCES.values() for pair in source()]
