"""One question to a source over HTTP, its failures in the words of back ends."""

from collections.abc import Mapping
from http import HTTPStatus

from hmm import outside
from pools.backends.base import PayloadError, RefusedError, UnreachableError
from pools.backends.http import retry_after
from pools.coin_sources.base import Asked

LIMIT = 2 * 1024 * 1024  # bytes
TOTAL_S = 20.0
TOO_OFTEN = {402, 429, 430}  # how services say that we ask too often


def get(asked: Asked, path: str, *, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the body of a GET. Raise a BackendError."""
    address = f"{asked.url.rstrip('/')}/{path}"
    try:
        answer = outside.ask(address, headers=headers, total_s=TOTAL_S, limit=LIMIT, guarded=asked.guarded)
    except outside.TooLongError as error:
        raise PayloadError("The answer is far too long.") from error
    except outside.RefusedAddressError as error:
        raise RefusedError(str(error)) from error
    except outside.OutsideError as error:
        raise UnreachableError(f"No answer: {error}.") from error
    return body_of(answer)


def body_of(answer: outside.Answer) -> bytes:
    if answer.status in TOO_OFTEN:
        raise UnreachableError("The service asks for fewer requests.", retry_after_s=retry_after(answer))
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise RefusedError(f"The service refuses us ({answer.status}).")
    if answer.status != HTTPStatus.OK:
        raise UnreachableError(f"The service answers {answer.status}.", retry_after_s=retry_after(answer))
    return answer.content
