"""Start the product as it ships, in a temporary data folder on a free port, and look at it from outside."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIGN_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user, _ = get_user_model().objects.get_or_create(username=sys.argv[1])
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, *, within, what):
    """Return the first true answer of `condition`, or fail after `within` seconds; `what` may be a function."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {within} s: {what() if callable(what) else what}")


def is_alive(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


class Product:
    """`with Product(folder) as product:` runs `manage.py up` until the block ends."""

    command = (sys.executable, "-u", str(ROOT / "manage.py"), "up")

    def __init__(self, folder, **variables):
        self.folder = Path(folder)
        self.port = int(variables.pop("HMM_WEB_PORT", 0)) or free_port()
        self.log_path = self.folder.parent / f"{self.folder.name}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HMM_")}
        self.environment = kept | {
            "HMM_DATA_DIR": str(self.folder),
            "HMM_WEB_PORT": str(self.port),
            "HMM_WEB_ADDRESS": "127.0.0.1",
            "HMM_DEVICE_NETWORKS": "127.0.0.0/8",
            "HMM_NMMINER_UDP_PORT": "0",  # one port of the machine, and many products in the suite
            "DJANGO_SETTINGS_MODULE": "hmm.settings",
            **variables,
        }
        self.process = None

    def start(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        self.start()
        try:
            until(self.serves, within=240, what=lambda: f"the first page\n{self.log()}")
        except AssertionError:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception):
        self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def status(self, path="/healthz"):
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, urllib.error.URLError):
            return None

    def serves(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the product ended with {self.process.returncode}:\n{self.log()}")
        return self.status() == 200

    def pid(self, part):
        """Return the process of `part` that was started last."""
        found = re.findall(rf"hmm +\| {part} is process (\d+)", self.log())
        return int(found[-1]) if found else None

    def pids(self):
        return [int(pid) for pid in re.findall(r"is process (\d+)", self.log())]

    def redis_pid(self):
        """Return the redis-server, which is the child of the process that watches it."""
        watcher = self.pid("redis")
        try:
            children = Path(f"/proc/{watcher}/task/{watcher}/children").read_text(encoding="ascii").split()
        except OSError:
            return None
        return int(children[0]) if children else None

    def heartbeat(self, part):
        """Return when `part` last proved that it works, as the database has it."""
        with sqlite3.connect(f"file:{self.folder}/hmm.sqlite3?mode=ro", uri=True, timeout=5) as database:
            row = database.execute("SELECT beat_at FROM ops_heartbeat WHERE part = ?", [part]).fetchone()
        return row[0] if row else None

    def wait_for_heartbeat(self, part, *, within):
        """Wait until `part` proves once more that it works."""
        before = self.heartbeat(part)
        until(lambda: self.heartbeat(part) != before, within=within, what=lambda: f"{part} works\n{self.log()}")

    def run(self, code, *words):
        """Run Python in the product's own environment and return what it prints."""
        start = "import sys, django; django.setup()\n"
        answer = subprocess.run(
            [sys.executable, "-c", start + code, *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    def sign_in(self, name="viewer"):
        """Make a user and return the headers of a browser in which that user is signed in."""
        key = self.run(SIGN_IN, name)
        return {"Cookie": f"sessionid={key}", "Origin": self.url}
