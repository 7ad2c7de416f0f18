"""What a person sees while the server is away, in a real browser, and what the set-up does in one."""

import os
import signal
import time

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import find_chromium
from tests.ops.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]

PASSWORD = "a long enough phrase"
# Run before the page's own scripts, so that nothing is missed; what it hears can be asked for later.
EVENTS = """
window.heard = [];
for (const name of ["live-reconnected", "made-up-event", "htmx:wsOpen", "htmx:wsClose"])
  document.addEventListener(name, () => {
    window.heard.push(name);
    if (name === "htmx:wsClose") setTimeout(() => {
      if (document.documentElement.hasAttribute("data-live-lost")) window.heard.push("said that it was lost");
    });
  }, true);
"""
PUSH = """
from hmm.live.services import push_event, pusher
push_event("made-up-event")
pusher.settle(10)
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    with Product(tmp_path_factory.mktemp("lost") / "data") as product:
        yield product


@pytest.fixture(scope="module")
def context(product):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_context(base_url=product.url)
        browser.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    page.add_init_script(EVENTS)
    page.complaints = []
    page.on(
        "console",
        lambda message: (
            page.complaints.append(f"{message.location} {message.text}") if message.type == "error" else None
        ),
    )
    yield page
    page.close()


def test_the_set_up_finds_out_in_the_background_and_breaks_no_rule_of_the_page(product, page):
    page.goto(next(word for word in product.log().split() if "/setup/" in word).replace("localhost", "127.0.0.1"))
    page.locator("[name=username]").fill("keeper")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.get_by_role("button", name="Make the account and go on").click()
    page.get_by_role("link", name="Skip for now").click()
    page.locator("[name=addresses]").fill("127.0.0.1:9")
    page.get_by_role("button", name="Add by address").click()

    expect(page.get_by_text("not done")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="Skip for now")).to_be_visible()
    assert page.complaints == []


def wait_to_hear(page, name, within_s):
    """Wait until the page heard an event. Asked from outside: the page's policy lets no text become a script."""
    deadline = time.monotonic() + within_s
    while name not in page.evaluate("window.heard"):
        assert time.monotonic() < deadline, f"{name} was not heard: {page.evaluate('window.heard')}"
        page.wait_for_timeout(100)


def test_an_event_reaches_the_page(product, page):
    page.goto("/settings/")
    wait_to_hear(page, "htmx:wsOpen", 20)
    page.wait_for_timeout(500)  # the consumer joins its group after the socket is open

    product.run(PUSH)

    wait_to_hear(page, "made-up-event", 20)
    assert page.complaints == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_lost_connection_is_shown_and_mends_itself(product, page, sign):
    page.goto("/settings/")
    wait_to_hear(page, "htmx:wsOpen", 20)

    os.kill(product.pid("web"), sign)

    wait_to_hear(page, "said that it was lost", 30)
    wait_to_hear(page, "live-reconnected", 60)
    expect(page.get_by_text("Live connection lost")).to_be_hidden()
