"""What is pure about backups: names, what they say of themselves, damage, rotation, and when something is wrong."""

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmm.ops.backups.archive import ArchiveWriter, manifest_of, open_archive
from hmm.ops.backups.errors import DamagedError, RefusedError
from hmm.ops.backups.files import ROTATING, BackupFile, Trigger, find, folder, listed, path_for, surplus
from hmm.ops.backups.manifest import Contents, Manifest, compare, parse, refuse_if_foreign
from hmm.ops.backups.runs import TOO_OLD, Known, trouble

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROWS = b"one\ttwo\n" * 30
CONTENTS = Contents(rows={"miners_miner": 30}, migrations=["miners.0001_initial"])


def manifest(**changes):
    usual = {"version": "0.1.0", "made_at": NOW, "trigger": "manual", "engine": "sqlite", "key": "k", "members": {}}
    return Manifest(**{**usual, "contents": CONTENTS, **changes})


def write(path):
    with ArchiveWriter(path) as writer:
        with writer.member("tables/miners_miner.copy") as put:
            put(ROWS)
        writer.finish(manifest(members=writer.members))
    return path


def contents_read(path):
    with open_archive(path) as archive:
        return archive.manifest, b"".join(archive.chunks("tables/miners_miner.copy"))


# --- the file ------------------------------------------------------------------------------------


def test_what_was_written_is_read(tmp_path):
    found, rows = contents_read(write(tmp_path / "a.zip"))

    assert rows == ROWS
    assert (found.made_at, found.contents, found.row_count()) == (NOW, CONTENTS, 30)


def test_a_flipped_bit_anywhere_is_noticed_or_changes_nothing(tmp_path):
    whole = write(tmp_path / "a.zip").read_bytes()
    expected = contents_read(tmp_path / "a.zip")
    bent, noticed = tmp_path / "b.zip", 0

    for at in range(len(whole)):
        bent.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        try:
            assert contents_read(bent) == expected, at
        except (DamagedError, RefusedError):
            noticed += 1

    assert noticed > len(whole) / 2


def test_a_file_that_was_cut_off_is_damaged_wherever_that_was(tmp_path):
    whole = write(tmp_path / "a.zip").read_bytes()

    for length in range(0, len(whole), 7):
        (tmp_path / "b.zip").write_bytes(whole[:length])
        with pytest.raises(DamagedError):
            manifest_of(tmp_path / "b.zip")


def test_one_that_was_broken_off_while_it_was_written_is_no_backup(tmp_path):
    def break_off():
        with ArchiveWriter(tmp_path / "a.zip") as writer:
            with writer.member("tables/miners_miner.copy") as put:
                put(ROWS)
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        break_off()

    with pytest.raises(DamagedError):
        manifest_of(tmp_path / "a.zip")


def test_a_member_that_was_exchanged_is_noticed_though_the_zip_is_whole(tmp_path):
    with zipfile.ZipFile(write(tmp_path / "a.zip")) as good, zipfile.ZipFile(tmp_path / "b.zip", "w") as forged:
        forged.writestr("tables/miners_miner.copy", ROWS.replace(b"two", b"six"))
        forged.writestr("manifest.json", good.read("manifest.json"))

    with pytest.raises(DamagedError, match="not what was written"):
        contents_read(tmp_path / "b.zip")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"product": 7}', '{"product": "other", "format": 1}'])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as other:
        other.writestr("manifest.json", text)

    with pytest.raises(RefusedError, match=r"no backup of|another product"):
        manifest_of(tmp_path / "a.zip")


def test_a_zip_without_a_manifest_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as other:
        other.writestr("holiday.jpg", "x")

    with pytest.raises(RefusedError, match="no backup of Home Miner Manager"):
        manifest_of(tmp_path / "a.zip")


def test_a_later_format_asks_for_an_update():
    later = json.dumps({**json.loads(manifest().as_text()), "format": 2, "version": "3.0"})

    with pytest.raises(RefusedError, match=r"newer version \(3.0\). Update first"):
        parse(later)


@given(st.sampled_from(["contents", "members", "made_at", "engine", "key"]), st.sampled_from([None, 7, "x", [], {}]))
def test_nonsense_in_a_manifest_never_passes_and_never_breaks(name, value):
    bent = {**json.loads(manifest().as_text()), name: value}

    try:
        found = parse(json.dumps(bent))
    except DamagedError:
        return
    assert name in {"key", "members"}, found


# --- does it belong here -------------------------------------------------------------------------


def test_a_backup_with_a_migration_this_version_lacks_is_refused():
    newer = manifest(
        version="9.9", contents=replace(CONTENTS, migrations=["miners.0001_initial", "miners.0999_later"])
    )

    with pytest.raises(RefusedError, match=r"newer version \(9.9, this one is 0.1.0\).*miners.0999_later"):
        refuse_if_foreign(newer, engine="sqlite", known={"miners.0001_initial"}, version="0.1.0")


def test_a_backup_of_an_older_version_belongs_here():
    known = {"miners.0001_initial", "miners.0002_more"}
    assert refuse_if_foreign(manifest(), engine="sqlite", known=known, version="2") is None


def test_a_backup_of_the_other_database_says_where_it_can_be_restored():
    with pytest.raises(RefusedError, match="of SQLite and this installation uses PostgreSQL"):
        refuse_if_foreign(manifest(), engine="postgresql", known={"miners.0001_initial"}, version="1")


@pytest.mark.parametrize("rows", [{}, {"miners_miner": 29}, {"miners_miner": 31}])
def test_a_restored_table_with_another_number_of_rows_is_damage(rows):
    with pytest.raises(DamagedError, match="miners_miner"):
        compare(manifest(), replace(CONTENTS, rows=rows))


def test_a_restored_database_of_another_version_is_damage():
    with pytest.raises(DamagedError, match="version"):
        compare(manifest(), replace(CONTENTS, migrations=[]))


# --- the folder ----------------------------------------------------------------------------------


def put(made_at, trigger=Trigger.AUTOMATIC):
    folder().mkdir(exist_ok=True)
    path = path_for(made_at, trigger)
    path.write_bytes(b"x")
    return path


def test_only_what_has_a_backups_name_is_listed_the_newest_first():
    older, newer = put(NOW), put(NOW + timedelta(hours=1), Trigger.MANUAL)
    for name in (".work", "hmm-20261129T120000Z-automatic.zip.part", "notes.txt", "hmm-20269999T120000Z-manual.zip"):
        (folder() / name).write_bytes(b"x")

    assert [item.path for item in listed()] == [newer, older]


def test_two_of_one_second_have_different_names():
    assert put(NOW) != put(NOW)
    assert len(listed()) == 2


@pytest.mark.parametrize(
    "name", ["../hmm.lock", "/etc/passwd", ".lock", "hmm-20261129T120000Z-automatic.zip/../x", ""]
)
def test_a_name_that_leads_elsewhere_is_no_backup(name):
    put(NOW)

    assert find(name) is None


@given(
    st.lists(st.tuples(st.integers(0, 500), st.sampled_from(list(Trigger)), st.booleans()), max_size=30),
    st.integers(1, 20),
)
def test_rotation_keeps_the_newest_automatic_ones_and_all_that_a_person_made(hours, kept):
    files = [
        BackupFile(
            path=Path(str(place)), made_at=NOW + timedelta(hours=h), trigger=kind, size_bytes=1, is_damaged=damaged
        )
        for place, (h, kind, damaged) in enumerate(hours)
    ]

    removed = surplus(files, kept=kept)

    stay = [item for item in files if item not in removed and item.trigger in ROTATING and not item.is_damaged]
    assert all(item.trigger in ROTATING for item in removed)
    assert len(stay) == min(kept, len(stay) + len(removed))
    assert all(gone.made_at <= item.made_at for gone in removed for item in stay)


# --- when something is wrong ---------------------------------------------------------------------


def facts(age_h=None, **changes):
    newest = BackupFile(
        path=Path("a.zip"), made_at=NOW - timedelta(hours=age_h or 0), trigger=Trigger.AUTOMATIC, size_bytes=1
    )
    usual = {"now": NOW, "newest": newest if age_h is not None else None, "since": NOW, "failed_at": None}
    return Known(**{**usual, "due_at": NOW + timedelta(hours=2), **changes})


HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (facts(age_h=1), ""),
        (facts(age_h=36), ""),
        (facts(age_h=37), "The newest backup is 1 d 13 h old."),
        (facts(age_h=1, failed_at=NOW, error="The disk is full."), "The disk is full."),
        (facts(), ""),
        (facts(since=NOW - 37 * HOURS), "No backup has been made yet."),
        (facts(since=None), ""),
        (facts(age_h=90, due_at=NOW - 50 * HOURS), ""),  # it was off, and the one that is due comes at once
        (facts(age_h=90, due_at=NOW + 23.5 * HOURS), ""),  # sent a moment ago
        (facts(age_h=90, due_at=NOW + 22.9 * HOURS), "The newest backup is 3 d 18 h old."),
        (facts(age_h=90, running=True), ""),
        (facts(age_h=90, due_at=None), "The newest backup is 3 d 18 h old."),
    ],
)
def test_trouble_is_told_and_what_is_under_way_is_waited_for(known, words):
    assert trouble(known) == words
    assert timedelta(hours=36) == TOO_OLD
