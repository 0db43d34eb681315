"""Everything by the keyboard alone: the skip link, the shortcuts and their list, the search, a narrow window's menu."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from chromium import NARROW, visiting
from metarr.model.access import Role

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_first_tab_skips_to_the_content(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.VIEWER]) as visit:
        await visit.open("/about")
        await visit.page.keyboard.press("Tab")
        skip = visit.page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await visit.page.keyboard.press("Enter")
        await expect(visit.page.locator("main")).to_be_focused()


async def test_keys_go_and_list_themselves(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page = visit.page
        await visit.open("/about")
        await page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keyboard shortcuts")
        await expect(keys).to_be_visible()
        assert await visit.axe() == []
        await page.keyboard.press("Escape")
        await expect(keys).to_have_count(0)
        await page.keyboard.press("g")
        await page.keyboard.press("m")
        await expect(page).to_have_url(re.compile("/movies$"))
        await expect(page.get_by_role("heading", level=1)).to_have_text("Movies")
        await page.wait_for_function("() => document.readyState === 'complete'")  # its keys are heard from then on
        await page.keyboard.press("a")
        await expect(page.locator("input[name=item]:checked").first).to_be_attached()
        assert visit.faults == []


async def test_the_search_finds_and_does_things_by_key(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page = visit.page
        await visit.open("/about")
        await page.keyboard.press("/")
        box = page.get_by_role("dialog", name="Search")
        field = box.get_by_role("combobox", name="Search")
        await expect(field).to_be_focused()
        await page.keyboard.type("caminandes")
        first = box.get_by_role("option").first
        await expect(first).to_have_attribute("aria-selected", "true")
        await expect(field).to_have_attribute("aria-activedescendant", str(await first.get_attribute("id")))
        assert (await visit.axe(), await visit.overflow()) == ([], [])
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Caminandes")

        await page.keyboard.press("Control+k")
        await field.fill("people")
        await expect(box.get_by_role("option", name="People", exact=True)).to_be_visible()
        await page.keyboard.press("ArrowUp")  # round to the last, which is the page of the search
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(r"/search\?q=people$"))

        await page.keyboard.press("Control+k")
        await field.fill("dark colours")
        await expect(box.get_by_role("option", name="Dark colours", exact=True)).to_have_attribute(
            "aria-selected", "true"
        )
        await page.keyboard.press("Enter")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page).to_have_url(re.compile(r"/search\?q=people$"))

        await page.keyboard.press("Control+k")
        await page.keyboard.press("Escape")
        await expect(box).to_be_hidden()
        assert visit.faults == []


async def test_the_menu_of_a_narrow_window_opens_by_key(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.VIEWER], size=NARROW) as visit:
        page = visit.page
        await visit.open("/about")
        await page.locator("summary", has_text="Menu").focus()
        await page.keyboard.press("Enter")
        people = page.get_by_role("navigation", name="Menu").get_by_role("link", name="People")
        await expect(people).to_be_visible()
        assert (await visit.axe(), await visit.overflow()) == ([], [])
        await people.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("People")
        assert visit.faults == []
