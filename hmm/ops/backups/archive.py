"""A backup's file: a zip whose members are checked by length and SHA-256 before anything in them is believed."""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO

from hmm.ops.backups.errors import DamagedError, RefusedError
from hmm.ops.backups.manifest import Manifest, Member, parse

MANIFEST = "manifest.json"
MANIFEST_MAX = 1_000_000  # bytes
CHUNK = 1 << 20
COMPRESSION = 6
# What Python's zip reader raises for bytes that are not what they were; a bent offset is a place no file has.
BROKEN = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    KeyError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
Tick = Callable[[], None]


def no_tick() -> None:
    """Nobody waits for a sign of life."""


class ArchiveWriter:
    """Writes the members of a new backup; `finish` adds what it says of itself."""

    def __init__(self, path: Path, *, tick: Tick = no_tick) -> None:
        self._file = path.open("xb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
        self._tick = tick
        self.members: dict[str, Member] = {}

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._zip.fp = None  # what is broken off gets no directory that would make it look whole
        self._file.close()

    @contextmanager
    def member(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Hand out what takes the bytes of a member."""
        digest, size = sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as stream:

            def write(chunk: bytes) -> None:
                nonlocal size
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                self._tick()

            yield write
        self.members[name] = Member(size=size, sha256=digest.hexdigest())

    def add_file(self, name: str, path: Path) -> None:
        with self.member(name) as write, path.open("rb") as source:
            while chunk := source.read(CHUNK):
                write(chunk)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and bring everything to the disk."""
        self._zip.writestr(MANIFEST, manifest.as_text())
        self._zip.close()
        self._file.flush()
        sync(self._file)


def sync(file: IO[bytes]) -> None:
    os.fsync(file.fileno())


class Archive:
    """A backup that is being read."""

    def __init__(self, opened: zipfile.ZipFile, manifest: Manifest, *, tick: Tick = no_tick) -> None:
        self._zip = opened
        self._tick = tick
        self.manifest = manifest

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes; raise DamagedError, at the end at the latest, unless they are what was written."""
        wanted = self.manifest.members.get(name)
        if wanted is None:
            raise DamagedError(f"The backup lacks {name}.")
        digest, size = sha256(), 0
        try:
            with self._zip.open(name) as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    if size > wanted.size:
                        break
                    self._tick()
                    yield chunk
        except BROKEN as error:
            raise DamagedError(f"The backup is damaged: {name} cannot be read.") from error
        if size != wanted.size or digest.hexdigest() != wanted.sha256:
            raise DamagedError(f"The backup is damaged: {name} is not what was written.")

    def extract(self, name: str, target: Path) -> None:
        with target.open("xb") as file:
            for chunk in self.chunks(name):
                file.write(chunk)
            sync(file)


@contextmanager
def open_archive(path: Path, *, tick: Tick = no_tick) -> Iterator[Archive]:
    """Open a backup and read what it says of itself. DamagedError or RefusedError for what is none."""
    with path.open("rb") as file:
        try:
            opened = zipfile.ZipFile(file)
        except BROKEN as error:
            raise DamagedError("The file is damaged, not whole, or no backup at all.") from error
        with opened:
            yield Archive(opened, read_manifest(opened), tick=tick)


def read_manifest(opened: zipfile.ZipFile) -> Manifest:
    try:
        if opened.getinfo(MANIFEST).file_size > MANIFEST_MAX:
            raise RefusedError("This file is no backup of Home Miner Manager.")
        text = opened.read(MANIFEST).decode()
    except KeyError as error:
        raise RefusedError("This file is no backup of Home Miner Manager.") from error
    except BROKEN as error:
        raise DamagedError("The backup is damaged: what it says of itself cannot be read.") from error
    return parse(text)


def manifest_of(path: Path) -> Manifest:
    with open_archive(path) as archive:
        return archive.manifest
