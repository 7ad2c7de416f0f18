"""An NMMiner that really broadcasts, really listens for its configuration, or really serves HTTP.

Up to v1.7.05 it only broadcasts; from v1.7.06 it also serves a list; from v2 on it answers over HTTP and
says nothing by itself. What it imitates is written in docs/develop/families/nmminer.md.
"""

import json
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hmm.simulation.server import Reply, Simulator
from miners.drivers.base import Address
from miners.drivers.nmminer.simulator_words import BOARDS, datagram_of, info_of, probe_of, swarm_of

HAS_LIST, HAS_API = (1, 7, 6), (2, 0, 0)
CONFIGURATION_MAX = 4096
POOL_KEYS = tuple(f"{which}{name}" for which in ("Primary", "Secondary") for name in ("Pool", "Address", "Password"))
QUIET_FAULTS = {"vanish", "silence"}


class NMMinerSimulator(Simulator):
    """One device. `tell_to` is where its broadcasts go; `tell()` sends one at once.

    Faults beside the usual: silence (no broadcasts), nonsense, oversize and spoof for the broadcasts.
    """

    known_faults = Simulator.known_faults | {"silence", "nonsense", "oversize", "spoof"}

    def __init__(
        self,
        board: str = "d0",
        firmware: str = "v2.0.04",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        hostname: str = "nm-cyd-000001",
        reboot_s: float = 6.0,
        tell_to: tuple[str, int] | None = None,
        configuration_port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(host=host, port=port, clock=clock)
        self.board, self.firmware, self.hostname = BOARDS[board], firmware, hostname
        self.version = tuple(int(part) for part in firmware.removeprefix("v").split("."))
        self.every_s = 2.0 if self.version < (1, 2, 1) else 5.0
        self.reboot_s = reboot_s
        self.dice = random.Random(seed)
        self.booted_at, self.down_until, self.up_before_s = clock() - 4000.0, 0.0, 2_000_000.0
        self.stalled = False
        self.lies_about: set[str] = set()
        self.best_ever = 38_170.0
        self.settings: dict[str, Any] = {
            "PrimaryPool": "stratum+tcp://pool.example.net:3333",
            "PrimaryAddress": "nobody.example",
            "PrimaryPassword": "x",
            "SecondaryPool": "stratum+tcp://fallback.example.net:3333",
            "SecondaryAddress": "nobody.example",
            "SecondaryPassword": "x",
        }
        self.live = dict(self.settings)
        self.tell_to, self.configuration_port = tell_to, configuration_port
        self.configurations: list[dict[str, Any]] = []
        self._ears: socket.socket | None = None

    @property
    def address(self) -> Address:
        return Address(self.host, self.port)

    @property
    def broadcasts(self) -> bool:
        return self.version < HAS_API

    # --- life -------------------------------------------------------------------------------------

    def _listen(self) -> None:
        if self.version >= HAS_LIST:
            super()._listen()
        if self.broadcasts and self._ears is None:
            self._ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._ears.bind((self.host, self.configuration_port))
            self._ears.settimeout(0.2)
            self.configuration_port = int(self._ears.getsockname()[1])
            threading.Thread(target=self._hear_configurations, args=[self._ears], daemon=True).start()
            if self.tell_to is not None:
                threading.Thread(target=self._keep_telling, args=[self._ears], daemon=True).start()

    def _hang_up(self) -> None:
        ears, self._ears = self._ears, None
        if ears is not None:
            ears.close()
        super()._hang_up()

    def set_fault(self, fault: str) -> None:
        self.check_fault(fault)
        with self._lock:
            self.fault = fault
        if fault == "vanish":
            self._hang_up()
        elif not self._stopping.is_set():
            self._listen()

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "stalled" in order:
            self.stalled = bool(order["stalled"])
        if "lies_about" in order:
            self.lies_about = set(order["lies_about"])
        if order.get("reboot"):
            self.reboot()

    def reboot(self) -> None:
        """Go down; what was set counts afterwards."""
        now = self.clock()
        self.up_before_s += max(0.0, now - self.booted_at)
        self.down_until = now + self.reboot_s
        self.booted_at = self.down_until
        self.live = dict(self.settings)

    # --- figures ----------------------------------------------------------------------------------

    def is_up(self) -> bool:
        return self.clock() >= self.down_until

    def up_s(self) -> float:
        return max(0.0, self.clock() - self.booted_at)

    def hashes(self) -> float:
        """Return hashes a second, with a little noise; nothing for half a minute after a boot."""
        if self.stalled or self.up_s() < 30:
            return 0.0
        return self.board.hashes * self.dice.uniform(0.97, 1.03)

    def accepted(self) -> int:
        return int(self.up_s() / 31)

    # --- broadcasts -------------------------------------------------------------------------------

    def tell(self) -> bytes:
        """Send one broadcast now and return it."""
        content = self.words()
        if self.tell_to is not None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                mouth.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                mouth.bind((self.host, 0))
                mouth.sendto(content, self.tell_to)
        return content

    def words(self) -> bytes:
        if self.fault == "nonsense":
            return b"\x00\xff not json"
        if self.fault == "oversize":
            return json.dumps({**datagram_of(self), "Note": "x" * 9000}).encode()
        claimed = "192.168.250.250" if self.fault == "spoof" else self.host
        content = json.dumps({**datagram_of(self), "ip": claimed}).encode()
        return content[: len(content) // 2] if self.fault == "truncate" else content

    def _keep_telling(self, ears: socket.socket) -> None:
        while not self._stopping.wait(self.every_s) and self._ears is ears:
            if self.is_up() and self.fault not in QUIET_FAULTS:
                self.tell()

    def _hear_configurations(self, ears: socket.socket) -> None:
        while not self._stopping.is_set() and self._ears is ears:
            try:
                content = ears.recv(CONFIGURATION_MAX)
            except TimeoutError:
                continue
            except OSError:
                return
            self.take_configuration(content)

    def take_configuration(self, content: bytes) -> None:
        """Do what is told when it is meant for this device, then restart; acknowledge nothing."""
        try:
            told = json.loads(content)
        except ValueError:
            return
        if not isinstance(told, dict) or told.get("IP") not in {self.host, "0.0.0.0"}:
            return
        with self._lock:
            self.configurations.append(told)
            if "pools" not in self.lies_about:
                self.settings.update({name: told.get(name, "") for name in POOL_KEYS})
            self.reboot()

    # --- HTTP -------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del headers
        with self._lock:
            if not self.is_up():
                return Reply(503, "Rebooting", content_type="text/plain")
            route = ROUTES.get((method, urlsplit(path).path))
            known = (
                route is not None and self.version >= route[0] and (self.version < HAS_API) == (route[0] < HAS_API)
            )
            return route[1](self, body) if route and known else Reply(404, "Not found", content_type="text/plain")

    def _take_mining(self, body: bytes) -> Reply:
        try:
            wanted = json.loads(body)
        except ValueError:
            return Reply(400, "Bad JSON", content_type="text/plain")
        if not isinstance(wanted, dict):
            return Reply(400, "Bad JSON", content_type="text/plain")
        if "pools" not in self.lies_about:
            self.settings.update({name: str(value) for name, value in wanted.items() if name in POOL_KEYS})
        return Reply(200, "OK", content_type="text/plain")

    def _restart(self) -> Reply:
        if "restart" not in self.lies_about:
            self.reboot()
        return Reply(200, {"status": "ok"})

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "firmware": self.firmware, "configurations": len(self.configurations)}


ROUTES: dict[tuple[str, str], tuple[tuple[int, int, int], Callable[[NMMinerSimulator, bytes], Reply]]] = {
    ("GET", "/swarm"): (HAS_LIST, lambda device, _body: Reply(200, swarm_of(device))),
    ("GET", "/probe"): (HAS_API, lambda device, _body: Reply(200, probe_of(device))),
    ("GET", "/api/system/info"): (HAS_API, lambda device, _body: Reply(200, info_of(device))),
    ("GET", "/api/setting/mining"): (HAS_API, lambda device, _body: Reply(200, device.settings)),
    ("POST", "/api/setting/mining"): (HAS_API, lambda device, body: device._take_mining(body)),
    ("POST", "/api/system/restart"): (HAS_API, lambda device, _body: device._restart()),
    ("POST", "/api/swarm/find"): (HAS_API, lambda _device, _body: Reply(200, {"status": "ok"})),
}
