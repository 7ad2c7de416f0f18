"""AxeOS over HTTP: one request, one answer, failures in our words."""

import http.client
import json
from typing import Any, ClassVar

from hmm.net import AddressRefusedError, HttpAnswer, exchange
from miners.drivers.base import (
    Address,
    Board,
    NotAMinerError,
    PayloadError,
    PoolTarget,
    Preset,
    Reading,
    RefusedError,
    UnreachableError,
    UnsafeSettingError,
)
from miners.drivers.bitaxe import boards, wire
from miners.drivers.bitaxe.fields import whole

OK, UNAUTHORIZED, NOT_FOUND = 200, 401, 404
REDIRECTS = range(300, 400)


class Bitaxe:
    """One Bitaxe-family device at one address."""

    kind: ClassVar[str] = "bitaxe"
    label: ClassVar[str] = "Bitaxe"
    default_port: ClassVar[int] = 80
    start_time_s: ClassVar[int] = 180
    warn_chip_temp_c: ClassVar[float] = 70.0  # a line in the charts; the firmware steps down at 75
    modes: ClassVar[tuple[str, ...]] = ("eco", "standard", "turbo", "oc")
    pool_needs_restart: ClassVar[bool] = True

    def __init__(self, address: Address) -> None:
        self.address = address

    # --- reads ------------------------------------------------------------------------------------

    def read(self, *, board: Board | None = None) -> Reading:
        return wire.reading(self.info(), board=board)

    def info(self) -> Any:
        answer = self._exchange("GET", "/api/system/info")
        if answer.status in REDIRECTS or answer.status == NOT_FOUND or is_html(answer):
            raise NotAMinerError(f"Something answers at {self.address}, and it is no AxeOS device.")
        self._expect_ok(answer)
        return self._json(answer)

    def board(self, reading: Reading) -> Board:
        """Ask for the option lists (2.7 and later); older firmware and forks are looked up in the table."""
        answer = self._exchange("GET", "/api/system/asic")
        supported = answer.status not in REDIRECTS and answer.status != NOT_FOUND and not is_html(answer)
        if supported:
            self._expect_ok(answer)
        return boards.board(
            asic_model=reading.asic_model,
            board_version=reading.board_version,
            chips=reading.chip_count,
            asic=self._json(answer) if supported else None,
        )

    # --- writes -----------------------------------------------------------------------------------

    def set_tuning(self, preset: Preset, *, board: Board, with_consent: bool = False) -> None:
        """Write clock and core voltage. Raise UnsafeSettingError, and send nothing, outside the limits."""
        limits = board.oc_limits if with_consent else board.limits
        if limits is None or not limits.allow(preset):
            raise UnsafeSettingError(
                f"{preset.frequency_mhz} MHz at {preset.core_voltage_mv} mV is outside the limits of this board;"
                " nothing was sent."
            )
        self._patch(wire.tuning_patch(preset))

    def set_fan(self, percent: int | None) -> None:
        if percent is not None and not 0 <= percent <= 100:
            raise UnsafeSettingError(f"A fan runs at 0 to 100 %, not {percent}; nothing was sent.")
        self._patch(wire.fan_patch(percent))

    def set_pool(self, target: PoolTarget) -> None:
        """Write the first pool; it counts after a restart. Which interface is meant is asked of the device."""
        info = self.info()
        has_list = isinstance(info, dict) and wire.has_pool_list(info)
        primary = whole(info, "primaryPoolIndex") if has_list else None
        self._patch(wire.pool_patch(target, uses_pool_list=has_list, primary=primary, info=info))

    def pause(self) -> None:
        self._act("/api/system/pause")

    def resume(self) -> None:
        self._act("/api/system/resume")

    def restart(self) -> None:
        self._act("/api/system/restart")

    def identify(self) -> None:
        self._act("/api/system/identify")

    def clear_overheat(self) -> None:
        self._patch({"overheat_mode": 0})

    # --- the wire ---------------------------------------------------------------------------------

    def _patch(self, body: dict[str, Any]) -> None:
        self._expect_ok(self._exchange("PATCH", "/api/system", body))

    def _act(self, path: str) -> None:
        answer = self._exchange("POST", path)
        if answer.status in REDIRECTS or answer.status == NOT_FOUND:
            raise RefusedError(f"The firmware at {self.address} does not know {path.rsplit('/', 1)[-1]}.")
        self._expect_ok(answer)

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None = None) -> HttpAnswer:
        try:
            return exchange(self.address.host, self.address.port, method, path, json=body)
        except AddressRefusedError as error:
            raise RefusedError(str(error)) from error
        except http.client.HTTPException as error:
            raise PayloadError(
                f"The answer from {self.address} is cut off or no HTTP: {type(error).__name__}."
            ) from error
        except TimeoutError as error:
            raise UnreachableError(f"No answer from {self.address} in time. Is the miner powered?") from error
        except OSError as error:
            raise UnreachableError(
                f"No connection to {self.address}: {error.strerror or error}. Is the miner powered?"
            ) from error

    def _expect_ok(self, answer: HttpAnswer) -> None:
        if answer.status == OK:
            return
        words = answer.body[:80].decode("utf-8", "replace").strip()
        if answer.status == UNAUTHORIZED:
            raise RefusedError(
                f"{self.address} answers 401: it takes orders from private networks only. Is HMM in the same network?"
            )
        raise RefusedError(f"{self.address} answers {answer.status}: {words}")

    def _json(self, answer: HttpAnswer) -> Any:
        if not answer.body:
            raise PayloadError(f"{self.address} answers with nothing.")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise PayloadError(f"{self.address} answers with something that is no JSON.") from error


def is_html(answer: HttpAnswer) -> bool:
    return answer.status == OK and answer.body.lstrip()[:1] == b"<"
