"""Every page in a real browser, wide and narrow, dark and light: no fault, no word against it by axe-core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from chromium import NARROW, WIDE, visiting
from every_page import PAGES
from metarr.model.access import Role

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from chromium import Visit
    from crowd import Crowd
    from every_page import PageOf
    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
every_page = pytest.mark.parametrize("page", PAGES, ids=[page.address for page in PAGES])
_CONTRAST = "color-contrast"  # the only rule that colours decide about
_OPEN_ALL = "() => document.querySelectorAll('main details:not(.pop)').forEach((one) => { one.open = true; })"
_ALWAYS_THERE = {"/theme", "/logout"}  # forms of the bar, which everybody has


@every_page
async def test_everybody_can_use_it(browser: Browser, room: Room, page: PageOf) -> None:
    cookie = room.cookies[Role.ADMINISTRATOR] if page.who else ""
    async with visiting(browser, room.url, cookie) as visit:
        await visit.open(page.at(room.places))
        await expect(visit.page.get_by_role("heading", level=1)).to_contain_text(page.headed(room.places))
        assert await _seen(visit) == {}
        assert visit.faults == []


async def _seen(visit: Visit) -> dict[str, list[str]]:
    """What is wrong with a page, by how it is looked at."""
    found: dict[str, list[str]] = {}
    for width, height in (WIDE, NARROW):
        await visit.page.set_viewport_size({"width": width, "height": height})
        await visit.page.evaluate(_OPEN_ALL)
        found[f"{width} px"] = await visit.overflow()
        found[f"axe, {width} px"] = await visit.axe()
    await visit.page.emulate_media(color_scheme="dark")
    found["axe, dark"] = await visit.axe(_CONTRAST)
    return {where: faults for where, faults in found.items() if faults}


@every_page
async def test_it_holds_with_20000_movies(browser: Browser, many: Crowd, page: PageOf) -> None:
    async with visiting(browser, many.url, many.cookie if page.who else "", size=NARROW) as visit:
        await visit.open(page.at(many.places))
        await expect(visit.page.get_by_role("heading", level=1)).to_contain_text(page.headed(many.places))
        assert await visit.overflow() == []
        assert visit.faults == []


async def test_a_viewer_reads_without_scripts_and_can_press_nothing(browser: Browser, room: Room) -> None:
    cookie = room.cookies[Role.VIEWER]
    async with visiting(browser, room.url, cookie, java_script_enabled=False) as visit:
        pressed = {}
        for page in PAGES:
            if page.who is Role.VIEWER:
                await visit.open(page.at(room.places))
                assert page.headed(room.places) in (await visit.page.inner_text("h1"))
                pressed[page.address] = await _forms(visit.page) - _ALWAYS_THERE
        assert {address: forms for address, forms in pressed.items() if forms} == {}
        assert visit.faults == []


async def _forms(page: Page) -> set[str]:
    """Where the forms that somebody can send are sent."""
    forms = await page.locator("form[method=post]:has(button)").all()
    return {await form.get_attribute("action") or "" for form in forms}


async def test_pages_of_the_setup_are_an_administrators(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        visit.refused.add(403)
        for page in PAGES:
            if page.who is Role.ADMINISTRATOR:
                await visit.open(page.at(room.places))
                assert "right to admin" in await visit.page.inner_text("main")
        assert visit.faults == []
