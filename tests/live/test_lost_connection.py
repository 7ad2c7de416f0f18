"""What a person sees while the server is away, in a real browser."""

import os
import signal

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import find_chromium
from tests.ops.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(400)]

PATIENCE_MS = 90_000  # other work loads the computer these run on; what counts is that it happens
# Run before the page's own scripts, so that nothing is missed. What was heard stands on the root element.
LISTEN = """
const heard = [];
const note = (name) => { heard.push(name); document.documentElement.dataset.heard = heard.join(" "); };
for (const name of ["live-reconnected", "made-up-event", "htmx:wsOpen"])
  document.addEventListener(name, () => note(name), true);
document.addEventListener("htmx:wsClose", () => setTimeout(() => {
  if (document.documentElement.hasAttribute("data-live-lost")) note("said-that-it-was-lost");
}), true);
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
    name, _equals, value = product.sign_in()["Cookie"].partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(base_url=product.url)
        context.add_cookies([{"name": name, "value": value, "url": product.url}])
        yield context
        browser.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(LISTEN)
    page.complaints = []
    page.on("console", lambda line: page.complaints.append(line.text) if line.type == "error" else None)
    page.goto("/settings/")
    yield page
    page.close()


def has_heard(page, name):
    return name in (page.locator("html").get_attribute("data-heard") or "")


def hears(page, name):
    expect(page.locator(f"html[data-heard*='{name}']")).to_have_count(1, timeout=PATIENCE_MS)


def test_an_event_reaches_the_page(product, page):
    hears(page, "htmx:wsOpen")

    def pushed():
        # The consumer joins its group a moment after the socket is open, and nothing tells when: push until heard.
        product.run(PUSH)
        return has_heard(page, "made-up-event")

    until(pushed, within=PATIENCE_MS / 1000, what="the event is heard")
    assert page.complaints == []


def test_a_page_after_an_act_looks_again_once_it_is_live(page):
    hears(page, "htmx:wsOpen")
    assert not has_heard(page, "live-reconnected"), "nothing was done before"
    page.evaluate("""() => {
        document.body.insertAdjacentHTML("beforeend", '<form method="post"></form>');
        document.body.lastElementChild.dispatchEvent(new Event("submit", { bubbles: true }));
    }""")

    page.goto("/settings/")
    hears(page, "live-reconnected")
    page.goto("/settings/")

    hears(page, "htmx:wsOpen")
    assert not has_heard(page, "live-reconnected"), "one act is looked after once"


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_lost_connection_is_shown_and_mends_itself(product, page, sign):
    hears(page, "htmx:wsOpen")

    os.kill(product.pid("web"), sign)

    hears(page, "said-that-it-was-lost")
    hears(page, "live-reconnected")
    expect(page.get_by_text("Live connection lost")).to_be_hidden()
