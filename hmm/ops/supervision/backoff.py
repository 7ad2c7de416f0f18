"""How long to wait before a process that ended is started again."""

from dataclasses import dataclass

FIRST_S = 0.2
LONGEST_S = 30.0
STABLE_AFTER_S = 60.0


@dataclass(slots=True)
class Backoff:
    """The first restart comes at once, each further one later; a minute of life forgets the past."""

    failures: int = 0

    def next_delay(self, *, lived_s: float) -> float:
        """Count an end after `lived_s` seconds of life and return the seconds to wait."""
        if lived_s >= STABLE_AFTER_S:
            self.failures = 0
        self.failures += 1
        if self.failures == 1:
            return FIRST_S
        return min(LONGEST_S, float(2 ** (self.failures - 2)))
