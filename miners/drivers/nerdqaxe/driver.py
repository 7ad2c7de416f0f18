"""NerdOS: what a NerdQaxe and its relatives are asked and told."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from miners.drivers.base import Board, PoolTarget, Preset, Reading
from miners.drivers.boards import check_preset
from miners.drivers.esp_http import ProvableEsp
from miners.drivers.esp_wire import flat_pool_patch, tuning_patch
from miners.drivers.nerdqaxe import boards, wire
from miners.drivers.thresholds import Thresholds
from miners.drivers.totp import code_at


class NerdQaxe(ProvableEsp):
    """One NerdOS device at one address."""

    kind: ClassVar[str] = "nerdqaxe"
    label: ClassVar[str] = "NerdQaxe"
    system_name: ClassVar[str] = "NerdOS"
    thresholds: ClassVar[Thresholds] = Thresholds(chip_warn_c=64.0, chip_critical_c=68.0)  # it trips at 70
    start_time_s: ClassVar[int] = 180
    modes: ClassVar[tuple[str, ...]] = ("eco", "standard", "turbo", "oc")
    pause_needs: ClassVar[str] = "v1.0.36"
    resume_restarts: ClassVar[bool] = True
    harmless_switch: ClassVar[str] = "autoscreenoff"

    # --- reads ------------------------------------------------------------------------------------

    def read(self, *, board: Board | None = None) -> Reading:
        return wire.reading(self.info(), board=board)

    def board(self, reading: Reading) -> Board:
        """Ask for the option lists (v1.0.32 and later); older firmware redirects and is looked up in the table."""
        return boards.board(
            device_model=reading.model,
            asic_model=reading.asic_model,
            chips=reading.chip_count,
            asic=self.ask("/api/system/asic"),
        )

    # --- writes -----------------------------------------------------------------------------------

    def set_tuning(self, preset: Preset, *, board: Board, with_consent: bool = False) -> None:
        """Write clock and core voltage, as whole numbers: a fraction would be ignored with a 200."""
        check_preset(preset, board, with_consent=with_consent, cap=boards.cap_of(board))
        self.patch(tuning_patch(preset))

    def set_fan(self, percent: int | None) -> None:
        self.check_fan(percent)
        self.patch(wire.fan_patch(percent, self.info(to_write=True) if percent is None else None))

    def set_pool(self, target: PoolTarget) -> None:
        """Write the first pool; from v1.0.35 on it counts at once. A second, in dual mode, keeps its share."""
        self.patch(flat_pool_patch(target))

    def pause(self) -> None:
        """Stop the chips (v1.0.36 and later); the device goes on answering."""
        self.act("/api/system/shutdown")

    def resume(self) -> None:
        """Restart: nothing else brings the chips back."""
        self.restart()

    def restart(self) -> None:
        self.act("/api/system/restart")

    # --- the lock ---------------------------------------------------------------------------------

    def headers(self, method: str) -> Mapping[str, str]:
        """Carry the one-time code with what changes something; a typed one before one made from the secret."""
        options = self.options
        if method == "GET" or not (options.code or options.secret):
            return {}
        return {"X-TOTP": options.code or code_at(options.secret, time.time())}

    def unauthorized(self, method: str) -> str:
        if method == "GET":
            return super().unauthorized(method)
        if self.options.code or self.options.secret:
            return f"{self.address} did not take the one-time code. Is it the newest, and are both clocks right?"
        return f"{self.address} is locked with a one-time code (OTP). Type the one your app shows."

    def switch_body(self, *, on: bool) -> dict[str, Any]:
        return {self.harmless_switch: on}  # real booleans here, numbers in AxeOS
