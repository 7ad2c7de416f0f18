import os

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper

from hmm.ops.prepare import describe, pending_migrations, prepare, wait_for_database, wait_for_migrations
from hmm.ops.static_files import STAMP, collect_if_changed


@pytest.fixture
def sources(tmp_path, settings):
    """Make one folder of static files and an empty place to collect them to."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "look.css").write_text("body { color: black }", encoding="ascii")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    return folder


def test_static_files_are_collected_once(sources, settings):
    assert collect_if_changed()
    assert not collect_if_changed()
    assert (settings.STATIC_ROOT / "look.css").is_file()


def test_a_changed_file_is_collected_again(sources, settings):
    collect_if_changed()
    (sources / "look.css").write_text("body { color: white }", encoding="ascii")
    os.utime(sources / "look.css", ns=(1, 1))

    assert collect_if_changed()
    assert "white" in (settings.STATIC_ROOT / "look.css").read_text(encoding="ascii")


def test_a_removed_file_does_not_stay(sources, settings):
    (sources / "old.css").touch()
    collect_if_changed()
    (sources / "old.css").unlink()
    collect_if_changed()

    assert not (settings.STATIC_ROOT / "old.css").exists()
    assert (settings.STATIC_ROOT / STAMP).is_file()


@pytest.mark.django_db
def test_an_interrupted_migration_is_seen():
    assert pending_migrations() == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'ops'")

    assert pending_migrations() > 0


@pytest.mark.django_db
def test_a_prepared_database_is_left_alone(sources):
    prepare()
    wait_for_migrations()

    assert pending_migrations() == 0


def test_a_database_is_named_without_its_password():
    database = {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "PORT": 5433, "PASSWORD": "hush"}

    assert describe(database) == "PostgreSQL at db:5433"


@pytest.mark.django_db  # it opens connections of its own, which no test may otherwise
@pytest.mark.parametrize(("make", "words"), [("folder", "writable"), ("text", "damaged or not HMM's")])
def test_a_database_that_cannot_be_opened_is_named_with_what_helps(tmp_path, make, words):
    place = tmp_path / "hmm.sqlite3"
    if make == "folder":
        place.mkdir()
    else:
        place.write_text("no database " * 20, encoding="ascii")
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(place),
        "OPTIONS": {"init_command": "PRAGMA journal_mode"},
    }
    told = {**connection.settings_dict, **sqlite}

    with pytest.raises(SystemExit, match=f"SQLite at .*hmm.sqlite3 cannot be opened: .*{words}"):
        wait_for_database(DatabaseWrapper(told))
