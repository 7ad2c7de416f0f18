class CannotStartError(Exception):
    """The product cannot start; the message says what is in the way and what to do."""
