"""Pages run on threads that last."""

import asyncio
import threading
from contextlib import suppress

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from hmm.ops.threads import MOST_KEPT, LastingThreads

meeting = threading.Barrier(MOST_KEPT + 2, timeout=20)
begun, leaving = threading.Event(), threading.Event()


def name_of_thread(_request):
    return HttpResponse(str(threading.get_ident()))


def meet(_request):
    meeting.wait()
    return HttpResponse(str(threading.get_ident()))


def fail(_request):
    raise RuntimeError("as a page may")


def wait_long(_request):
    begun.set()
    leaving.wait(20)
    return HttpResponse()


def handler500(_request):
    return HttpResponse(status=500)


urlpatterns = [path("one/", name_of_thread), path("meet/", meet), path("fail/", fail), path("long/", wait_long)]


@pytest.fixture
def pages():
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        yield LastingThreads()


async def begin(pages, where):
    scope = {"type": "http", "method": "GET", "path": where, "query_string": b"", "headers": []}
    call = ApplicationCommunicator(pages, scope)
    await call.send_input({"type": "http.request", "body": b""})
    return call


async def ask(pages, where):
    call = await begin(pages, where)
    await call.receive_output(20)
    body = await call.receive_output(20)
    await call.wait(20)
    return body["body"].decode()


def test_one_page_after_another_has_the_same_thread(pages):
    async def three():
        return [await ask(pages, "/one/") for _page in range(3)]

    assert len(set(asyncio.run(three()))) == 1


def test_pages_at_once_do_not_wait_for_each_other_and_few_threads_are_kept(pages):
    async def at_once():
        return await asyncio.gather(*(ask(pages, "/meet/") for _page in range(MOST_KEPT + 2)))

    assert len(set(asyncio.run(at_once()))) == MOST_KEPT + 2
    assert len(pages._free) == MOST_KEPT


def test_a_page_that_fails_gives_its_thread_back(pages):
    async def failing():
        await ask(pages, "/fail/")
        return len(pages._free)

    assert asyncio.run(failing()) == 1


def test_a_thread_whose_page_was_given_up_is_given_to_nobody(pages):
    async def given_up():
        call = await begin(pages, "/long/")
        await asyncio.to_thread(begun.wait, 20)
        call.future.cancel()
        with suppress(asyncio.CancelledError):
            await call.future
        kept = len(pages._free)
        answer = await asyncio.wait_for(ask(pages, "/one/"), 10)
        leaving.set()
        return kept, answer

    kept, answer = asyncio.run(given_up())
    assert (kept, bool(answer)) == (0, True)
