"""Home Assistant over REST: sockets and time-outs, and its answers turned into our errors. No retry, no database."""

import http.client
import json
import ssl
from typing import Any, ClassVar

from hmm.hosts import AddressRefusedError
from hmm.net import HttpAnswer, exchange, tls_context
from miners.switches.base import (
    BannedError,
    Entity,
    PlugState,
    Snapshot,
    SwitchBusyError,
    SwitchPayloadError,
    SwitchRefusedError,
    SwitchUnreachableError,
    TokenRejectedError,
)
from miners.switches.home_assistant import wire

CONNECT_S, READ_S, LIST_S = 5.0, 10.0, 20.0
LIST_LIMIT = 16_000_000  # bytes; a big house lists thousands of states


class HomeAssistant:
    """One server, one token."""

    kind: ClassVar[str] = "home_assistant"
    label: ClassVar[str] = "Home Assistant"

    def __init__(self, url: str, token: str, *, verify_tls: bool = True) -> None:
        scheme, self.host, self.port = wire.base_url_parts(url)
        self.tls = tls_context(verify=verify_tls) if scheme == "https" else None
        self._token = token

    def read_all(self) -> Snapshot:
        """Return what there is. Three exchanges; the first two say what is wrong in few bytes."""
        words = self._json("GET", "/api/config", read_s=READ_S)
        if not isinstance(words, dict) or "version" not in words:
            raise SwitchPayloadError(f"Something answers at {self.host}:{self.port}, but not Home Assistant.")
        core = self._json("GET", "/api/core/state", read_s=READ_S, missing_is={"state": "RUNNING"})
        is_running = not isinstance(core, dict) or core.get("state") in {None, "RUNNING"}
        states = self._json("GET", "/api/states", read_s=LIST_S)
        return Snapshot(
            version=wire.printable(words["version"])[:20], is_running=is_running, entities=wire.entities_of(states)
        )

    def read(self, entity: str) -> Entity:
        """Return one entity; what is not there is `missing`."""
        if not wire.is_entity_id(entity):
            raise SwitchRefusedError(f"{entity!r:.80} is no entity of Home Assistant.")
        raw = self._json("GET", f"/api/states/{entity}", read_s=READ_S, missing_is=None)
        return Entity(entity=entity, state=PlugState.MISSING) if raw is None else wire.entity_of(raw)

    def switch(self, entity: str, *, on: bool) -> None:
        """Ask for a state. A 200 is no proof: it also comes for a plug that is gone, unavailable or stuck."""
        if not wire.is_entity_id(entity):
            raise SwitchRefusedError(f"{entity!r:.80} is no entity of Home Assistant.")
        path, body = wire.service_call(entity, on=on)
        self._json("POST", path, body=body, read_s=READ_S)

    # --- one exchange -----------------------------------------------------------------------------

    def _json(self, method: str, path: str, *, body: Any = None, read_s: float, **missing: Any) -> Any:
        answer = self._ask(method, path, body=body, read_s=read_s)
        if answer.status == 404 and "missing_is" in missing:
            return missing["missing_is"]
        self._check(answer)
        try:
            return json.loads(answer.body)
        except ValueError as error:
            words = f"Something answers at {self.host}:{self.port}, but not Home Assistant. Check address and port."
            raise SwitchPayloadError(words) from error

    def _ask(self, method: str, path: str, *, body: Any, read_s: float) -> HttpAnswer:
        where = f"{self.host}:{self.port}"
        try:
            return exchange(
                self.host,
                self.port,
                method,
                path,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
                tls=self.tls,
                total_s=CONNECT_S + read_s,
                connect_s=CONNECT_S,
                limit=LIST_LIMIT,
            )
        except AddressRefusedError as error:
            raise SwitchRefusedError(str(error)) from error
        except ssl.SSLCertVerificationError as error:
            words = f"The certificate of {where} is not trusted: {error.verify_message}."
            raise SwitchUnreachableError(f"{words} Switch off the check if it is your own.") from error
        except ssl.SSLError as error:
            raise SwitchUnreachableError(f"{where} does not speak https. Try http:// instead.") from error
        except TimeoutError as error:
            raise SwitchUnreachableError(f"No answer from {where} in {CONNECT_S + read_s:g} s.") from error
        except ConnectionRefusedError as error:
            raise SwitchUnreachableError(f"{where} takes no connections. Is Home Assistant running?") from error
        except OSError as error:
            raise SwitchUnreachableError(f"{where} cannot be reached: {error.strerror or error}.") from error
        except http.client.HTTPException as error:
            raise SwitchPayloadError(f"The answer of {where} broke off or is no HTTP.") from error

    def _check(self, answer: HttpAnswer) -> None:
        if answer.status in {200, 201}:
            return
        if answer.status == 401:
            raise TokenRejectedError(
                "Home Assistant rejects the token. Make a new long-lived access token there (your profile, Security)"
                " and type it in here."
            )
        if answer.status == 403:
            raise BannedError(
                "Home Assistant has banned this computer's address. Remove it from ip_bans.yaml there and restart it."
            )
        if answer.status >= 500 or answer.status == 429:
            raise SwitchBusyError(f"Home Assistant answered {answer.status}; one of its parts failed or it starts.")
        if 300 <= answer.status < 400:
            raise SwitchPayloadError(f"{self.host}:{self.port} sends us elsewhere. Write the final address.")
        raise SwitchRefusedError(f"Home Assistant refused it with {answer.status}.")
