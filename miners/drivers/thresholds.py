"""From which figures on a device is in trouble. A family with limits of its own carries `thresholds`. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits of health; None switches a rule off. The defaults are those of AxeOS boards, which trip at 75 °C."""

    chip_warn_c: float | None = 68.0
    chip_critical_c: float | None = 73.0
    vr_warn_c: float | None = 90.0
    vr_critical_c: float | None = 100.0
    reject_percent: float | None = 5.0
    low_hashrate_percent: float | None = 70.0  # of what is expected
    weak_wifi_dbm: float | None = -80.0


DEFAULT = Thresholds()
