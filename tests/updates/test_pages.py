"""The page of updates, its acts, and the same over REST."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.updates.contexts import updates_page
from hmm.updates.models import Release, ReleaseSource
from hmm.updates.services import check, claim_due, set_skipped
from hmm.updates.tasks import check_releases, look_for_releases
from notifications.models import Incident
from tests.api.conftest import admin, control, reader  # noqa: F401  # fixtures
from tests.updates.conftest import HOSTILE

pytestmark = pytest.mark.django_db
PAGE = reverse("updates")


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper"))
    return client


def person(role):
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(user)
    return client


def shown(client):
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_without_a_source_the_page_says_so_and_how_to_set_one(keeper, settings):
    settings.HMM_UPDATES_REPOSITORY = ""
    look_for_releases()

    page = shown(keeper)

    assert "no source of releases is set" in page
    assert "HMM_UPDATES_REPOSITORY=owner/name" in page
    assert "Check now" not in page
    assert "docker compose pull" in page
    answer = keeper.post(reverse("updates-check"), follow=True)
    assert "No source of releases is set" in answer.content.decode()
    assert not Job.objects.exists()


def test_the_page_tells_what_is_installed_what_is_new_and_how_to_get_it(keeper, github):
    look_for_releases()

    page = shown(keeper)

    assert "Version 1.3.0 is available." in page
    assert "update available" in page
    assert "<strong>Heat</strong> comes first" in page
    assert "A fix" in page
    assert "Step 7 towards v1.3.0" in page
    assert "1 of them has no version as a tag and is left out" in page
    assert "Not finished" not in page
    assert "git pull" in page
    assert github.url not in page


def test_a_page_of_what_is_up_to_date_or_not_comparable_says_so(keeper, github, settings):
    settings.HMM_VERSION = "1.3.0"
    look_for_releases()
    assert "Version 1.3.0 is the newest." in shown(keeper)

    settings.HMM_VERSION = "main"
    assert "calls itself main, which is no version" in shown(keeper)


def test_nothing_published_is_no_error(keeper, github):
    github.releases = []
    look_for_releases()

    page = shown(keeper)

    assert "No release with a version as its tag is published yet." in page
    assert ReleaseSource.objects.get().failures == 0


def test_an_error_is_shown_with_its_age_beside_what_is_known(keeper, github):
    look_for_releases()
    github.set_fault("refuse")
    ReleaseSource.objects.update(due_at=None)
    look_for_releases()

    page = shown(keeper)

    assert "GitHub answers 503." in page
    assert "What is shown was read" in page
    assert "Version 1.3.0 is available." in page


def test_hostile_notes_are_text_on_the_page(keeper, github):
    github.publish("v2.0.0", HOSTILE, name="<img src=x>")
    github.compare_fault = "diverged"
    look_for_releases()

    page = shown(keeper)

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert not re.search(r"href=\"(javascript|/logout)", page.split("changelog", 1)[1])
    assert "has 2 of its own beside them" in page


def test_looking_asks_nobody(keeper, github):
    look_for_releases()
    github.requests.clear()

    shown(keeper)
    keeper.get("/api/updates")

    assert github.requests == []


def test_a_check_by_hand_is_a_job_that_tells_what_came(keeper, github):
    answer = keeper.post(reverse("updates-check"))
    job = Job.objects.get()
    assert answer.url == f"{PAGE}?job={job.pk}"
    assert github.requests == [], "not in the request"

    check_releases(job.pk)

    job.refresh_from_db()
    assert (job.status, job.message, job.actor) == ("done", "1.3.0 is available.", "keeper")
    assert Incident.objects.open().filter(kind="update_available").count() == 1
    assert "Looking for a new version" in keeper.get(answer.url).content.decode()


def test_a_check_that_fails_says_why(keeper, github):
    github.set_fault("missing")
    keeper.post(reverse("updates-check"))

    check_releases(Job.objects.get().pk)

    job = Job.objects.get()
    assert job.status == "failed"
    assert "HMM_UPDATES_REPOSITORY" in job.message


def test_who_may_not_administer_reads_and_changes_nothing(github):
    look_for_releases()
    for role in ("viewer", "operator"):
        client = person(role)
        page = shown(client)
        assert "Version 1.3.0 is available." in page
        assert "Check now" not in page
        assert "Skip this version" not in page
        assert client.post(reverse("updates-check")).status_code == 403
        assert client.post(reverse("updates-skip"), {"tag": "v1.3.0", "skip": "yes"}).status_code == 403


def test_a_version_is_skipped_and_told_again_from_the_page(keeper, github):
    look_for_releases()
    keeper.post(reverse("updates-skip"), {"tag": "v1.3.0", "skip": "yes"})
    assert not Incident.objects.open().exists()
    assert "you are not told of it again" in shown(keeper)

    keeper.post(reverse("updates-skip"), {"tag": "v1.3.0", "skip": "no"})
    assert Incident.objects.open().get().subject == "updates:v1.3.0"
    assert (
        "nothing changed"
        in keeper.post(reverse("updates-skip"), {"tag": "\x00"}, follow=True).content.decode().lower()
    )


def test_the_bell_leads_to_the_page_and_counts_no_problem(keeper, github):
    look_for_releases()

    answer = keeper.get(reverse("bell"), headers={"HX-Request": "true"})

    assert f'href="{PAGE}"' in answer.content.decode()
    assert (answer.context["shell"].problem_count, answer.context["shell"].unread_count) == (0, 1)


def test_the_same_over_rest(reader, control, admin, github):  # noqa: F811
    unknown = reader("get", "/api/updates").json()
    assert (unknown["installed"], unknown["latest"], unknown["is_behind"], unknown["checked_at"]) == (
        "1.2.0",
        None,
        None,
        None,
    )
    now = read_clock()
    claim_due(now=now)
    check(now=now)
    set_skipped("v1.3.0", skip=True, actor="ann", now=now)

    told = reader("get", "/api/updates").json()

    assert (told["latest"], told["is_behind"], told["is_skipped"], told["commits_ahead"]) == ("1.3.0", True, True, 9)
    assert [row["version"] for row in told["newer"]] == ["1.3.0", "1.2.1"]
    assert control("post", "/api/updates/check").status_code == 403
    assert admin("post", "/api/updates/check").status_code == 202
    assert Job.objects.get().kind == "check_releases"


def test_over_rest_too_a_missing_source_is_told(admin, settings):  # noqa: F811
    settings.HMM_UPDATES_REPOSITORY = ""

    answer = admin("post", "/api/updates/check")

    assert (answer.status_code, "HMM_UPDATES_REPOSITORY" in answer.json()["detail"]) == (422, True)
    assert admin("get", "/api/updates").json()["repository"] is None


def test_the_page_asks_two_questions_for_any_number_of_releases(github, django_assert_num_queries):
    look_for_releases()
    Release.objects.bulk_create(
        Release(tag=f"v1.3.{number}", notes="x", seen_at=read_clock()) for number in range(1, 16)
    )

    with django_assert_num_queries(2):
        page = updates_page()

    assert (len(page.notes), page.left_out) == (5, 12)
