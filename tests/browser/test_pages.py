"""Every page in a real browser, wide and narrow, dark and light: no fault, no word against it by axe-core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from chromium import NARROW, WIDE, visiting
from every_page import PAGES
from metarr.model.access import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from chromium import Visit
    from crowd import Crowd
    from every_page import PageOf
    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
_LARGE = frozenset({"/", "/movies", "/series", "/collections", "/people", "/jobs", "/review"})
every_page = pytest.mark.parametrize("page", PAGES, ids=[page.address for page in PAGES])
_OPEN_ALL = "() => document.querySelectorAll('main details:not(.pop)').forEach((one) => { one.open = true; })"
_ALWAYS_THERE = {"/theme", "/logout"}  # forms of the bar, which everybody has


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tab(browser: Browser, room: Room) -> AsyncIterator[Visit]:
    """One for all pages: another for each would take longer than to look at them."""
    async with visiting(browser, room.url, room.cookies[Role.ADMINISTRATOR]) as visit:
        yield visit


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowded(browser: Browser, many: Crowd) -> AsyncIterator[Visit]:
    async with visiting(browser, many.url, many.cookie, size=NARROW) as visit:
        yield visit


@every_page
async def test_everybody_can_use_it(tab: Visit, room: Room, page: PageOf) -> None:
    tab.faults.clear()
    await tab.look(WIDE, "light")
    await tab.open(page.at(room.places))
    await expect(tab.page.get_by_role("heading", level=1)).to_contain_text(page.headed(room.places))
    wide = (await tab.overflow(), await tab.axe())
    await tab.look(NARROW, "dark")
    await tab.page.evaluate(_OPEN_ALL)
    narrow = (await tab.overflow(), await tab.axe())
    assert (wide, narrow) == (([], []), ([], []))
    assert tab.faults == []


@every_page
async def test_it_holds_with_20000_movies(
    crowded: Visit, many: Crowd, page: PageOf, request: pytest.FixtureRequest
) -> None:
    """Of every page with `--long`; else of those that show very many."""
    if page.address not in _LARGE and not request.config.getoption("--long"):
        pytest.skip("this page looks the same with few items; --long tries it too")
    crowded.faults.clear()
    await crowded.open(page.at(many.places))
    await expect(crowded.page.get_by_role("heading", level=1)).to_contain_text(page.headed(many.places))
    assert (await crowded.overflow(), crowded.faults) == ([], [])


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
