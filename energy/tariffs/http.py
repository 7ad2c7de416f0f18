"""One question to a supplier over HTTP, its failures in the words of tariffs."""

from energy.tariffs.base import DataError, TemporaryError
from hmm import outside
from hmm.outside import TOTAL_S, Answer


def ask(address: str, *, total_s: float = TOTAL_S) -> Answer:
    """Return the answer to a GET, whatever its status. Raise TemporaryError without one, DataError for a flood."""
    try:
        return outside.ask(address, total_s=total_s)
    except outside.TooLongError as error:
        raise DataError("The price feed's answer is far too long.") from error
    except outside.OutsideError as error:
        raise TemporaryError(f"The price feed does not answer: {error}.") from error
