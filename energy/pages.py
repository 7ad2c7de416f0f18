from datetime import datetime
from typing import Any


def energy_page(now: datetime) -> dict[str, Any]:
    return {}
