"""What waits for the disk on SQLite: every order before its device hears of it, and nothing a power cut may take."""

from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from hmm.clock import now as read_clock
from hmm.durability import forgettable
from miners.models import Miner
from miners.services.commands import request_command, take_command_step
from miners.services.fleet import add_miner
from miners.services.polling import claim_due_polls, poll
from strategy.services.ticking import tick

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL writes for many at once"),
    pytest.mark.django_db(transaction=True),
]
NORMAL, FULL = 1, 2


def waits_for_disk():
    return connection.connection.execute("PRAGMA synchronous").fetchone()[0] == FULL


@pytest.fixture
def strict():
    """Open the database as the product does; the tests' own never waits for the disk."""
    connection.ensure_connection()
    before = connection.connection.execute("PRAGMA synchronous").fetchone()[0]
    connection.connection.execute(f"PRAGMA synchronous={FULL}")
    yield
    if connection.connection is not None:
        connection.connection.execute(f"PRAGMA synchronous={before}")


@contextmanager
def writes_seen():
    """Collect what is written with whether its commit waits for the disk."""
    seen = []

    def note(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            seen.append((sql, params, waits_for_disk()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


class TestForgettable:
    def test_it_ends_with_its_block_whatever_happens_inside(self, strict):
        with forgettable():
            assert not waits_for_disk()
            with forgettable():
                assert not waits_for_disk()
            assert not waits_for_disk()
        assert waits_for_disk()

        with pytest.raises(ZeroDivisionError), forgettable():
            raise ZeroDivisionError
        assert waits_for_disk()

    def test_it_leaves_an_open_transaction_alone(self, strict):
        with transaction.atomic(), forgettable():
            assert waits_for_disk()

    def test_a_connection_that_was_lost_inside_is_opened_as_before(self, strict):
        with forgettable():
            connection.close()

        connection.ensure_connection()
        assert connection.connection.execute("PRAGMA synchronous").fetchone()[0] != NORMAL


def test_an_order_is_on_the_disk_before_its_device_hears_of_it(bitaxe, strict):
    now = read_clock()
    miner = add_miner(address=str(bitaxe.address), actor="keeper", now=now)
    command = request_command(miner, "mode", {"mode": "eco"}, actor="keeper", reason="", now=now)
    bitaxe.requests.clear()

    with writes_seen() as written:
        take_command_step(command.pk, now=now)

    assert any(method == "PATCH" for _at, method, _path, _body in bitaxe.requests)
    sending = [strictly for _sql, params, strictly in written if params[0] == "sending"]
    assert sending == [True]
    assert [strictly for _sql, _params, strictly in written].count(True) == 1  # the rest needs no disk


def test_a_poll_and_a_look_never_wait_for_the_disk(bitaxe, strict):
    now = read_clock()
    miner = add_miner(address=str(bitaxe.address), actor="keeper", now=now)
    Miner.objects.update(poll_due_at=now, enrolled=True)

    with writes_seen() as written:
        claim_due_polls(now=now)
        poll(miner.pk, now=now)
        tick(now=now)

    assert len(written) > 8
    assert not any(strictly for _sql, _params, strictly in written)
    assert waits_for_disk()
