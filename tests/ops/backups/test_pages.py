"""The page of backups, as its people see it; jobs are carried out by their own tasks."""

import shutil

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hmm.audit.models import AuditEntry
from hmm.celery import app
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import cancel_job, claim_job
from hmm.ops.backups import files, orders
from hmm.ops.backups.runs import house
from hmm.ops.models import BackupRun
from hmm.ops.supervision.lock import lock_data_folder

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/backups/"


def person(role):
    someone = User.objects.create_user(role)
    someone.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(someone, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def keeper():
    return person("admin")


@pytest.fixture(autouse=True)
def _touched_at_each_piece(monkeypatch):
    """A job notes that it goes on at each piece it reads or writes, not only every ten seconds."""
    monkeypatch.setattr("hmm.ops.tasks.TOUCH_EVERY_S", -1.0)


def carried_out(answer, settings):
    """Do the job a page began, as a worker would, and return it with its one line."""
    job = Job.objects.get(pk=int(answer.url.partition("job=")[2]))
    app.loader.import_default_modules()
    app.tasks[settings.HMM_JOBS[job.kind]](job.pk)
    job.refresh_from_db()
    return job.status, job.lines[0]["text"]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_an_admin_sees_or_touches_backups(role, place):
    client, name = person(role), "hmm-20261129T120000Z-manual.zip"

    assert [client.get(PAGE).status_code, client.get(f"{PAGE}{name}/").status_code] == [403, 403]
    for act in ("make/", "keep/", "upload/", f"{name}/check/", f"{name}/remove/", f"{name}/restore/"):
        assert client.post(f"{PAGE}{act}").status_code == 403
    assert PAGE not in client.get("/settings/").content.decode()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")  # the test client is no ASGI server
def test_one_made_by_hand_is_listed_as_verified_and_can_be_taken_away(keeper, settings):
    status, words = carried_out(keeper.post(reverse("backup-make")), settings)

    name = files.listed()[0].name
    page = keeper.get(PAGE).content.decode()
    answer = keeper.get(reverse("backup-download", args=[name]))
    assert (status, "proven" in words) == ("done", True)
    assert name in page
    assert "verified" in page
    assert "encryption_key" in page
    assert b"".join(answer) == files.find(name).path.read_bytes()
    assert AuditEntry.objects.filter(action="backup.make", actor="admin").exists()
    keeper.post(reverse("backup-remove", args=[name]))
    assert files.listed() == []
    assert keeper.get(reverse("backup-download", args=[name])).status_code == 404


def test_one_that_is_cancelled_leaves_nothing_and_is_no_failure(keeper, settings, monkeypatch):
    answer = keeper.post(reverse("backup-make"))
    monkeypatch.setattr("hmm.ops.tasks.claim_job", cancelled_once_claimed)

    status, _words = carried_out(answer, settings)

    assert (status, files.listed(), BackupRun.objects.count()) == ("cancelled", [], 0)


def cancelled_once_claimed(pk):
    job = claim_job(pk)
    cancel_job(job, actor="admin", now=read_clock())
    return job


def test_a_backup_from_elsewhere_is_listed_once_it_is_proven_and_nonsense_never(keeper, made, settings):
    sent = SimpleUploadedFile("from-the-attic.zip", made.path.read_bytes())
    made.path.unlink()

    good = carried_out(keeper.post(reverse("backup-upload"), {"file": sent}), settings)
    nonsense = SimpleUploadedFile("holiday.zip", b"PK no backup")
    bad = carried_out(keeper.post(reverse("backup-upload"), {"file": nonsense}), settings)

    assert good[0] == "done"
    assert bad == ("failed", "The file is damaged, not whole, or no backup at all.")
    assert [item.trigger for item in files.listed()] == ["uploaded"]
    assert not list(files.folder().glob(f"{files.UPLOAD}*"))
    assert keeper.post(reverse("backup-upload")).status_code == 422


def test_a_restore_is_proven_and_left_to_the_supervisor_where_there_is_one(keeper, made, place, settings):
    address = reverse("backup-restore", args=[made.name])

    apart = keeper.get(address).content.decode()
    assert f"manage.py restore {made.name} --yes" in apart
    assert keeper.post(address).status_code == 409, "nobody is there to stop the processes"
    assert not orders.is_waiting()

    with lock_data_folder(place):
        assert "manage.py restore" not in keeper.get(address).content.decode()
        status, words = carried_out(keeper.post(address), settings)

    assert (status, "about a minute" in words) == ("done", True)
    assert orders.read() == orders.Order(file=made.name, actor="admin")


def test_a_damaged_one_is_not_left_to_the_supervisor(keeper, made, place, settings):
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])

    with lock_data_folder(place):
        status, words = carried_out(keeper.post(reverse("backup-restore", args=[made.name])), settings)

    assert (status, "damaged" in words) == ("failed", True)
    assert not orders.is_waiting()


def test_what_is_wrong_is_said_on_the_page(keeper, made):
    orders.give("hmm-20200101T000000Z-manual.zip", actor="admin")
    orders.carry_out()
    orders.note_outcome()
    shutil.rmtree(files.folder())
    files.folder().write_text("in the way", encoding="ascii")

    page = keeper.get(PAGE).content.decode()

    assert "was not done, everything is as it was" in page
    assert "HMM_BACKUP_DIR" in page
    assert keeper.post(reverse("backup-upload"), {"file": SimpleUploadedFile("a.zip", b"x")}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "status", "kept"), [("3", 302, 3), ("0", 422, 14), ("366", 422, 14), ("x", 422, 14)]
)
def test_how_many_are_kept(keeper, typed, status, kept):
    assert keeper.post(reverse("backup-keep"), {"kept": typed}).status_code == status
    assert house().kept == kept


def test_the_health_page_names_the_newest(keeper, made):
    parts = {part["name"]: part for part in keeper.get("/healthz").json()["parts"]}

    assert parts["backups"]["state"] == "ok"
    assert made.name in parts["backups"]["detail"]
    assert parts["backups"]["age_s"] <= (read_clock() - made.made_at).total_seconds() + 1
