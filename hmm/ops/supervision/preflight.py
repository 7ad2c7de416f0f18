"""What must be true before anything starts."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

from hmm.ops.supervision.errors import CannotStartError

ROOM_NEEDED_BYTES = 50_000_000


def check_data_folder(folder: Path) -> None:
    """Raise unless a file can be written in `folder` and there is room to work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 65536)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotStartError(
            f"The data folder {folder} cannot be written: {error.strerror or error}."
            " Free some space, let this user write there, or set HMM_DATA_DIR to another folder."
        ) from error
    check_room(folder, shutil.disk_usage(folder).free)


def check_room(folder: Path, free_bytes: int) -> None:
    """Raise while the disk of `folder` is nearly full; SQLite would stop half-way through a write."""
    if free_bytes < ROOM_NEEDED_BYTES:
        raise CannotStartError(
            f"The disk of {folder} is full: {free_bytes // 1_000_000} MB are free and"
            f" {ROOM_NEEDED_BYTES // 1_000_000} MB are needed. Free some space."
        )


def check_port(address: str, port: int) -> None:
    """Raise when nothing new can listen on `address`:`port`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.strip("[]"), port))
            probe.listen(1)
        except OSError as error:
            raise CannotStartError(
                f"Port {port} on {address} cannot be used: {error.strerror or error}. {what_frees_a_port(error)}"
            ) from error


def what_frees_a_port(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "Ports below 1024 belong to the system. Set HMM_WEB_PORT to another port."
    return "Stop what listens there, or set HMM_WEB_PORT to another port."
