"""What the log says of requests that were answered with a no."""

import logging

from django.core.exceptions import PermissionDenied

BAD_INPUT = 422


class Plainly(logging.Filter):
    """A refusal is one line, without the code that refused; a mistyped form was told to who typed it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
            record.exc_info = record.exc_text = None
        return getattr(record, "status_code", None) != BAD_INPUT
