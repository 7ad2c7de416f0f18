"""Pushes from a worker's threads, through a real Redis that may vanish."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgpack
import pytest
from channels.layers import channel_layers
from django.test import override_settings

from hmm.live import services
from hmm.live.services import Pusher
from miners.models import Miner
from miners.services.readings import push_tile, push_tiles

LAYER = "channels_redis.pubsub.RedisPubSubChannelLayer"
CHANNEL = "hmm__group__live"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def layer(redis_server):
    """Let the product's channel layer talk to the private Redis."""
    hosts = [{"address": redis_server.url, "socket_timeout": None}]
    with override_settings(
        CHANNEL_LAYERS={"default": {"BACKEND": LAYER, "CONFIG": {"hosts": hosts, "prefix": "hmm"}}}
    ):
        channel_layers.backends.clear()
        yield redis_server
    channel_layers.backends.clear()


@pytest.fixture
def heard(layer):
    """Return what listeners of the live group have heard since the last call."""
    with layer.client() as client, client.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=1)

        def hear(count, within=15):
            texts, deadline = [], time.monotonic() + within
            while len(texts) < count and time.monotonic() < deadline:
                message = pubsub.get_message(timeout=0.2)
                if message and message["type"] == "message":
                    texts.append(msgpack.unpackb(message["data"])["html"])
            return texts

        yield hear


def test_1000_pushes_from_32_threads_all_arrive_over_a_few_connections(layer, heard):
    pusher = Pusher()
    before = layer.connections()

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(pusher.push, map(str, range(1000))))
    pusher.settle(20)

    assert sorted(map(int, heard(1000))) == list(range(1000))
    assert layer.connections() - before <= 4


def test_a_push_from_one_thread_after_another_leaves_no_connection_behind(layer, heard):
    pusher = Pusher()
    pusher.push("first")
    pusher.settle()
    before = layer.connections()

    for number in range(50):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(pusher.push, str(number)).result()
    pusher.settle()

    assert len(heard(51)) == 51
    assert layer.connections() <= before


def test_a_dead_redis_costs_no_time_one_line_and_mends_itself(layer, caplog):
    caplog.set_level(logging.INFO, "hmm.live.services")
    pusher = Pusher()
    pusher.push("before")
    pusher.settle()
    layer.stop()

    began = time.monotonic()
    for number in range(20):
        pusher.push(str(number))
    took = time.monotonic() - began
    pusher.settle(20)
    layer.start()
    pusher.push("after")
    pusher.settle(20)

    assert took < 0.2
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "again" in caplog.text


def test_nothing_is_drawn_for_a_redis_that_did_not_answer_a_moment_ago(layer):
    pusher = Pusher()
    pusher.push("before")
    pusher.settle()
    heard = not pusher.is_deaf
    layer.stop()
    pusher.push("lost")
    pusher.settle(20)
    deaf = pusher.is_deaf
    layer.start()
    pusher.push("after")
    pusher.settle(20)

    assert (heard, deaf, pusher.is_deaf) == (True, True, False)


@pytest.mark.django_db
def test_a_tile_is_drawn_only_where_somebody_may_hear_of_it(layer, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(services, "DEAF_S", 60.0)
    miner = Miner.objects.create(name="Study", kind="bitaxe", host="10.0.0.7", port=80, trust="full", poll_due_at=NOW)
    layer.stop()
    services.push_event("lost")
    services.pusher.settle(20)

    with django_assert_num_queries(0):
        push_tile(miner.pk, NOW)
    layer.start()
    services.push_event("again")
    services.pusher.settle(20)
    with django_assert_num_queries(0):  # no tab is open
        push_tile(miner.pk, NOW)
    with layer.client() as client, client.pubsub() as tab:
        tab.subscribe(CHANNEL)
        tab.get_message(timeout=1)
        with django_assert_num_queries(1):
            push_tiles([miner.pk], NOW)
        services.pusher.settle(20)
        message = tab.get_message(timeout=5)
    assert f'id="miner-{miner.pk}-live"' in msgpack.unpackb(message["data"])["html"]
    with django_assert_num_queries(0):  # it was closed
        push_tile(miner.pk, NOW)


def test_the_first_push_after_redis_is_back_reaches_who_listens(layer):
    pusher = Pusher()
    layer.stop()
    pusher.push("lost")
    pusher.settle(20)
    layer.start()

    with layer.client() as client, client.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=1)
        pusher.push("after")
        pusher.settle(20)
        message = pubsub.get_message(timeout=5)

    assert message is not None
    assert msgpack.unpackb(message["data"])["html"] == "after"


def test_a_forked_child_begins_anew():
    pusher = Pusher()
    pusher._running_loop()

    pusher.forget()

    assert pusher._loop is None
    assert pusher._waiting == 0
