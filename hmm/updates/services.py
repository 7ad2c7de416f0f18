"""Ask for releases when they are due or a person asks, keep what is new, and tell of it once."""

import logging
import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from hmm.audit.services import record
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from hmm.live.services import push_event
from hmm.look.formats import local_time
from hmm.look.zones import local_zone
from hmm.outside import UNFORESEEN
from hmm.updates.base import Comparison, Listed, MissingError, TooOftenError, UpdateError
from hmm.updates.client import GitHub
from hmm.updates.models import EVERY, Release, ReleaseSource
from hmm.updates.standing import Standing, standing, tag_of_installed
from hmm.updates.versions import spoken, version_of
from notifications.markup import printable

logger = logging.getLogger(__name__)

JITTER = 0.1
FIRST_WAIT, CLAIM, BY_HAND_EVERY = timedelta(minutes=15), timedelta(minutes=5), timedelta(seconds=20)
DOUBLINGS_MAX = 6
UPDATES_CHANGED = "updates-changed"
NO_SOURCE = "No source of releases is set. Set HMM_UPDATES_REPOSITORY to owner/name and start again."
JOB = "check_releases"


class NotNowError(Exception):
    """A person asked at a moment in which nobody is asked; the message says when."""


def source() -> ReleaseSource:
    """Return the one row of the source, made when it is missing."""
    return ReleaseSource.objects.get_or_create(pk=1)[0]


def current() -> tuple[ReleaseSource | None, Standing]:
    """Return the source, None before it was looked at, and how the installed version stands. Two queries."""
    wanted = settings.HMM_UPDATES_REPOSITORY
    row = ReleaseSource.objects.filter(pk=1, repository=wanted).first() if wanted else None
    known = list(Release.objects.all()) if row is not None else []
    return row, standing(known, installed=settings.HMM_VERSION, skipped=row.skipped if row is not None else "")


def standing_now() -> Standing:
    """Return how the installed version stands."""
    return current()[1]


def follow_setting() -> None:
    """Forget what was learnt of another repository than the one that is set now."""
    wanted = settings.HMM_UPDATES_REPOSITORY
    kept = source()
    if kept.repository == wanted:
        return
    with transaction.atomic():
        fresh = ReleaseSource(pk=1, repository=wanted)
        if ReleaseSource.objects.filter(pk=1, repository=kept.repository).update(
            **{field.name: getattr(fresh, field.name) for field in fresh._meta.concrete_fields if field.name != "id"}
        ):
            Release.objects.all().delete()
            transaction.on_commit(lambda: push_event(UPDATES_CHANGED))


# --- when ----------------------------------------------------------------------------------------


def claim_due(*, now: datetime) -> bool:
    """Tell whether the source is to be asked now; of two workers that ask only one is told so."""
    follow_setting()
    if not settings.HMM_UPDATES_REPOSITORY:
        return False
    return bool(ReleaseSource.objects.due(now).filter(pk=1).update(due_at=now + CLAIM, asked_at=now))


def claim_by_hand(*, now: datetime) -> None:
    """Take the source for a person who asked. Raise NotNowError with the reason."""
    follow_setting()
    if not settings.HMM_UPDATES_REPOSITORY:
        raise NotNowError(NO_SOURCE)
    kept = source()
    if kept.quiet_until is not None and now < kept.quiet_until <= now + EVERY:
        until = local_time(kept.quiet_until, local_zone(), now)
        raise NotNowError(f"GitHub asked to be left alone until {until}. HMM asks again then.")
    free = Q(asked_at__isnull=True) | Q(asked_at__lte=now - BY_HAND_EVERY) | Q(asked_at__gt=now)
    if not ReleaseSource.objects.filter(free, pk=1).update(due_at=now + CLAIM, asked_at=now):
        raise NotNowError("It was asked a moment ago.")


def ask_in_background(*, actor: str, now: datetime) -> Job:
    """Let a person's question be asked by a worker; the job tells what came. Raise NotNowError without a source."""
    if not settings.HMM_UPDATES_REPOSITORY:
        raise NotNowError(NO_SOURCE)
    return start_job(kind=JOB, title="Looking for a new version", actor=actor, arguments={}, total=1, now=now)


def wait_after(failures: int) -> timedelta:
    """Return how long the source is left alone after so many failures in a row."""
    longer: timedelta = FIRST_WAIT * 2 ** min(failures - 1, DOUBLINGS_MAX)
    return min(longer, EVERY)


def pause_of(error: UpdateError, failures: int, *, now: datetime) -> datetime | None:
    """Return until when the source wants to be left alone, None where it does not; never longer than a usual wait."""
    if not isinstance(error, TooOftenError):
        return None
    until = error.until if error.until is not None and error.until > now else now + wait_after(failures)
    return min(until, now + EVERY)


def spread(wait: timedelta) -> timedelta:
    """Return a wait a little longer, so that not every house asks at the same moment."""
    return wait * (1 + JITTER * random.random())  # noqa: S311  # spreads askers, keeps no secret


# --- asking --------------------------------------------------------------------------------------


def check(*, now: datetime, fresh: bool = False) -> None:
    """Ask the source and keep what it says, or nothing. Raise the UpdateError it was noted with.

    `fresh` takes the whole list even where the source would say that it is the one known before.
    """
    kept = source()
    github = GitHub(settings.HMM_GITHUB_URL, kept.repository, now=now)
    try:
        found = github.releases("" if fresh else kept.etag)
    except UpdateError as error:
        note_failure(kept, error, now=now)
        raise
    except UNFORESEEN as error:
        logger.exception("The source of releases could not be read")
        note_failure(kept, UpdateError("The answer could not be understood."), now=now)
        raise UpdateError("The answer could not be understood.") from error
    note_answer(kept, found, now=now)
    count_commits(github, now=now)
    push_event(UPDATES_CHANGED)


def note_failure(kept: ReleaseSource, error: UpdateError, *, now: datetime) -> None:
    """Keep what went wrong; what was known before stays, with its age."""
    if not kept.failures:
        logger.info("The source of releases fails: %s", error)
    quiet_until = pause_of(error, kept.failures + 1, now=now)
    wait = max(wait_after(kept.failures + 1), (quiet_until or now) - now)
    ReleaseSource.objects.filter(pk=1, repository=kept.repository).update(
        failures=kept.failures + 1,
        failed_at=now,
        last_error=printable(error)[:300],
        due_at=now + spread(wait),
        quiet_until=quiet_until,
    )
    push_event(UPDATES_CHANGED)


def note_answer(kept: ReleaseSource, found: Listed | None, *, now: datetime) -> None:
    """Keep what is listed; what is listed no longer is forgotten. None: it is what is known already."""
    if kept.failures:
        logger.info("The source of releases answers again")
    good = {"answered_at": now, "failures": 0, "last_error": "", "quiet_until": None}
    news = {} if found is None else {"etag": found.etag, "unreadable": found.unreadable}
    with transaction.atomic():
        rows = ReleaseSource.objects.filter(pk=1, repository=kept.repository)
        if not rows.update(**good, **news, due_at=now + spread(EVERY)) or found is None:
            return
        Release.objects.exclude(tag__in=[release.tag for release in found.releases]).delete()
        for release in found.releases:
            words = {
                "name": printable(release.name),
                "notes": printable(release.notes),
                "url": release.url,
                "is_prerelease": release.is_prerelease,
                "published_at": release.published_at,
            }
            Release.objects.update_or_create(
                tag=release.tag, defaults=words, create_defaults={**words, "seen_at": now}
            )


def count_commits(github: GitHub, *, now: datetime) -> None:
    """Learn once what lies between the installed version and a release that is newer; not knowing harms nothing."""
    stands = standing_now()
    latest = stands.latest
    if not stands.is_behind or latest.counted_from == stands.installed:
        return
    base = tag_of_installed(Release.objects.all(), installed=settings.HMM_VERSION, head=latest.tag)
    try:
        found = github.compare(base, latest.tag)
    except MissingError:
        words = f"GitHub has no tag {base}."
        Release.objects.filter(pk=latest.pk).update(counted_from=stands.installed, count_error=words, **counted(None))
    except UpdateError as error:
        Release.objects.filter(pk=latest.pk).update(count_error=printable(error)[:300], **counted(None))
        ReleaseSource.objects.filter(pk=1).update(quiet_until=pause_of(error, 1, now=now))
    else:
        Release.objects.filter(pk=latest.pk).update(counted_from=stands.installed, count_error="", **counted(found))


def counted(found: Comparison | None) -> dict[str, object]:
    """Return a comparison as it is kept, all unknown without one."""
    if found is None:
        return {"relation": "", "commits_ahead": None, "commits_behind": None, "commits": []}
    return {
        "relation": found.relation,
        "commits_ahead": found.ahead,
        "commits_behind": found.behind,
        "commits": [{"sha": printable(item.sha), "subject": printable(item.subject)} for item in found.commits],
    }


# --- what a person decides -------------------------------------------------------------------------


def set_skipped(tag: str, *, skip: bool, actor: str, now: datetime) -> bool:
    """Stop telling of one release, or tell of it again. False when it is not known, or is so already."""
    if version_of(tag) is None:
        return False
    with transaction.atomic():
        release = Release.objects.filter(tag=tag).first()
        rows = ReleaseSource.objects.filter(pk=1)
        rows = rows.exclude(skipped=tag) if skip else rows.filter(skipped=tag)
        if release is None or not rows.update(skipped=tag if skip else ""):
            return False
        verb = "skip" if skip else "tell"
        record(actor=actor, action=f"update.{verb}", target=release, after={"version": spoken(tag)}, at=now)
        transaction.on_commit(lambda: push_event(UPDATES_CHANGED))
    return True
