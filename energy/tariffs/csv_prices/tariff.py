"""Prices from a file: whatever `import_prices` has stored, and nothing is fetched."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from energy.tariffs.base import FetchResult, Setting


class CsvPrices:
    """Prices a person imports."""

    kind: ClassVar[str] = "csv"
    label: ClassVar[str] = "Imported prices"
    needs_network: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = ()

    def validate(self, config: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002  # nothing to set
        return {}

    def fetch(self, config: Mapping[str, Any], start: datetime, end: datetime) -> FetchResult:  # noqa: ARG002
        return FetchResult(slots=(), config=config)
