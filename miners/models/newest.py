"""The newest reading of each miner, so that no page looks for it in the history."""

from datetime import datetime

from django.db import models

from miners.models.miner import Miner

STALE_AFTER_POLLS = 3
LEFT_ALONE_S = 90  # a device that was told several things in a minute is asked nothing for nearly as long


def stale_after_s(interval_s: int) -> int:
    """Return for how many seconds a reading counts at a poll interval."""
    return max(STALE_AFTER_POLLS * interval_s, LEFT_ALONE_S)


class NewestReading(models.Model):
    """One row for each miner, replaced by each poll. Unknown is NULL."""

    miner = models.OneToOneField(Miner, on_delete=models.CASCADE, primary_key=True, related_name="newest")
    taken_at = models.DateTimeField()
    state = models.CharField(max_length=12)
    state_since = models.DateTimeField()
    hashrate_ths = models.FloatField(null=True)
    expected_hashrate_ths = models.FloatField(null=True)
    power_w = models.FloatField(null=True)
    power_source = models.CharField(max_length=5, default="", blank=True)  # "meter" when the watts are the wall's
    max_power_w = models.FloatField(null=True)
    input_voltage_mv = models.FloatField(null=True)
    chip_temp_c = models.FloatField(null=True)
    vr_temp_c = models.FloatField(null=True)
    board_temp_c = models.FloatField(null=True)
    fan_rpm = models.PositiveIntegerField(null=True)
    fan_percent = models.FloatField(null=True)
    auto_fan = models.BooleanField(null=True)  # the device's own control has the fan
    frequency_mhz = models.FloatField(null=True)
    core_voltage_mv = models.PositiveIntegerField(null=True)
    core_voltage_actual_mv = models.PositiveIntegerField(null=True)
    shares_accepted = models.BigIntegerField(null=True)
    shares_rejected = models.BigIntegerField(null=True)
    best_difficulty = models.FloatField(null=True)
    best_session_difficulty = models.FloatField(null=True)
    pool_difficulty = models.FloatField(null=True)
    error_percent = models.FloatField(null=True)
    uptime_s = models.BigIntegerField(null=True)
    mode = models.CharField(max_length=20, null=True)
    paused = models.BooleanField(null=True)
    can_pause = models.BooleanField(default=False)
    locked = models.BooleanField(null=True)  # takes settings only with a one-time code
    overheated = models.BooleanField(null=True)
    fault = models.CharField(max_length=200, null=True)
    wifi_rssi_dbm = models.SmallIntegerField(null=True)
    web_firmware = models.CharField(max_length=60, null=True)
    pool = models.JSONField(null=True)  # {host, port, user, fallback}: the one it works for
    pool_mode = models.CharField(max_length=10, null=True)  # failover or dual, where the device can do both
    pool_needs_restart = models.BooleanField(default=True)
    pools = models.JSONField(default=list)  # [{position, host, port, user}]: as configured
    chips = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "newest readings"

    def __str__(self) -> str:
        return f"{self.miner_id} {self.taken_at:%H:%M:%S}"

    def is_stale(self, now: datetime, interval_s: int) -> bool:
        """Tell whether three polls have been missed, and more than its budget of requests explains."""
        return (now - self.taken_at).total_seconds() > stale_after_s(interval_s)

    @property
    def efficiency_j_per_th(self) -> float | None:
        if not self.power_w or not self.hashrate_ths:
            return None
        return self.power_w / self.hashrate_ths

    @property
    def first_pool(self) -> dict[str, object] | None:
        """Return the configured first pool; the device may be working for another."""
        return self.pools[0] if self.pools and isinstance(self.pools[0], dict) else None
