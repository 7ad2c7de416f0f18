"""Journeys of a person with a browser, through the product as it ships."""

import json
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import NAME, PASSWORD
from tests.e2e.product import Product, tell_simulator


def controls(farm: Product) -> dict[str, str]:
    plan = json.loads((Path(farm.environment["HMM_DATA_DIR"]) / "farm.json").read_text())
    return dict(plan["controls"])


def test_home_answers_price_miners_and_why(page: Page):
    page.goto("/")

    expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()
    expect(page.get_by_text("p/kWh").first).to_be_visible()
    tile = page.locator("article", has=page.get_by_role("link", name="Study Gamma", exact=True))
    expect(tile).to_be_visible()
    expect(tile).to_contain_text(re.compile(r"H/s"))


def test_a_reading_reaches_an_open_page_without_a_reload(page: Page):
    page.goto("/")
    live = page.locator("[id^=miner-][id$=-live]").first
    expect(live).to_be_visible()
    page.evaluate("window.notReloaded = true")
    before = live.inner_html()

    expect(live).not_to_have_js_property("innerHTML", before)
    assert page.evaluate("window.notReloaded")


def test_a_wrong_password_is_told(browser: Browser, farm: Product):
    context = browser.new_context(base_url=farm.url)
    page = context.new_page()
    page.goto("/")
    expect(page).to_have_url(re.compile("/login/"))
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text(re.compile("correct username and password", re.I))).to_be_visible()
    context.close()


def test_a_band_is_edited_and_kept(page: Page):
    page.goto("/strategy/")
    limit = page.locator("[name=ceiling_p_per_kwh]").nth(2)
    limit.fill("9.5")
    limit.press("Tab")

    expect(page.get_by_text(re.compile("in force from", re.I)).first).to_be_visible()
    page.reload()
    expect(page.locator("[name=ceiling_p_per_kwh]").nth(2)).to_have_value(re.compile(r"9\.50?"))


def test_an_impossible_limit_is_refused_at_the_field(page: Page):
    page.goto("/strategy/")
    limit = page.locator("[name=ceiling_p_per_kwh]").nth(1)
    limit.fill("-50")
    limit.press("Tab")

    expect(page.get_by_text(re.compile("must be above", re.I)).first).to_be_visible()


def test_an_override_shows_on_every_page_and_ends(page: Page):
    page.goto("/strategy/")
    page.locator("label", has_text="Force off").click()
    expect(page.get_by_text(re.compile("Forced off")).first).to_be_visible()
    page.goto("/miners/")
    expect(page.get_by_text(re.compile("Forced off")).first).to_be_visible()

    page.get_by_role("button", name="Back to auto").click()
    expect(page.get_by_role("button", name="Back to auto")).to_have_count(0)


def test_a_miner_is_left_alone_and_enrolled_again(page: Page):
    page.goto("/strategy/")
    row = page.locator("li, tr, form", has_text="Kitchen Supra").last
    row.get_by_role("switch").or_(row.get_by_role("checkbox")).or_(row.get_by_role("button")).first.click()

    page.goto("/activity/?q=Kitchen+Supra")
    expect(page.get_by_text(re.compile("enrolled", re.I)).first).to_be_visible()


def test_a_dead_miner_is_shown_and_comes_back(page: Page, farm: Product):
    door = controls(farm)["Porch Max"]
    page.goto("/miners/")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Porch Max", exact=True))
    expect(row).to_contain_text(re.compile("Hashing|Idle|Starting|Off"))

    # Three silent polls make a miner unreachable. They are asked for here: the product's own are seconds apart,
    # and after that it asks less and less often.
    tell_simulator(door, fault="vanish")
    for _poll in range(3):
        farm.manage("poll", "Porch Max")
    expect(row).to_contain_text("Unreachable")

    tell_simulator(door, fault="none")
    for _poll in range(8):  # the strategy may have restarted it meanwhile; one that boots answers 503
        if not re.search("answers 503|busy|No connection", farm.manage("poll", "Porch Max")):
            break
    expect(row).not_to_contain_text("Unreachable")


def test_a_wrong_address_is_refused_at_the_field(page: Page):
    page.goto("/miners/add/")
    page.get_by_label("Address").fill("8.8.8.8")
    page.get_by_role("button", name=re.compile("Add", re.I)).first.click()

    expect(page.get_by_text(re.compile("not in a private network"))).to_be_visible()


def test_the_first_start_leads_from_the_link_to_a_preview(browser: Browser, tmp_path: Path):
    product = Product(tmp_path, "up").start()
    try:
        link = next(word for word in product.log().split() if "/setup/" in word)
        context = browser.new_context(base_url=product.url)
        page = context.new_page()
        page.goto("/setup/" + link.split("/setup/")[1])
        page.get_by_label("User name").fill("keeper")
        page.locator("[name=password1]").fill(PASSWORD)
        page.locator("[name=password2]").fill(PASSWORD)
        page.get_by_role("button", name="Make the account and go on").click()

        expect(page.get_by_role("heading", name="Your electricity")).to_be_visible()
        page.get_by_role("link", name="Skip for now").click()
        expect(page.get_by_role("heading", name="Find your miners")).to_be_visible()
        page.get_by_label("Addresses").fill("127.0.0.1")
        page.get_by_role("button", name="Add by address").click()
        expect(page.get_by_text("this computer itself")).to_be_visible()
        page.get_by_role("link", name="Skip for now").click()
        page.get_by_role("link", name="Skip for now").click()
        expect(page.get_by_role("heading", name="What the strategy would do today")).to_be_visible()
        page.get_by_role("button", name="Load the example").click()
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()

        stranger = browser.new_context(base_url=product.url).new_page()
        stranger.goto("/setup/" + link.split("/setup/")[1])
        expect(stranger.get_by_text("of no use any more")).to_be_visible()
        context.close()
    finally:
        product.stop()


def test_a_found_block_is_celebrated_in_an_open_page_once(page: Page, farm: Product):
    page.goto("/pools/luck/")
    page.evaluate("window.notReloaded = true")
    pool = next(row for row in page.request.get("/api/pools").json() if row["name"] == "Solo BCH")
    csrf = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    tell_simulator(controls(farm)["Solo BCH statistics"], find="00e2e")

    page.request.patch(f"/api/pools/{pool['id']}", data={"priority": 3}, headers={"X-CSRFToken": csrf})

    expect(page.locator("#celebration .confetti")).to_be_attached()
    assert page.evaluate("window.notReloaded")
    page.reload()
    expect(page.locator("#celebration").get_by_text("found a BCH block")).to_be_visible()
    expect(page.locator("#celebration .confetti")).to_have_count(0)
