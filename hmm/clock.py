"""Time at the edge: read once, handed down."""

from datetime import UTC, datetime, timedelta

SLACK = timedelta(seconds=30)  # what was noted for later than this was noted before the clock was set back


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(tz=UTC)
