"""A product to be measured: seeded by hand, started as it ships, watched from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

START_LIMIT_S = 120
NAME, PASSWORD, API_KEY = "bench", "measured and not guessed", "measured-by-the-bench-and-gone-with-it"
WALLET = "bench"


def worker(place: int) -> str:
    """Return the name under which a measured miner works at its pool."""
    return f"m{place}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MeasuredProduct:
    """One `manage.py up` on a data folder of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HMM_")}
        self.environment = {
            **kept,
            "HMM_DATA_DIR": str(folder),
            "HMM_DATABASE_URL": database_url,
            "HMM_WEB_PORT": str(self.port),
            "HMM_WEB_ADDRESS": "127.0.0.1",
            "HMM_DEVICE_NETWORKS": "127.0.0.0/8",
            "HMM_LOG_LEVEL": "WARNING",
            "HMM_API_KEY": API_KEY,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.mb_per_miner = float("nan")  # told by the one who fills it
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a command in the product's environment and return what it prints."""
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode:
            raise SystemExit(f"manage.py {arguments[0]} failed: {done.stderr[-1500:]}")
        return done.stdout

    def start(self) -> float:
        """Start it and return the seconds to the first page."""
        began = time.monotonic()
        log = (self.folder / "bench.log").open("ab")
        self.process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while time.monotonic() - began < START_LIMIT_S:
            try:
                with self.opener.open(f"{self.url}/login/", timeout=5):
                    return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise SystemExit(f"The product did not start; see {self.folder / 'bench.log'}")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        self.process = None

    def sign_in(self) -> str:
        """Sign in and return the session cookie."""
        with self.opener.open(f"{self.url}/login/") as page:
            text = page.read().decode()
        token = text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = urlencode({"csrfmiddlewaretoken": token, "username": NAME, "password": PASSWORD}).encode()
        request = urllib.request.Request(f"{self.url}/login/", data=form, headers={"Referer": self.url})  # noqa: S310  # our own address
        self.opener.open(request).close()
        return next(str(cookie.value) for cookie in self.cookies if cookie.name == "sessionid")

    def get_s(self, path: str) -> float:
        """Return the seconds a page takes, read to its end."""
        began = time.monotonic()
        with self.opener.open(f"{self.url}{path}", timeout=30) as answer:
            answer.read()
        return time.monotonic() - began

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return what the API answers."""
        request = urllib.request.Request(  # noqa: S310  # our own address
            f"{self.url}{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own address
            return json.load(answer)

    def memory_mb(self) -> float:
        """Return the proportional set size of every process of the product, in MB."""
        assert self.process is not None  # noqa: S101  # it was started
        return sum(pss_kb(pid) for pid in family(self.process.pid)) / 1024


def family(pid: int) -> list[int]:
    """Return a process and everything it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else float("nan")
