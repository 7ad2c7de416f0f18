"""The bands in force, as decisions and pages read them."""

from dataclasses import dataclass

from strategy import core
from strategy.models import Band, VersionStatus
from strategy.models.bands import BandCells, core_bands
from strategy.services.bands import active_version


@dataclass(frozen=True, slots=True)
class BandsInForce:
    """The bands in force as the decision reads them, and since which version they have this shape."""

    bands: tuple[core.Band, ...]
    shape: int | None


def bands_in_force() -> BandsInForce:
    """Return the bands in force in one query, for every page and every tick."""
    rows = list(
        Band.objects.filter(version__status=VersionStatus.ACTIVE)
        .order_by("position", "modes__family")
        .values_list(
            *("version__shape", "modes__family", "modes__mode"),
            *("position", "ceiling_p_per_kwh", "target", "champion_only"),
        )
    )
    if not rows:
        version = active_version()
        return BandsInForce(version.as_core(), version.shape)
    found: dict[int, BandCells] = {}
    for _shape, family, mode, position, ceiling, target, champion_only in rows:
        band = found.setdefault(position, BandCells(position, ceiling, target, champion_only, {}))
        if family is not None:
            band.modes[family] = mode
    return BandsInForce(core_bands(found.values()), rows[0][0])
