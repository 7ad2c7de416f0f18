"""Every write of notifications; incidents are what other apps call."""

from notifications.services.incidents import announce, close_incident, open_incident

__all__ = ["announce", "close_incident", "open_incident"]
