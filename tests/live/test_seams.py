"""The seams between web, Redis and browser, on the product as it ships."""

import asyncio
import json
import os
import signal
import urllib.request

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.ops.product import Product, until

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

TABS = 50
BURST = 300
PUSH = """
from hmm.live.services import pusher
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    pusher.push(f'<div id="fragment-{number}" hx-swap-oob="true">' + "x" * 500 + "</div>")
pusher.settle(30)
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    with Product(tmp_path_factory.mktemp("seams") / "data") as product:
        yield product


@pytest.fixture(scope="module")
def headers(product):
    return product.sign_in()


def tab(product, headers):
    return connect(f"ws://127.0.0.1:{product.port}/ws/live/", additional_headers=headers)


async def push(product, first, last):
    await asyncio.to_thread(product.run, PUSH, str(first), str(last))


async def collect(socket, count, within):
    """Return the numbers of `count` fragments, or of those that came within the time."""
    numbers = []
    try:
        async with asyncio.timeout(within):
            while len(numbers) < count:
                text = await socket.recv()
                if "fragment-" in text:  # the product's own events come in between
                    numbers.append(int(text.split('"')[1].removeprefix("fragment-")))
    except TimeoutError:
        pass
    return numbers


async def settled(socket):
    """Wait until the consumer has joined the group: what is pushed before that is not for this tab."""
    await socket.ping()
    await asyncio.sleep(0.5)


def test_strangers_are_refused_with_a_code_the_browser_sees(product):
    async def scene():
        async with tab(product, {"Origin": product.url}) as socket:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 5)
            return socket.close_code

    assert asyncio.run(scene()) == 4401


def test_a_socket_that_was_idle_for_15_seconds_still_receives(product, headers):
    async def scene():
        async with tab(product, headers) as socket:
            await asyncio.sleep(15)
            await push(product, 0, 1)
            return await collect(socket, 1, within=5)

    assert asyncio.run(scene()) == [0]


def test_a_burst_of_300_fragments_reaches_all_of_50_tabs(product, headers):
    async def scene():
        sockets = await asyncio.gather(*(tab(product, headers) for _ in range(TABS)))
        try:
            await asyncio.gather(*map(settled, sockets))
            pushing = asyncio.create_task(push(product, 0, BURST))
            received = await asyncio.gather(*(collect(socket, BURST, within=45) for socket in sockets))
            await pushing
            return received
        finally:
            await asyncio.gather(*(socket.close() for socket in sockets))

    received = asyncio.run(scene())

    assert [len(numbers) for numbers in received] == [BURST] * TABS
    assert all(numbers == list(range(BURST)) for numbers in received)


def test_fragments_flow_again_after_redis_was_killed(product, headers):
    async def scene():
        async with tab(product, headers) as socket:
            await settled(socket)
            before = product.redis_pid()
            os.kill(before, signal.SIGKILL)
            await asyncio.to_thread(
                until, lambda: product.redis_pid() not in {before, None}, within=5, what="a new Redis"
            )
            for attempt in range(8):
                await push(product, attempt, attempt + 1)
                if await collect(socket, 1, within=1):
                    return True
            return False

    assert asyncio.run(scene()), product.log()


def test_a_new_tab_works_after_redis_was_killed(product, headers):
    async def scene():
        async with tab(product, headers) as socket:
            await settled(socket)
            await push(product, 7, 8)
            return await collect(socket, 1, within=5)

    assert asyncio.run(scene()) == [7]


def test_the_parts_are_told_to_people_who_are_signed_in(product, headers):
    for name in ("worker", "beat", "listeners"):
        until(lambda name=name: product.heartbeat(name), within=60, what=f"a heartbeat of {name}")
    request = urllib.request.Request(f"{product.url}/healthz", headers={"Cookie": headers["Cookie"]})

    with urllib.request.urlopen(request, timeout=5) as answer:
        states = {part["name"]: part["state"] for part in json.load(answer)["parts"]}

    assert states == {
        "web": "ok",
        "database": "ok",
        "redis": "ok",
        "worker": "ok",
        "beat": "ok",
        "listeners": "ok",
        "backups": "not needed",  # the first one comes half an hour after the start
    }
