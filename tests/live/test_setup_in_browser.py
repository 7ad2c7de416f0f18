"""What the set-up does in the background, in a real browser."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import find_chromium
from tests.ops.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]

PASSWORD = "a long enough phrase"


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
