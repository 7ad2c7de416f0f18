"""One question to a pool's statistics, its failures in the words of back ends."""

from collections.abc import Mapping

from hmm import outside
from pools.backends.base import Account, PayloadError, RefusedError, UnreachableError

LIMIT = 2 * 1024 * 1024  # bytes
TOTAL_S = 20.0


def get(
    account: Account, address: str, *, headers: Mapping[str, str] | None = None, missing_ok: bool = False
) -> bytes | None:
    """Return the body of a GET; None for a 404 where that is an answer. Raise a BackendError."""
    try:
        answer = outside.ask(address, headers=headers, total_s=TOTAL_S, limit=LIMIT, guarded=account.guarded)
    except outside.TooLongError as error:
        raise PayloadError("The pool's answer is far too long.") from error
    except outside.RefusedAddressError as error:
        raise RefusedError(str(error)) from error
    except outside.OutsideError as error:
        raise UnreachableError(f"The pool's statistics do not answer: {error}.") from error
    return body_of(answer, missing_ok=missing_ok)


def body_of(answer: outside.Answer, *, missing_ok: bool) -> bytes | None:
    if answer.status == 404 and missing_ok:
        return None
    if answer.status in {401, 403}:
        raise RefusedError(f"The pool refuses the request ({answer.status}). Check the token and what it may read.")
    if answer.status == 429:
        raise UnreachableError("The pool asks for fewer requests.", retry_after_s=retry_after(answer))
    if 300 <= answer.status < 400:
        raise PayloadError("The pool sends us elsewhere; write the statistics address it uses now.")
    if answer.status != 200:
        raise UnreachableError(f"The pool's statistics answer {answer.status}.", retry_after_s=retry_after(answer))
    return answer.content


def retry_after(answer: outside.Answer) -> float | None:
    text = str(answer.headers.get("Retry-After", ""))
    return min(float(text), 86_400.0) if text.isascii() and text.isdigit() else None
