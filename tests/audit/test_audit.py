from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from hmm.audit.services import audited, finish, record
from hmm.clock import now
from pools.models import Pool

pytestmark = pytest.mark.django_db


def make_pool(**changes):
    return Pool.objects.create(
        **{"name": "Solo", "coin": "BTC", "host": "pool.example.net", "port": 3333, "wallet": "w", **changes}
    )


def test_the_intent_is_written_before_and_the_outcome_after():
    pool = make_pool()

    with audited(actor="keeper", action="pool.test", target=pool, reason="asked") as entry:
        assert AuditEntry.objects.get(pk=entry.pk).outcome == "started"
        entry.after = {"port": 1}

    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.outcome, stored.after, stored.actor, stored.reason) == (
        "done",
        {"port": 1},
        "keeper",
        "asked",
    )
    assert stored.duration is not None


def test_a_failure_is_recorded_and_raised_on():
    with pytest.raises(ValueError, match="no such pool"), audited(actor="keeper", action="pool.test"):
        raise ValueError("no such pool")

    stored = AuditEntry.objects.get()
    assert stored.outcome == "failed"
    assert "no such pool" in stored.error


def test_secrets_leave_only_a_word():
    entry = record(
        actor="keeper",
        action="pool.edit",
        before={"password": "hunter2", "nested": {"api_token": "abc"}},
        after={"password": "", "secret_key": "x", "key": "k"},
    )

    stored = AuditEntry.objects.get(pk=entry.pk)
    assert stored.before == {"password": "stored", "nested": {"api_token": "stored"}}
    assert stored.after == {"password": "", "secret_key": "stored", "key": "stored"}


def test_a_rename_does_not_rewrite_the_past():
    pool = make_pool(name="Old name")
    record(actor="keeper", action="pool.edit", target=pool)

    Pool.objects.filter(pk=pool.pk).update(name="New name")

    assert AuditEntry.objects.get().target_label == "Old name"


def test_the_first_end_of_an_act_counts():
    entry = record(actor="strategy", action="miner.command", outcome="started")

    finish(entry.pk, outcome="done")
    finish(entry.pk, outcome="failed", error="late")

    assert AuditEntry.objects.get().outcome == "done"


def test_an_act_that_was_never_heard_of_again_is_told_apart():
    moment = now()
    entry = record(actor="strategy", action="miner.command", outcome="started", at=moment)

    assert not entry.is_unfinished(moment)
    assert entry.is_unfinished(moment + timedelta(hours=1))


def test_search_wants_every_word():
    record(actor="keeper", action="band.edit", reason="band 3 from eco to turbo")
    record(actor="strategy", action="strategy.transition", reason="band 3 to 2")

    assert AuditEntry.objects.all().search("keeper band").count() == 1
    assert AuditEntry.objects.all().search("band").count() == 2
