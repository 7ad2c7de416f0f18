"""Pages run on threads that last."""

import asyncio
import threading

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from hmm.ops.threads import MOST_KEPT, LastingThreads

meeting = threading.Barrier(MOST_KEPT + 2, timeout=20)


def name_of_thread(_request):
    return HttpResponse(str(threading.get_ident()))


def meet(_request):
    meeting.wait()
    return HttpResponse(str(threading.get_ident()))


def fail(_request):
    raise RuntimeError("as a page may")


def handler500(_request):
    return HttpResponse(status=500)


urlpatterns = [path("one/", name_of_thread), path("meet/", meet), path("fail/", fail)]


@pytest.fixture
def pages():
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        yield LastingThreads()


async def ask(pages, where):
    scope = {"type": "http", "method": "GET", "path": where, "query_string": b"", "headers": []}
    call = ApplicationCommunicator(pages, scope)
    await call.send_input({"type": "http.request", "body": b""})
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
