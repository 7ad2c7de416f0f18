"""A private Redis on a unix socket that tests may kill and start again."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError


class RedisServer:
    """`redis-server` on a socket of its own, in a folder with a short path."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", "/"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                with self.client() as client:
                    client.ping()
                return
            except RedisError:
                time.sleep(0.02)
        raise AssertionError("redis-server did not answer in 5 s")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def connections(self) -> int:
        """Return how many clients are connected, this one left out."""
        with self.client() as client:
            return int(client.info("clients")["connected_clients"]) - 1


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server on the PATH")
    with tempfile.TemporaryDirectory(prefix="hmm-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()
