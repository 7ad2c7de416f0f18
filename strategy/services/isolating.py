"""What is broken at one rule or one miner costs only that one: it is told, and looked at again by the next tick."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError

from notifications.models import Incident, Severity
from notifications.services import close_incident, open_incident
from strategy.core import SituationError

logger = logging.getLogger(__name__)

RULE, MINER = "rule_fault", "strategy_fault"  # kinds of incidents
KINDS = (RULE, MINER, "fail_safe", "no_pool", "champion_exhausted", "override_impossible")
STRATEGY = "strategy"  # the subject of what concerns it as a whole
REMEDY = {
    RULE: "It stays as it was: what it held stays held, and it begins nothing. Save it again, or switch it off.",
    MINER: "The strategy goes on without it and looks again each minute. If this stays, remove it and add it again.",
}


class OvertakenError(Exception):
    """This tick took so long that another one has begun; it writes nothing more."""


ENDS_THE_TICK = (OvertakenError, OperationalError, InterfaceError, SituationError)


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with whom."""

    kind: str
    label: str
    words: str
    error: BaseException | None = None


@dataclass(slots=True)
class Faults:
    """What one look could not do, by subject: "rule:3", "miner:7"; and what the strategy told before it."""

    found: dict[str, Fault] = field(default_factory=dict)
    before: frozenset[tuple[str, str]] | None = None  # read when it is first asked for

    @contextmanager
    def at(self, kind: str, subject: str, label: str) -> Iterator[None]:
        """Note what fails inside and go on; only a database that is gone, or being overtaken, ends a tick."""
        try:
            yield
        except ENDS_THE_TICK:
            raise
        except Exception as error:  # noqa: BLE001  # damaged data fails in any way; it is told and costs only its owner
            self.found[subject] = Fault(kind, label, f"{type(error).__name__}: {error}", error)

    def words(self, subject: str) -> str:
        """Return what is wrong with a subject, empty if nothing is."""
        fault = self.found.get(subject)
        return fault.words if fault is not None else ""

    def told(self) -> frozenset[tuple[str, str]]:
        """Return kind and subject of what is open by the strategy's word, from before this look."""
        if self.before is None:
            rows = Incident.objects.open().filter(kind__in=KINDS).values_list("kind", "subject")
            self.before = frozenset((kind, subject) for kind, subject in rows)
        return self.before

    def close(self, kind: str, *, now: datetime) -> None:
        """Close the strategy's incident of a kind, if it is open."""
        if (kind, STRATEGY) in self.told():
            close_incident(kind=kind, subject=STRATEGY, now=now)

    def labels(self, kind: str) -> tuple[str, ...]:
        return tuple(fault.label for fault in self.found.values() if fault.kind == kind)


def tell_faults(faults: Faults, *, now: datetime) -> None:
    """Open an incident for each fault, and close those that are gone."""
    for kind, subject in faults.told():
        if kind in REMEDY and subject not in faults.found:
            close_incident(kind=kind, subject=subject, now=now)
    for subject, fault in faults.found.items():
        is_new = open_incident(
            kind=fault.kind,
            subject=subject,
            label=fault.label,
            severity=Severity.DANGER,
            title="cannot be judged",
            detail=f"{fault.words}. {REMEDY[fault.kind]}",
            now=now,
        )
        if is_new:
            logger.error("The strategy goes on without %s: %s", subject, fault.words, exc_info=fault.error)


def told_faults(kind: str) -> Mapping[str, str]:
    """Return what the newest look could not do, by subject, as it was told."""
    return dict(Incident.objects.open().filter(kind=kind).values_list("subject", "detail"))
