"""The product on a PostgreSQL and a Redis of one's own, as in containers; the addresses come from files."""

import os
import secrets
import subprocess

import psycopg
import pytest
from django.conf import settings

from hmm.ops.supervision.redis import find_redis_server
from tests.ops.product import Product, free_port, until

pytestmark = [pytest.mark.process, pytest.mark.postgres, pytest.mark.timeout(180)]

BEATS = "from hmm.ops.models import Heartbeat; print(*Heartbeat.objects.values_list('part', 'beat_at'))"


class Redis:
    def __init__(self, folder):
        self.port, self.password, self.folder = free_port(), secrets.token_hex(8), folder

    def start(self):
        command = [find_redis_server(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [*command, "--requirepass", self.password], cwd=self.folder, stdout=subprocess.DEVNULL
        )

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def database():
    """Make an empty database on the test server and return its address."""
    known = settings.DATABASES["default"]
    name = f"hmm_product_{secrets.token_hex(4)}"
    account = f"{known['USER']}:{known['PASSWORD']}" if known["PASSWORD"] else known["USER"]
    server = f"postgres://{account}@{known['HOST'] or '127.0.0.1'}:{known['PORT'] or 5432}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def product(tmp_path, redis, database):
    (tmp_path / "redis_url").write_text(f"redis://:{redis.password}@127.0.0.1:{redis.port}/0", encoding="ascii")
    (tmp_path / "database_url").write_text(database, encoding="ascii")
    with Product(
        tmp_path / "data",
        HMM_REDIS_URL_FILE=str(tmp_path / "redis_url"),
        HMM_DATABASE_URL_FILE=str(tmp_path / "database_url"),
    ) as product:
        yield product


def beats(product):
    return product.run(BEATS)


def all_beat_again(product, before):
    return all(part in beats(product) for part in ("worker", "beat")) and beats(product) != before


def test_nothing_embedded_is_started_and_everything_works(product, redis, database):
    until(lambda: all_beat_again(product, ""), within=30, what="the first heartbeats")

    assert product.pid("redis") is None
    assert not os.listdir(product.folder) or "hmm.sqlite3" not in os.listdir(product.folder)

    redis.kill()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    redis.start()
    before = beats(product)

    until(lambda: product.status() == 200, within=5, what="pages again")
    until(lambda: all_beat_again(product, before), within=30, what="heartbeats again")
