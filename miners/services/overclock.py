"""The pair behind the mode `oc`: it exists once a person has entered it, within the board's cap."""

from django.db import transaction

from hmm.audit.services import record
from hmm.jobs.asks import ABOUT_STRATEGY, ask
from miners.drivers.base import Preset
from miners.models import Miner


class OverclockError(ValueError):
    """A pair this board does not take; `field` says which half is at fault."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def set_overclock(miner: Miner, frequency_mhz: int | None, core_voltage_mv: int | None, *, actor: str) -> None:
    """Enter, or take away with two times None, the pair of a miner. Raise OverclockError outside the board's cap."""
    pair = checked(miner, frequency_mhz, core_voltage_mv)
    before = miner.overclock
    if pair == before:
        return
    values = {"oc_frequency_mhz": frequency_mhz, "oc_core_voltage_mv": core_voltage_mv}
    with transaction.atomic():
        Miner.objects.filter(pk=miner.pk).update(**values)
        ask(ABOUT_STRATEGY, by=actor)
        record(actor=actor, action="miner.overclock", target=miner, before=told(before), after=told(pair))
    miner.oc_frequency_mhz, miner.oc_core_voltage_mv = frequency_mhz, core_voltage_mv


def told(pair: Preset | None) -> dict[str, int | None]:
    """Return a pair as the activity keeps it."""
    frequency, voltage = (pair.frequency_mhz, pair.core_voltage_mv) if pair is not None else (None, None)
    return {"frequency_mhz": frequency, "core_voltage_mv": voltage}


def checked(miner: Miner, frequency_mhz: int | None, core_voltage_mv: int | None) -> Preset | None:
    """Return a pair that this board takes, None for none."""
    if frequency_mhz is None and core_voltage_mv is None:
        return None
    if frequency_mhz is None or core_voltage_mv is None:
        missing = "frequency_mhz" if frequency_mhz is None else "core_voltage_mv"
        raise OverclockError(missing, "An overclock needs both a clock and a core voltage.")
    limits = miner.board.oc_limits if miner.board is not None else None
    if limits is None:
        raise OverclockError("frequency_mhz", f"{miner.name} cannot be overclocked: HMM knows no cap of its board.")
    if not limits.frequency_min_mhz <= frequency_mhz <= limits.frequency_max_mhz:
        words = f"This board takes {limits.frequency_min_mhz} to {limits.frequency_max_mhz} MHz."
        raise OverclockError("frequency_mhz", words)
    if not limits.core_voltage_min_mv <= core_voltage_mv <= limits.core_voltage_max_mv:
        words = f"This board takes {limits.core_voltage_min_mv} to {limits.core_voltage_max_mv} mV."
        raise OverclockError("core_voltage_mv", words)
    return Preset(frequency_mhz, core_voltage_mv)
