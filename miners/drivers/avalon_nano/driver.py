"""Avalon home miners: what a Nano 3, Nano 3S, Avalon Q or Mini 3 is asked and told.

A call may need several requests; they share one deadline and one lease. The Nano 3S has no `restart`, `addpool`
or `softoff`: what is sent here is what its firmware lists.
"""

from typing import ClassVar

from miners.drivers.avalon_nano import slots, wire
from miners.drivers.avalon_nano.cgminer import Conversation
from miners.drivers.avalon_nano.products import BY_LABEL, MODES, Model, mode_number, model_named
from miners.drivers.avalon_nano.replies import Section, expect, rows_of, status_of, words_of
from miners.drivers.base import (
    NO_OPTIONS,
    Address,
    Board,
    Options,
    PayloadError,
    PoolTarget,
    Reading,
    RefusedError,
    Transport,
    UnreachableError,
    UnsafeSettingError,
)
from miners.drivers.thresholds import Thresholds

READS = ("summary", "stats", "pools")
STANDBY_AFTER_S = 5  # in the device's own time
FAN_AUTO = -1
LOGIN_WRONG = ("username err", "userpass err")


class AvalonNano:
    """One Avalon home miner at one address."""

    kind: ClassVar[str] = wire.KIND
    label: ClassVar[str] = "Avalon Nano"
    transport: ClassVar[Transport] = Transport.TCP
    default_port: ClassVar[int] = 4028
    thresholds: ClassVar[Thresholds] = Thresholds(chip_warn_c=103.0, chip_critical_c=108.0)  # 95 to 98 is normal
    start_time_s: ClassVar[int] = 720  # boot and calibration
    settle_time_s: ClassVar[int] = 300  # the API may be closed for two minutes after a boot or another mode
    modes: ClassVar[tuple[str, ...]] = MODES
    slot_count: ClassVar[int] = slots.SLOTS
    fan_min_percent: ClassVar[int] = 30  # it takes less; a fan that is fixed too low cooks the chips

    def __init__(self, address: Address, options: Options = NO_OPTIONS) -> None:
        self.address = address
        self.options = options

    # --- reads ------------------------------------------------------------------------------------

    def read(self, *, board: Board | None = None) -> Reading:
        """Read in one joined request; `version` comes before it at the first contact only."""
        talk = Conversation(self.address)
        version = wire.identity(talk.ask("version")) if board is None else None
        answers = {name: expect(answer, what=name) for name, answer in talk.ask_all(*READS).items()}
        return wire.reading(
            stats=answers["stats"],
            summary=answers["summary"],
            pools=answers["pools"],
            version=version,
            board=board,
        )

    def board(self, reading: Reading) -> Board:
        """Return which product it is. There are no clocks to be set, so there are neither presets nor limits."""
        return Board(
            model=reading.model,
            asic_model=reading.asic_model,
            chip_count=reading.chip_count,
            small_core_count=None,
            presets={},
            limits=None,
            oc_limits=None,
            source="reported",
            serial=reading.serial,
        )

    # --- writes -----------------------------------------------------------------------------------

    def set_mode(self, mode: str, *, board: Board | None = None) -> None:
        """Set low, med or high; it counts at once, and a calibration of several minutes follows."""
        talk = Conversation(self.address)
        model = self._model(talk, board)
        self._set(talk, f"0,{model.mode_option},set,{mode_number(model, mode)}", what=f"Mode {mode}")

    def set_fan(self, percent: int | None) -> None:
        if percent is not None and not self.fan_min_percent <= percent <= 100:
            raise UnsafeSettingError(
                f"A fan runs at {self.fan_min_percent} to 100 %, not {percent}; nothing was sent."
            )
        self._set(Conversation(self.address), f"0,fan-spd,{FAN_AUTO if percent is None else percent}", what="Fan")

    def restart(self) -> None:
        """Reboot. An answer that is cut off by the reboot itself is a yes."""
        talk = Conversation(self.address)
        try:
            self._set(talk, "0,reboot,0", what="Restart")
        except (UnreachableError, PayloadError):
            if not talk.connected:
                raise

    def pause(self) -> None:
        self._stand_by("softoff")

    def resume(self) -> None:
        self._stand_by("softon")

    # --- pools ------------------------------------------------------------------------------------

    def use_pool(self, target: PoolTarget) -> bool:
        """Switch to the slot that holds the pool; else write the slot that is missed least.

        Raise RefusedError, and write nothing more, when the device says no; a restart never follows that.
        """
        talk = Conversation(self.address)
        listed = expect(talk.ask("pools"), what="pools")
        entries = slots.entries_of(rows_of(listed, "POOLS"))
        position = slots.slot_holding(entries, target)
        if position is not None:
            self._switch(talk, position)
            return False
        self._write(talk, slots.slot_to_write(entries), target)
        return True

    def switch_slot(self, position: int) -> None:
        """Work for a slot at once. The device forgets it at its next restart."""
        self._switch(Conversation(self.address), position)

    def write_slot(self, position: int, target: PoolTarget) -> None:
        """Write a slot; it counts, and shows, only after a restart."""
        self._write(Conversation(self.address), position, target)

    def _switch(self, talk: Conversation, position: int) -> None:
        if not 0 <= position < self.slot_count:
            raise UnsafeSettingError(f"There is no pool slot {position}; nothing was sent.")
        expect(talk.ask("switchpool", str(position)), what=f"Pool slot {position}")

    def _write(self, talk: Conversation, position: int, target: PoolTarget) -> None:
        user, password = self.options.user, self.options.password
        if not user or not password:
            own = self._model(talk, None).web_user
            user, password = user or own, password or own
        parameter = slots.setpool_parameter(position, target, user=user, password=password)
        answer = talk.ask("setpool", parameter)
        # The device's words hold the pool's password, so they go no further.
        said = words_of(answer)
        words = "it does not take this pool."
        if any(wrong in said for wrong in LOGIN_WRONG):
            words = "its own user or password is another one. Type them in on the miner's page, under Edit."
        expect(answer, what=f"Pool slot {position}", words=words)

    # --- the wire ---------------------------------------------------------------------------------

    def _model(self, talk: Conversation, board: Board | None) -> Model:
        if board is not None and board.model in BY_LABEL:
            return BY_LABEL[board.model]
        version = wire.identity(talk.ask("version"))
        return model_named(str(version.get("MODEL", "")))

    def _set(self, talk: Conversation, parameter: str, *, what: str) -> Section:
        return expect(talk.ask("ascset", parameter), what=what)

    def _stand_by(self, option: str) -> None:
        """Order standby or its end, at an instant in the device's time: its clock may be anything."""
        talk = Conversation(self.address)
        answer = talk.ask("version")
        model = model_named(str(wire.identity(answer).get("MODEL", "")))
        if not model.has_standby:
            raise RefusedError(f"{model.label} cannot stand by; its lowest mode is the least it runs.")
        when = status_of(answer).get("When")
        if not isinstance(when, int) or isinstance(when, bool):
            raise PayloadError("The device does not say what time it has.")
        self._set(talk, f"0,{option},1:{when + STANDBY_AFTER_S}", what="Standby")
