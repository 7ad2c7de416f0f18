"""What a demo farm is made of, kept in its data folder so that a restart finds the same devices."""

import json
import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

FILE = "farm.json"
SLOTS_A_DAY = 48
SEED = 20
FIRST_PORT, PORTS = 20_000, 12_000


@dataclass(slots=True, kw_only=True)
class FarmPlan:
    """Ports, the instant from which slots are short, and how to sign in."""

    started_at: str
    slot_s: float
    price_port: int
    miner_ports: dict[str, int]
    user: str
    password: str
    prices_file: str = ""
    udp_ports: list[int] = field(default_factory=list)  # where broadcasts are heard, where configurations are taken
    home_assistant_port: int = 0
    chat_ports: list[int] = field(default_factory=list)  # Telegram, Discord
    coin_port: int = 0
    release_port: int = 0
    pool_ports: dict[str, list[int]] = field(default_factory=dict)  # by pool: stratum, statistics
    controls: dict[str, str] = field(default_factory=dict)

    @property
    def turns_short_at(self) -> datetime:
        return datetime.fromisoformat(self.started_at)

    @property
    def ports(self) -> set[int]:
        """Return every TCP port that is taken by a device of the farm."""
        single = [self.price_port, self.home_assistant_port, self.coin_port, self.release_port]
        return {*single, *self.chat_ports, *self.miner_ports.values(), *chain(*self.pool_ports.values())}

    @property
    def slot_length(self) -> timedelta:
        return timedelta(seconds=self.slot_s)


def free_ports(
    count: int, kind: socket.SocketKind = socket.SOCK_STREAM, *, besides: Collection[int] = ()
) -> list[int]:
    """Return free TCP or UDP ports, all different and none of `besides`.

    The devices open them a minute later, after the past was made. So they lie below those that a system hands out
    by itself, and nothing gets one of them by chance meanwhile.
    """
    first = secrets.randbelow(PORTS)
    candidates = (FIRST_PORT + (first + step) % PORTS for step in range(PORTS))
    free = (port for port in candidates if port not in besides and is_free(port, kind))
    return list(islice(free, count))


def is_free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def load(folder: Path) -> FarmPlan | None:
    """Return the plan of an earlier start, None on the first or when it cannot be read."""
    try:
        return FarmPlan(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def save(plan: FarmPlan, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{FILE}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(plan), file, indent=1)
    draft.replace(folder / FILE)


def add_pool_ports(plan: FarmPlan, names: list[str]) -> bool:
    """Give each pool a stratum port and one for its statistics; tell whether any was missing."""
    missing = [name for name in names if name not in plan.pool_ports]
    ports = free_ports(2 * len(missing), besides=plan.ports)
    plan.pool_ports.update({name: ports[2 * place : 2 * place + 2] for place, name in enumerate(missing)})
    return bool(missing)


def add_ports(plan: FarmPlan, names: list[str]) -> bool:
    """Give what was added since the first start its ports; tell whether there was anything."""
    complete = all((plan.udp_ports, plan.home_assistant_port, plan.chat_ports, plan.coin_port, plan.release_port))
    plan.home_assistant_port = plan.home_assistant_port or free_ports(1, besides=plan.ports)[0]
    plan.chat_ports = plan.chat_ports or free_ports(2, besides=plan.ports)
    plan.coin_port = plan.coin_port or free_ports(1, besides=plan.ports)[0]
    plan.release_port = plan.release_port or free_ports(1, besides=plan.ports)[0]
    plan.udp_ports = plan.udp_ports or free_ports(2, socket.SOCK_DGRAM)
    missing = [name for name in names if name not in plan.miner_ports]
    plan.miner_ports.update(zip(missing, free_ports(len(missing), besides=plan.ports), strict=True))
    return bool(missing) or not complete


def new_plan(names: list[str], *, day_in_minutes: float, user: str, password: str, prices_file: str) -> FarmPlan:
    """Return the plan of a first start; the last half day of slots is short already, so that a chart begins full."""
    ports = free_ports(len(names) + 6)
    now = datetime.now(tz=UTC).replace(second=0, microsecond=0)
    slot_s = day_in_minutes * 60 / SLOTS_A_DAY
    return FarmPlan(
        started_at=(now - timedelta(seconds=slot_s * SLOTS_A_DAY / 2)).isoformat(),
        slot_s=slot_s,
        price_port=ports[0],
        miner_ports=dict(zip(names, ports[6:], strict=True)),
        home_assistant_port=ports[1],
        chat_ports=ports[2:4],
        coin_port=ports[4],
        release_port=ports[5],
        user=user,
        password=password or secrets.token_urlsafe(9),
        prices_file=prices_file,
        udp_ports=free_ports(2, socket.SOCK_DGRAM),
    )
