"""A folder of backups and a data folder of a test's own; one backup that is made once and copied."""

import shutil

import pytest

from hmm.clock import now as read_clock
from hmm.ops.backups.files import Trigger, file_of, folder, path_for
from hmm.ops.backups.making import make


@pytest.fixture(autouse=True)
def place(tmp_path, settings):
    """The data folder of a household called "cellar"."""
    settings.HMM_DATA_DIR = tmp_path / "cellar"
    settings.HMM_DATA_DIR.mkdir()
    settings.HMM_BACKUP_DIR = settings.HMM_DATA_DIR / "backups"
    return settings.HMM_DATA_DIR


@pytest.fixture(scope="session")
def kept_backup(tmp_path_factory):
    return tmp_path_factory.mktemp("made") / "backup.zip"


@pytest.fixture
def made(transactional_db, kept_backup):
    """A backup of an empty household in the folder, as the daily run leaves it."""
    if not kept_backup.exists():
        shutil.copy(make(trigger=Trigger.AUTOMATIC, now=read_clock()).path, kept_backup)
        shutil.rmtree(folder())
    folder().mkdir(exist_ok=True)
    path = path_for(read_clock(), Trigger.AUTOMATIC)
    shutil.copy(kept_backup, path)
    return file_of(path)
