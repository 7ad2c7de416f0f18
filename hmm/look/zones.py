"""The household's time zone."""

from zoneinfo import ZoneInfo

from django.conf import settings


def local_zone() -> ZoneInfo:
    """Return the zone all times are shown in."""
    return ZoneInfo(settings.TIME_ZONE)
