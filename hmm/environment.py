"""Read what surrounds the process: the .env file, generated keys, and names that were renamed."""

import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

UNIX_SOCKET_PATH_LIMIT = 100  # bytes; the kernel allows 107, redis writes a temporary name beside it

RENAMED = {
    "WEB_PORT": "HMM_WEB_PORT",
    "API_KEY": "HMM_API_KEY",
    "API_AUTH_ENABLED": "HMM_API_AUTH_ENABLED",
    "DATABASE_URL": "HMM_DATABASE_URL",
    "REDIS_URL": "HMM_REDIS_URL",
    "SECRET_KEY": "HMM_SECRET_KEY",
    "DATA_DIR": "HMM_DATA_DIR",
    "ALLOWED_HOSTS": "HMM_ALLOWED_HOSTS",
    "LOG_LEVEL": "HMM_LOG_LEVEL",
}


def read_environment(path: Path) -> None:
    """Add the lines of a .env file; variables that are already set win."""
    if path.is_file():
        environ.Env.read_env(str(path))


def refuse_old_names(variables: Mapping[str, str] | None = None) -> None:
    """Refuse to start while a name of an older release is set in .env's place.

    A shared machine may carry `DATABASE_URL` for another program, so only names given
    without their successor count.
    """
    variables = os.environ if variables is None else variables
    for old, new in RENAMED.items():
        if old in variables and new not in variables and f"{new}_FILE" not in variables:
            raise ImproperlyConfigured(f"{old} is now called {new}. Rename it, or set {new} as well.")


environment = environ.FileAwareEnv()
TRUTHS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """Read a whole number in [low, high], or refuse to start."""
    try:
        value = environment.int(name, default=default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}.") from error
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} is {value}; it must be from {low} to {high}.")
    return int(value)


def truth(name: str, *, default: bool) -> bool:
    """Read a switch, or refuse to start: a mistyped one must not open what it was to close."""
    text = environment.str(name, default="").strip().lower()
    if text and text not in TRUTHS:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be true or false.")
    return TRUTHS.get(text, default)


def choice(name: str, default: str, allowed: Iterable[str]) -> str:
    """Read one word of several, in capitals, or refuse to start."""
    text = str(environment.str(name, default=default)).upper()
    if text not in allowed:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be one of {', '.join(allowed)}.")
    return text


def address(name: str, default: str, *, schemes: Sequence[str] = ("http", "https")) -> str:
    """Read the address of a service, empty for the default, or refuse to start."""
    text = str(environment.str(name, default="")) or default
    if text and not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return text


def shaped(name: str, pattern: str, example: str) -> str:
    """Read a text of one shape, or an empty one, or refuse to start."""
    text = str(environment.str(name, default="")).strip()
    if text and not re.fullmatch(pattern, text, re.ASCII):
        raise ImproperlyConfigured(f"{name} is {text[:80]!r}; write it like {example}.")
    return text


def data_secret(folder: Path, name: str) -> str:
    """Return the key kept in `folder`, made on first use; a read-only folder gives one for this process only.

    The supervisor refuses a folder that cannot be written before anything is stored with such a key.
    """
    path = folder / name
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        pass
    value = secrets.token_urlsafe(48)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whoever links first decides; a half-written key never appears
        except FileExistsError:
            value = path.read_text(encoding="ascii").strip()
        finally:
            draft.unlink()
    except OSError:
        return value
    return value


def embedded_redis_socket(folder: Path) -> Path:
    """Return where the private Redis of a data folder listens; short enough for a unix socket."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= UNIX_SOCKET_PATH_LIMIT:
        return path
    name = blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"hmm-{os.getuid()}-{name}" / "redis.sock"
