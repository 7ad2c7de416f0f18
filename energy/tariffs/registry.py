"""The one list of tariffs: our own, and those of installed packages under `hmm.tariffs`.

A plug-in that does not load is kept with its reason and shown; it never stops the start.
"""

import logging
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from energy.tariffs.base import ConfigError, Setting, TariffSource
from energy.tariffs.csv_prices.tariff import CsvPrices
from energy.tariffs.octopus_agile.tariff import OctopusAgile
from energy.tariffs.octopus_product.tariff import OctopusProduct
from energy.tariffs.static_prices.tariff import FlatPrice, TimeOfUse

logger = logging.getLogger(__name__)

BUILT_IN: dict[str, type[Any]] = {
    source.kind: source for source in (OctopusAgile, OctopusProduct, TimeOfUse, FlatPrice, CsvPrices)
}
GROUP = "hmm.tariffs"


@cache
def loaded() -> tuple[dict[str, type[Any]], dict[str, str]]:
    """Return (sources by kind, reasons by name of what did not load)."""
    sources, failed = dict(BUILT_IN), {}
    for point in entry_points(group=GROUP):
        reason = load_into(sources, point)
        if reason:
            failed[point.name] = reason
            logger.warning("The tariff plug-in %s failed to load: %s", point.name, reason)
    return sources, failed


def load_into(sources: dict[str, type[Any]], point: EntryPoint) -> str:
    """Add a plug-in to the sources and return "" or the reason why not."""
    try:
        source = point.load()
        kind, _label, _fetch = source.kind, source.label, source.fetch
    except Exception as error:  # noqa: BLE001  # foreign code may fail in any way; it is recorded and shown
        return f"{type(error).__name__}: {error}"
    if kind in sources:
        return f"there is already a tariff {kind!r}"
    sources[kind] = source
    return ""


def source_for(kind: str) -> TariffSource:
    """Return the tariff of a kind. Raise ConfigError for one that is not installed."""
    sources, failed = loaded()
    if kind not in sources:
        why = failed.get(kind, "it is not installed")
        raise ConfigError(f"The tariff {kind!r} cannot be used: {why}.")
    source: TariffSource = sources[kind]()
    return source


def settings_of(kind: str) -> tuple[Setting, ...] | None:
    """Return the fields of a tariff's form, None for a plug-in that names none."""
    found: tuple[Setting, ...] | None = getattr(source_for(kind), "settings", None)
    return found


def tariff_choices() -> list[tuple[str, str]]:
    """Return (kind, label) of every tariff that can be chosen."""
    return [(kind, source.label) for kind, source in loaded()[0].items()]
