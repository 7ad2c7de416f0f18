"""What holds for every page: no sideways scroll, both themes, no scripts needed, keys, contrast of focus."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PHONE

PAGES = (
    "/",
    "/miners/",
    "/miners/1/",
    "/miners/1/edit/",
    "/miners/add/",
    "/strategy/",
    "/strategy/rules/",
    "/strategy/rules/add/",
    "/energy/",
    "/activity/",
    "/settings/",
    "/settings/backups/",
    "/settings/updates/",
    "/pools/",
    "/pools/luck/",
    "/more/",
    "/search/?q=gamma",
    "/password/",
    "/nowhere/",
)
SMALLEST = {"width": 320, "height": 640}


def sideways(page: Page) -> list[str]:
    """Return the pages wider than the screen."""
    wide = []
    for path in PAGES:
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    return wide


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_scrolls_sideways_on_a_phone(sign_in: Callable[..., BrowserContext], theme: str):
    page = sign_in(viewport=PHONE, color_scheme=theme).new_page()

    assert sideways(page) == []
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme


def test_no_page_scrolls_sideways_on_the_smallest_screen(sign_in: Callable[..., BrowserContext]):
    assert sideways(sign_in(viewport=SMALLEST).new_page()) == []


def test_pages_can_be_read_and_acted_on_without_scripts(sign_in: Callable[..., BrowserContext]):
    page = sign_in(java_script_enabled=False).new_page()

    page.goto("/")
    expect(page.get_by_text("p/kWh").first).to_be_visible()
    page.get_by_role("link", name="Search").first.click()
    page.get_by_role("searchbox").fill("study gamma")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile("Study Gamma")).first.click()
    expect(page.get_by_role("heading", level=1, name=re.compile("Study Gamma"))).to_be_visible()
    page.get_by_role("button", name="Identify").click()
    expect(page.get_by_text(re.compile("Identify: "))).to_be_visible()


def test_the_first_tab_skips_to_the_content_and_focus_is_seen(page: Page):
    page.goto("/miners/")
    page.keyboard.press("Tab")

    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main"))
