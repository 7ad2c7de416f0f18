"""The web server of an ESP32 miner: one request, one answer, failures in our words.

AxeOS and its relatives share it; what a family says differently stands in its driver.
"""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

from hmm.hosts import AddressRefusedError
from hmm.net import TOTAL_S, HttpAnswer, exchange
from miners.drivers.base import (
    NO_OPTIONS,
    Address,
    DriverError,
    NotAMinerError,
    Options,
    PayloadError,
    RefusedError,
    Transport,
    TryLaterError,
    UnreachableError,
    UnsafeSettingError,
    WrongProtocolError,
)
from miners.drivers.fields import flag

OK, NO_CONTENT, UNAUTHORIZED, NOT_FOUND, UNAVAILABLE = 200, 204, 401, 404, 503
BOOTS_IN_S = 15
REDIRECTS = range(300, 400)


_answers: ContextVar[dict[tuple[Address, str], HttpAnswer | DriverError] | None] = ContextVar("answers", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Let families judge the same answer inside: one path has several shapes, and a small board is asked but once."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


class EspHttp:
    """What every driver of such a device stands on. It holds no state beyond the address."""

    transport: ClassVar[Transport] = Transport.HTTP
    default_port: ClassVar[int] = 80
    system_name: ClassVar[str] = "AxeOS"
    info_path: ClassVar[str] = "/api/system/info"
    fan_min_percent: ClassVar[int] = 20  # less cooks a chip that mines

    def __init__(self, address: Address, options: Options = NO_OPTIONS) -> None:
        self.address = address
        self.options = options
        self.ends_at: float | None = None  # of several exchanges that belong together, on the monotonic clock

    def info(self, *, to_write: bool = False) -> Any:
        """Return what the device tells of itself. Raise NotAMinerError where nothing of the kind answers.

        `to_write`: an order follows, which a device that is starting takes later.
        """
        answer = self.ask(self.info_path, method="PATCH" if to_write else "GET")
        if answer is None:
            raise NotAMinerError(f"Something answers at {self.address}, and it is no {self.system_name} device.")
        return answer

    def ask(self, path: str, *, method: str = "GET") -> Any:
        """Return the JSON at a path, None where the device does not know it. `method` is what it is asked for."""
        answer = self._exchange("GET", path)
        if is_unknown(answer):
            return None
        self._expect_ok(answer, method)
        return self._json(answer)

    def patch(self, body: dict[str, Any]) -> None:
        self._expect_ok(self._exchange("PATCH", "/api/system", body), "PATCH")

    def act(self, path: str) -> None:
        """Give an order without a body. Raise RefusedError for one the firmware does not know."""
        answer = self._exchange("POST", path)
        if is_unknown(answer):
            raise RefusedError(f"The firmware at {self.address} does not know {path.rsplit('/', 1)[-1]}.")
        self._expect_ok(answer, "POST")

    def check_fan(self, percent: int | None) -> None:
        """Raise UnsafeSettingError, before anything is sent, for a duty the fan must not have."""
        if percent is not None and not self.fan_min_percent <= percent <= 100:
            raise UnsafeSettingError(
                f"A fan runs at {self.fan_min_percent} to 100 %, not {percent}; nothing was sent."
            )

    # --- the wire ---------------------------------------------------------------------------------

    def headers(self, method: str) -> Mapping[str, str]:
        """Return what a request carries beside the usual."""
        del method
        return {}

    def unauthorized(self, method: str) -> str:
        del method
        return f"{self.address} answers 401: it takes orders from private networks only. Is HMM in the same network?"

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None = None) -> HttpAnswer:
        kept = _answers.get() if method == "GET" else None
        if kept is None:
            return self._send(method, path, body)
        place = (self.address, path)
        if place not in kept:
            try:
                kept[place] = self._send(method, path, body)
            except DriverError as error:
                kept[place] = error
        answer = kept[place]
        if isinstance(answer, DriverError):
            raise answer
        return answer

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> HttpAnswer:
        address, headers = self.address, self.headers(method)
        left_s = TOTAL_S if self.ends_at is None else min(TOTAL_S, max(0.1, self.ends_at - time.monotonic()))
        try:
            return exchange(address.host, address.port, method, path, json=body, headers=headers, total_s=left_s)
        except AddressRefusedError as error:
            raise RefusedError(str(error)) from error
        except http.client.RemoteDisconnected as error:
            raise PayloadError(f"{address} hung up without an answer.") from error
        except http.client.BadStatusLine as error:
            raise WrongProtocolError(f"The answer from {address} is no HTTP: {type(error).__name__}.") from error
        except http.client.HTTPException as error:
            raise PayloadError(f"The answer from {address} is cut off or no HTTP: {type(error).__name__}.") from error
        except TimeoutError as error:
            raise UnreachableError(f"No answer from {address} in time. Is the miner powered?") from error
        except OSError as error:
            raise UnreachableError(
                f"No connection to {address}: {error.strerror or error}. Is the miner powered?"
            ) from error

    def _expect_ok(self, answer: HttpAnswer, method: str = "GET") -> None:
        if answer.status in {OK, NO_CONTENT}:
            return
        if answer.status == UNAUTHORIZED:
            raise RefusedError(self.unauthorized(method))
        if answer.status == UNAVAILABLE and method != "GET":
            raise TryLaterError(f"{self.address} takes no orders yet, it is starting.", again_s=BOOTS_IN_S)
        words = answer.body[:80].decode("utf-8", "replace").strip()
        raise RefusedError(f"{self.address} answers {answer.status}: {words}")

    def _json(self, answer: HttpAnswer) -> Any:
        if not answer.body:
            raise PayloadError(f"{self.address} answers with nothing.")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise PayloadError(f"{self.address} answers with something that is no JSON.") from error


class ProvableEsp(EspHttp):
    """A family among whose devices are forks: one can show that it takes settings and keeps them."""

    harmless_switch: ClassVar[str]  # a setting that changes how nothing mines

    def prove(self, *, total_s: float) -> None:
        """Flip the harmless switch, read it back, put it back and read again, all before one deadline."""
        self.ends_at = time.monotonic() + total_s
        try:
            before = self.switch()
            for wanted in (not before, before):
                self.patch(self.switch_body(on=wanted))
                if self.switch() is not wanted:
                    raise RefusedError(
                        f"{self.address} answers well to a setting ({self.harmless_switch}) and does not keep it."
                    )
        finally:
            self.ends_at = None

    def switch(self) -> bool:
        """Return the harmless switch. Raise RefusedError where the device does not show one."""
        info = self.info()
        shown = flag(info, self.harmless_switch) if isinstance(info, Mapping) else None
        if shown is None:
            raise RefusedError(
                f"{self.address} shows no {self.harmless_switch}, so nothing harmless can be tried on it."
            )
        return shown

    def switch_body(self, *, on: bool) -> dict[str, Any]:
        return {self.harmless_switch: int(on)}


def is_unknown(answer: HttpAnswer) -> bool:
    """Tell whether the path is not known there: older firmware redirects to its pages instead of a 404."""
    return answer.status in REDIRECTS or answer.status == NOT_FOUND or is_html(answer)


def is_html(answer: HttpAnswer) -> bool:
    """Tell whether a page came, also with an error: what these devices refuse, they refuse in plain words."""
    return answer.body.lstrip()[:1] == b"<"
