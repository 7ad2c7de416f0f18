"""Browser fixtures: one demo farm for the session, one Chromium, a page that is signed in."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests.e2e.product import Product

NAME, PASSWORD = "keeper", "a long enough phrase"
PATIENCE_MS = 90_000  # these run beside other work; what counts is that it happens
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    named = os.environ.get("HMM_CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "chrome"))
    return named or next((path for path in found if path), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="package")  # one farm for all journeys; the browser is gone before other tests use a loop
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("HMM_REQUIRE_BROWSER"):
            pytest.fail("HMM_REQUIRE_BROWSER is set and no Chromium is installed")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def farm(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Start the demo farm with a short day, so that prices cross bands while a test watches."""
    product = Product(
        tmp_path_factory.mktemp("farm"), "demo_farm", "--day-in", "8", "--user", NAME, "--password", PASSWORD
    )
    product.start()
    yield product
    product.stop()


@pytest.fixture(scope="package")
def session(browser: Browser, farm: Product) -> StorageState:
    """Sign in once as a person does; every page of the module has this session."""
    context = browser.new_context(base_url=farm.url, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/login/")
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def sign_in(browser: Browser, farm: Product, session: StorageState) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that makes a signed-in browser with options of its own, such as a phone's size."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=farm.url, locale="en-GB", storage_state=session, **options)
        context.set_default_timeout(PATIENCE_MS)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def context(sign_in: Callable[..., BrowserContext]) -> BrowserContext:
    return sign_in(viewport=WIDE)


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield page
    if request.session.testsfailed:
        folder = Path("screenshots")
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{request.node.name}.png", full_page=True)
    page.close()
    # A refused form answers 422, which a browser writes down as a failed resource.
    assert not [line for line in errors if "WebSocket" not in line and "422" not in line], errors
