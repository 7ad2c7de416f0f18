"""Numbers as columns can hold them."""

from typing import Any

COUNT_MAX, FLOAT_MAX = 2**62, 1e300


def storable(value: Any) -> Any:
    """Return a value a column can hold; one beyond all sense is None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value if abs(value) < (COUNT_MAX if isinstance(value, int) else FLOAT_MAX) else None
