"""The places in a miner's list of pools, as the device last showed them."""

from datetime import timedelta

from django.db import models

from miners.models.miner import Miner

SYNC_EVERY = timedelta(minutes=15)


class PoolSlot(models.Model):
    """One slot of one miner, filled or empty. Passwords are never read from a device, and never kept here."""

    miner = models.ForeignKey(Miner, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField(null=True)  # in the order the device tries them; none when empty
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(null=True)
    user = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, blank=True)  # in the device's words
    live = models.BooleanField(default=False)
    synced_at = models.DateTimeField()

    class Meta:
        ordering = ["miner", "position"]
        constraints = [
            models.UniqueConstraint(fields=["miner", "position"], name="one_row_for_each_slot_of_a_miner"),
        ]

    def __str__(self) -> str:
        return f"slot {self.position + 1}: {self.host or 'empty'}"

    @property
    def number(self) -> int:
        """Return the slot as people count: from 1."""
        return self.position + 1
