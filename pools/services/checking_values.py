"""Numbers as columns can hold them."""

from decimal import Decimal
from typing import Any

COUNT_MAX, FLOAT_MAX, COINS_MAX = 2**62, 1e300, Decimal(9 * 10**9)


def storable(value: Any) -> Any:
    """Return a value a column can hold; one beyond all sense is None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    most: Any = COINS_MAX if isinstance(value, Decimal) else COUNT_MAX if isinstance(value, int) else FLOAT_MAX
    return value if abs(value) < most else None
