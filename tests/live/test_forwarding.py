"""What a tab's end of the line does with a push."""

import asyncio
import threading

from asgiref.sync import sync_to_async

from hmm.live.consumers import LiveConsumer
from hmm.live.services import PUSH


def test_a_push_does_not_wait_for_the_thread_all_tabs_share():
    told, release = [], threading.Event()

    async def note(message):
        told.append(message["text"])

    async def push_meanwhile():
        taken = asyncio.create_task(sync_to_async(release.wait)(20))
        await asyncio.sleep(0)
        consumer = LiveConsumer()
        consumer.base_send = note
        try:
            await asyncio.wait_for(consumer.dispatch({"type": PUSH, "html": "<p>now</p>"}), 5)
        finally:
            release.set()
            await taken

    asyncio.run(push_meanwhile())

    assert told == ["<p>now</p>"]
