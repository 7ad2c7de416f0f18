"""Ask for a look: a row that stays until the work it is about has looked, whoever is killed meanwhile."""

from hmm.jobs.models import Ask

ABOUT_STRATEGY = "strategy"


def ask(about: str, *, by: str) -> None:
    """Ask for one more look, within the transaction of what there is to see, if there is one."""
    Ask.objects.create(about=about, asked_by=by[:150])


def open_asks(about: str) -> list[int]:
    """Return what has been asked and not answered. Read it before looking: what comes later is for the next look."""
    return list(Ask.objects.filter(about=about).values_list("pk", flat=True))


def is_asked(about: str) -> bool:
    return Ask.objects.filter(about=about).exists()


def answer(asks: list[int]) -> None:
    """Take away what a look has seen, once that look is over."""
    if asks:
        Ask.objects.filter(pk__in=asks).delete()
