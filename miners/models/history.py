"""What miners did over time: raw readings for days, five-minute sums for months, hourly sums for years."""

from datetime import datetime, timedelta

from django.db import models

from miners.models.miner import Miner

QUANTITIES = ("hashrate_ths", "power_w", "chip_temp_c", "vr_temp_c", "fan_percent", "frequency_mhz")


class TelemetryReading(models.Model):
    """One poll of one miner, lean: two thousand a day each."""

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="readings", db_index=False)
    taken_at = models.DateTimeField()
    state = models.CharField(max_length=1)  # the first letter of the state, see miners.services.readings
    hashrate_ths = models.FloatField(null=True)
    expected_hashrate_ths = models.FloatField(null=True)
    power_w = models.FloatField(null=True)
    chip_temp_c = models.FloatField(null=True)
    vr_temp_c = models.FloatField(null=True)
    fan_percent = models.FloatField(null=True)
    frequency_mhz = models.FloatField(null=True)
    core_voltage_mv = models.PositiveSmallIntegerField(null=True)
    shares_accepted = models.BigIntegerField(null=True)
    shares_rejected = models.BigIntegerField(null=True)
    mode = models.CharField(max_length=10, null=True)

    class Meta:
        ordering = ["taken_at"]
        constraints = [
            models.UniqueConstraint(fields=["miner", "taken_at"], name="one_reading_of_a_miner_at_a_time"),
        ]
        indexes = [models.Index(fields=["taken_at"], name="reading_by_time")]

    def __str__(self) -> str:
        return f"{self.miner_id} {self.taken_at:%Y-%m-%d %H:%M:%S}"


class PeriodSums(models.Model):
    """Sums and counts of the readings of one miner in one period; a mean is their ratio.

    Sums rather than means, because sums add up: an hour is the sum of its twelve parts and of its raw
    readings. A quantity without a known reading has count 0.
    """

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, db_index=False)
    starts_at = models.DateTimeField()
    samples = models.PositiveIntegerField()
    hashing_samples = models.PositiveIntegerField(default=0)
    hashrate_ths_sum = models.FloatField(default=0)
    hashrate_ths_count = models.PositiveIntegerField(default=0)
    power_w_sum = models.FloatField(default=0)
    power_w_count = models.PositiveIntegerField(default=0)
    chip_temp_c_sum = models.FloatField(default=0)
    chip_temp_c_count = models.PositiveIntegerField(default=0)
    chip_temp_c_max = models.FloatField(null=True)
    vr_temp_c_sum = models.FloatField(default=0)
    vr_temp_c_count = models.PositiveIntegerField(default=0)
    fan_percent_sum = models.FloatField(default=0)
    fan_percent_count = models.PositiveIntegerField(default=0)
    frequency_mhz_sum = models.FloatField(default=0)
    frequency_mhz_count = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.miner_id} {self.starts_at:%Y-%m-%d %H:%M}"

    def mean(self, quantity: str) -> float | None:
        """Return the mean of a quantity over its known readings, None without any."""
        count = getattr(self, f"{quantity}_count")
        return getattr(self, f"{quantity}_sum") / count if count else None


class FiveMinuteMean(PeriodSums):
    """Five minutes of one miner."""

    LENGTH = timedelta(minutes=5)

    class Meta(PeriodSums.Meta):
        constraints = [
            models.UniqueConstraint(fields=["miner", "starts_at"], name="one_five_minute_row_of_a_miner"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="five_minutes_by_time")]


class HourlyMean(PeriodSums):
    """An hour of one miner."""

    LENGTH = timedelta(hours=1)

    class Meta(PeriodSums.Meta):
        constraints = [
            models.UniqueConstraint(fields=["miner", "starts_at"], name="one_hourly_row_of_a_miner"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="hours_by_time")]


def period_start(moment: datetime, length: timedelta) -> datetime:
    """Return the start of the period a moment lies in, counted from the epoch."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, tz=moment.tzinfo)
