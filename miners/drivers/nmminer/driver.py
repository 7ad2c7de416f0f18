"""NMMiner over HTTP where it has a web server, and what may be sent to and heard from the older ones."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from hmm.hosts import AddressRefusedError, check_address
from hmm.net import send_datagram
from miners.drivers.base import (
    Board,
    Heard,
    NotAMinerError,
    PoolTarget,
    Reading,
    RefusedError,
    UnreachableError,
)
from miners.drivers.esp_http import EspHttp
from miners.drivers.nmminer import wire
from miners.drivers.thresholds import Thresholds

SECOND_QUESTION_WITHIN_S = 4.0  # of the first; both together stay within a lease


class NMMiner(EspHttp):
    """One NMMiner at one address. Its generation is told by what it shows, not by its label."""

    kind: ClassVar[str] = "nmminer"
    label: ClassVar[str] = "NMMiner"
    start_time_s: ClassVar[int] = 60
    system_name: ClassVar[str] = "NMMiner"
    thresholds: ClassVar[Thresholds] = Thresholds(chip_warn_c=80.0, chip_critical_c=90.0)
    is_lottery: ClassVar[bool] = True
    broadcast_port: ClassVar[int] = 12345
    configuration_port: ClassVar[int] = 12347
    tls_needs: ClassVar[str] = "every version"
    silent_after_s: ClassVar[int] = 60

    def read(self, *, board: Board | None = None) -> Reading:
        """Ask for the state and for the configured pools; without them, for the list of generation 2."""
        del board  # there is one mode
        began = time.monotonic()
        info = self.ask("/api/system/info")
        if info is None:
            return self.read_list()
        reading = wire.reading(info)
        if time.monotonic() - began > SECOND_QUESTION_WITHIN_S:
            return reading
        return wire.reading(info, self.ask("/api/setting/mining"))

    def read_list(self) -> Reading:
        answer = self.ask("/swarm")
        if answer is None:
            raise NotAMinerError(f"Something answers at {self.address}, and it is no NMMiner.")
        return wire.swarm_reading(answer, self.address.host)

    @staticmethod
    def heard(datagram: bytes) -> Heard:
        return wire.heard(datagram)

    def set_pool(self, target: PoolTarget) -> None:
        """Write the first pool; it counts at the next connection or after a restart."""
        self._expect_ok(self._exchange("POST", "/api/setting/mining", wire.pool_setting(target)), "POST")

    @classmethod
    def takes_tls(cls, firmware: str) -> bool:
        del firmware
        return True

    def configure(self, template: Mapping[str, Any], target: PoolTarget | None, *, port: int) -> None:
        """Send the whole configuration to this device alone. Nothing acknowledges it; the device restarts.

        Raise PayloadError, and send nothing, when the template is not whole.
        """
        try:
            ip = str(check_address(self.address.host))
            send_datagram(self.address.host, port, wire.configuration(template, ip=ip, target=target))
        except AddressRefusedError as error:
            raise RefusedError(str(error)) from error
        except OSError as error:
            raise UnreachableError(f"Nothing could be sent to {self.address.host}: {error}.") from error

    def restart(self) -> None:
        self.act("/api/system/restart")

    def identify(self) -> None:
        self.act("/api/swarm/find")
