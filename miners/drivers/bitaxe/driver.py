"""AxeOS: what a Bitaxe is asked and told."""

from typing import ClassVar

from miners.drivers.base import Board, PoolTarget, Preset, Reading, RefusedError
from miners.drivers.bitaxe import boards, wire
from miners.drivers.boards import check_preset
from miners.drivers.esp_http import ProvableEsp
from miners.drivers.esp_wire import tuning_patch
from miners.drivers.fields import since, whole


class Bitaxe(ProvableEsp):
    """One Bitaxe-family device at one address."""

    kind: ClassVar[str] = "bitaxe"
    label: ClassVar[str] = "Bitaxe"
    start_time_s: ClassVar[int] = 180
    warn_chip_temp_c: ClassVar[float] = 70.0  # a line in the charts; the firmware steps down at 75
    modes: ClassVar[tuple[str, ...]] = ("eco", "standard", "turbo", "oc")
    pause_needs: ClassVar[str] = "v2.14"
    mdns_service: ClassVar[str] = "_axeos._sub._http._tcp.local."  # from v2.15 on
    tls_needs: ClassVar[str] = "v2.13"
    harmless_switch: ClassVar[str] = "overclockEnabled"  # a mark of the device's own pages

    # --- reads ------------------------------------------------------------------------------------

    def read(self, *, board: Board | None = None) -> Reading:
        return wire.reading(self.info(), board=board)

    def board(self, reading: Reading) -> Board:
        """Ask for the option lists (2.7 and later); older firmware and forks are looked up in the table."""
        return boards.board(
            asic_model=reading.asic_model,
            board_version=reading.board_version,
            chips=reading.chip_count,
            asic=self.ask("/api/system/asic"),
        )

    # --- writes -----------------------------------------------------------------------------------

    def set_tuning(self, preset: Preset, *, board: Board, with_consent: bool = False) -> None:
        """Write clock and core voltage. Raise UnsafeSettingError, and send nothing, outside the limits."""
        check_preset(preset, board, with_consent=with_consent, cap=boards.cap_of(board))
        self.patch(tuning_patch(preset))

    def set_fan(self, percent: int | None) -> None:
        self.check_fan(percent)
        self.patch(wire.fan_patch(percent))

    def set_pool(self, target: PoolTarget) -> None:
        """Write the first pool; it counts after a restart. Which interface is meant is asked of the device."""
        info = self.info(to_write=True)
        if target.tls and not wire.speaks_tls(info):
            raise RefusedError(f"This firmware speaks no TLS to a pool; {self.tls_needs} and later do.")
        has_list = isinstance(info, dict) and wire.has_pool_list(info)
        primary = whole(info, "primaryPoolIndex") if has_list else None
        self.patch(wire.pool_patch(target, uses_pool_list=has_list, primary=primary, info=info))

    @classmethod
    def takes_tls(cls, firmware: str) -> bool:
        return since(firmware, wire.TLS_SINCE)

    def pause(self) -> None:
        self.act("/api/system/pause")

    def resume(self) -> None:
        self.act("/api/system/resume")

    def restart(self) -> None:
        self.act("/api/system/restart")

    def identify(self) -> None:
        self.act("/api/system/identify")

    def clear_overheat(self) -> None:
        self.patch({"overheat_mode": 0})
