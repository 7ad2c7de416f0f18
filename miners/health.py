"""Rules about readings that need no database. Pure."""

PLAUSIBLE_FACTOR = 3.0


def plausible_hashrate_ths(hashrate_ths: float | None, *known_ths: float | None) -> float | None:
    """Return the hash rate, or None when it is above three times all that could be expected.

    `known_ths` are the reported theoretical rate, the table's, and the last hour's; without any of them
    nothing is dropped.
    """
    known = [figure for figure in known_ths if figure]
    if hashrate_ths is None or not known:
        return hashrate_ths
    return hashrate_ths if hashrate_ths <= PLAUSIBLE_FACTOR * max(known) else None
