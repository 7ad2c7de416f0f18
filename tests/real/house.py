"""Start a real Home Assistant on loopback with a token that is valid from its first moment."""

import base64
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from hmm.net import exchange

HERE = Path(__file__).parent
STARTS_IN_S = 120
LASTS_S = 315_360_000


class House:
    """One server process with its folder; ended by its own process id."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""

    def __enter__(self) -> "House":
        words = (HERE / "home-assistant.yaml").read_text(encoding="utf-8")
        (self.folder / "configuration.yaml").write_text(words.replace("PORT", str(self.port)), encoding="utf-8")
        self.token = write_token(self.folder / ".storage")
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.environment / "bin" / "hass", "-c", self.folder, "--skip-pip"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def change_token(self) -> None:
        """Start again with another token, as after a person revoked the old one."""
        self.stop()
        self.token = write_token(self.folder / ".storage")
        self.start()

    def wait(self) -> None:
        """Return when it runs and knows its plugs. Raise TimeoutError with the end of its log."""
        ends = time.monotonic() + STARTS_IN_S
        while time.monotonic() < ends and self.process.poll() is None:
            if self.says("/api/core/state", b"RUNNING") and self.says(
                "/api/states/sensor.miner_nano_power_kw", b"kW"
            ):
                return
            time.sleep(0.3)
        raise TimeoutError((self.folder / "server.log").read_text(errors="replace")[-3000:])

    def says(self, path: str, word: bytes) -> bool:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            return word in exchange("127.0.0.1", self.port, "GET", path, headers=headers).body
        except OSError:
            return False

    def call(self, service: str, entity: str) -> None:
        """Use a helper of the house, as a test's hand."""
        headers = {"Authorization": f"Bearer {self.token}"}
        exchange(
            "127.0.0.1", self.port, "POST", f"/api/services/{service}", json={"entity_id": entity}, headers=headers
        )


def write_token(storage: Path) -> str:
    """Put an owner with a long-lived token where the server keeps them, and return the token."""
    storage.mkdir(parents=True, exist_ok=True)
    user, refresh, key = secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(64)
    groups = {"system-admin": "Administrators", "system-users": "Users", "system-read-only": "Read Only"}
    owner = {"id": user, "group_ids": ["system-admin"], "is_owner": True, "is_active": True, "name": "Tests"}
    entry = {"id": refresh, "user_id": user, "client_id": None, "client_name": "tests", "client_icon": None}
    entry |= {"token_type": "long_lived_access_token", "created_at": datetime.now(tz=UTC).isoformat()}
    entry |= {"access_token_expiration": float(LASTS_S), "token": secrets.token_hex(64), "jwt_key": key}
    entry |= {"last_used_at": None, "last_used_ip": None, "credential_id": None, "version": "2024.3.3"}
    auth = {
        "users": [{**owner, "system_generated": False, "local_only": False}],
        "groups": [{"id": name, "name": label} for name, label in groups.items()],
        "credentials": [],
        "refresh_tokens": [entry],
    }
    done = {"done": ["user", "core_config", "analytics", "integration"]}
    for name, version, content in (("auth", 1, auth), ("onboarding", 4, done)):
        document = {"version": version, "minor_version": 1, "key": name, "data": content}
        (storage / name).write_text(json.dumps(document), encoding="utf-8")
    now = int(time.time())
    return sealed({"iss": refresh, "iat": now - 60, "exp": now + LASTS_S}, key)


def sealed(claims: dict[str, object], key: str) -> str:
    """Return a JSON web token, signed with HMAC and SHA-256."""
    parts = [part(json.dumps(item).encode()) for item in ({"alg": "HS256", "typ": "JWT"}, claims)]
    body = ".".join(parts)
    return f"{body}.{part(hmac.digest(key.encode(), body.encode(), 'sha256'))}"


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def environment() -> Path | None:
    """Return the installed server's environment, None unless `make test-home-assistant` runs."""
    named = os.environ.get("HMM_TEST_HOME_ASSISTANT")
    return Path(named) if named else None
