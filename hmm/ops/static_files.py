"""Collect the static files only when one of their sources has changed, since that takes seconds."""

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".collected"


def collect_if_changed() -> bool:
    """Bring STATIC_ROOT up to date and tell whether there was anything to do."""
    stamp = Path(settings.STATIC_ROOT) / STAMP
    fingerprint = sources_fingerprint()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint:
        return False
    call_command("collectstatic", interactive=False, clear=stamp.parent.exists(), verbosity=0)
    stamp.write_text(fingerprint, encoding="ascii")
    return True


def sources_fingerprint() -> str:
    """Return a digest over the names, sizes and times of everything that would be collected."""
    digest = blake2b(digest_size=16)
    for path in sorted(_sources()):
        status = os.stat(path)
        digest.update(f"{path}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _sources() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield storage.path(name)
