"""The frame of every page: the palette, the dialog that asks, the bell, the page without a connection."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PHONE
from tests.e2e.product import Product

OPEN_A_PROBLEM = """
from hmm.clock import now
from hmm.live.services import pusher
from notifications.services import open_incident
open_incident(kind="made_up", subject="made-up", label="The cellar", severity="warning", title="is under water",
              detail="Invented by a test.", now=now())
pusher.settle(10)
"""


def test_ctrl_k_finds_a_miner_and_enter_opens_it(page: Page):
    page.goto("/settings/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="Strategy", exact=True)).to_be_visible()

    field.fill("hall gamma")
    first = page.get_by_role("option", name=re.compile("Hall Gamma")).first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("option", name="Strategy", exact=True)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1, name=re.compile("Hall Gamma"))).to_be_visible()


def test_escape_leaves_the_palette_where_one_was(page: Page):
    page.goto("/pools/")
    page.get_by_role("link", name=re.compile("^Search")).click()
    expect(page.get_by_role("dialog", name="Search or run a command")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("/pools/"))


def test_a_restart_is_asked_about_and_the_safe_answer_has_the_focus(page: Page):
    page.goto("/miners/2/")
    page.get_by_role("button", name="Restart").click()
    dialog = page.get_by_role("dialog", name="Restart Hall Gamma?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Let it run")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(re.compile("Restart: "))).to_have_count(0)

    page.get_by_role("button", name="Restart").click()
    dialog.get_by_role("button", name="Restart").click()
    expect(page.get_by_text(re.compile("Restart: "))).to_be_visible()


def test_a_question_is_a_sheet_on_a_phone_that_fits(sign_in: Callable[..., BrowserContext]):
    page = sign_in(viewport=PHONE).new_page()
    page.goto("/miners/2/edit/")
    page.get_by_role("button", name="Remove this miner").click()
    dialog = page.get_by_role("dialog", name="Remove Hall Gamma?")
    expect(dialog).to_be_visible()

    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile("/miners/2/edit/"))


def test_a_problem_rings_without_a_reload_and_looking_marks_it_read(page: Page, farm: Product):
    page.goto("/settings/")
    expect(page.locator("html:not([data-live-lost])")).to_have_count(1)
    farm.manage("shell", "-c", OPEN_A_PROBLEM)
    bell = page.locator("details.bell > summary")

    expect(page.get_by_text("is under water")).to_have_count(1)
    bell.click()
    expect(page.get_by_text("is under water")).to_be_visible()
    expect(bell).to_contain_text("0 not read")
    page.keyboard.press("Escape")
    expect(page.get_by_text("is under water")).to_be_hidden()


def test_an_override_reaches_the_other_open_pages(context: BrowserContext):
    here, there = context.new_page(), context.new_page()
    there.goto("/pools/")
    here.goto("/strategy/")
    here.locator("label", has_text="Force off").click()

    expect(there.get_by_text("Forced off").first).to_be_visible()
    there.get_by_role("button", name="Back to auto").click()
    expect(here.get_by_role("button", name="Back to auto")).to_have_count(0)


def test_without_a_connection_a_page_of_our_own_says_so_and_comes_back(sign_in: Callable[..., BrowserContext]):
    context = sign_in()
    page = context.new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()

    context.set_offline(True)
    page.goto("/miners/")
    expect(page.get_by_role("heading", name="No connection to your house")).to_be_visible()

    context.set_offline(False)
    expect(page.get_by_role("heading", name="Miners", exact=True)).to_be_visible()
