"""Devices that tell of themselves: those heard and not stored yet, and what the stored ones are configured with."""

from datetime import datetime, timedelta

from django.db import models

from hmm.secrets import EncryptedTextField
from miners.models.miner import Miner

HEARD_LATELY = timedelta(minutes=10)


class HeardQuerySet(models.QuerySet["HeardDevice"]):
    """Reads of heard devices."""

    def lately(self, now: datetime) -> "HeardQuerySet":
        return self.filter(heard_at__gt=now - HEARD_LATELY, heard_at__lte=now + HEARD_LATELY)


class HeardDevice(models.Model):
    """A device that was heard and is not stored; the number of rows is capped, anybody can send datagrams."""

    kind = models.CharField("family", max_length=20)
    host = models.CharField("address", max_length=45, unique=True)
    model = models.CharField(max_length=60, blank=True)
    firmware = models.CharField(max_length=60, blank=True)
    hashrate_ths = models.FloatField(null=True)
    datagram = models.BinaryField()
    heard_at = models.DateTimeField()

    objects = HeardQuerySet.as_manager()

    class Meta:
        ordering = ["host"]

    def __str__(self) -> str:
        return f"{self.model or self.kind} at {self.host}"


class DeviceTemplate(models.Model):
    """The whole configuration of one device, typed in once; it holds the Wi-Fi password, so it is sealed."""

    miner = models.OneToOneField(Miner, on_delete=models.CASCADE, primary_key=True, related_name="template")
    sealed = EncryptedTextField()  # JSON
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Configuration of {self.miner_id}"
