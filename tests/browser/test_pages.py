"""Every page in a real browser, wide and narrow, dark and light: no fault, no word against it by axe-core.

Each is opened once, and all that it can be asked is asked of it then: opening and colours are what takes long. With
`--long` nothing is left out: every page of the library of 20,000 movies, in both colours, in every width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import expect

from chromium import NARROW, PHONE, WIDE, visiting
from every_page import PAGES
from metarr.model.access import Role
from plain_browser import opened
from running import Running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from lxml import html
    from playwright.async_api import Browser

    from chromium import Look, Visit
    from crowd import Crowd
    from every_page import PageOf
    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
_LARGE = frozenset({"/", "/movies", "/series", "/collections", "/people", "/jobs", "/review"})
_LOOKS: tuple[Look, ...] = tuple((size, scheme) for size in (WIDE, PHONE, NARROW) for scheme in ("light", "dark"))
every_page = pytest.mark.parametrize("page", PAGES, ids=[page.address for page in PAGES])
_OPEN_ALL = "() => document.querySelectorAll('main details:not(.pop)').forEach((one) => { one.open = true; })"
_EVERYBODYS = ("/theme", "/logout", "/account/")  # the bar's forms, and those of one's own account
# The heading, and where the forms that somebody can send are sent.
_READ = """() => [document.querySelector("h1").innerText,
  [...document.querySelectorAll("form[method=post]:has(button)")].map((form) => form.getAttribute("action"))]"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tab(browser: Browser, room: Room) -> AsyncIterator[Visit]:
    """One for all pages: another for each would take longer than to look at them."""
    async with visiting(browser, room.url, room.cookies[Role.ADMINISTRATOR]) as visit:
        yield visit


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowded(browser: Browser, many: Crowd) -> AsyncIterator[Visit]:
    async with visiting(browser, many.url, many.cookie, size=NARROW) as visit:
        yield visit


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(room: Room) -> AsyncIterator[Running]:
    """The showroom for a browser without scripts, which brings its own cookie."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield Running(room.house.app, client)


@every_page
async def test_everybody_can_use_it(tab: Visit, room: Room, page: PageOf) -> None:
    """Every rule narrow and dark, with everything opened; of a wide, light window what may differ there: colours."""
    tab.faults.clear()
    await tab.look(WIDE, "light")
    await tab.open(page.at(room.places))
    await expect(tab.page.get_by_role("heading", level=1)).to_contain_text(page.headed(room.places))
    wide = (await tab.overflow(), await tab.axe("color-contrast"))
    await tab.look(NARROW, "dark")
    await tab.page.evaluate(_OPEN_ALL)
    narrow = (await tab.overflow(), await tab.axe())
    assert (wide, narrow) == (([], []), ([], []))
    assert tab.faults == []


@every_page
async def test_it_holds_with_20000_movies(
    crowded: Visit, many: Crowd, page: PageOf, request: pytest.FixtureRequest
) -> None:
    """Of every page with `--long`, under every rule in every look; else of those that show very many."""
    is_long = bool(request.config.getoption("--long"))
    if page.address not in _LARGE and not is_long:
        pytest.skip("this page looks the same with few items; --long tries it too")
    crowded.faults.clear()
    await crowded.open(page.at(many.places))
    await expect(crowded.page.get_by_role("heading", level=1)).to_contain_text(page.headed(many.places))
    assert await crowded.overflow() == []
    for size, scheme in _LOOKS if is_long else ():
        await crowded.look(size, scheme)
        assert (size, scheme, await crowded.overflow(), await crowded.axe()) == (size, scheme, [], [])
    assert crowded.faults == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.who is Role.VIEWER], ids=lambda page: page.address)
async def test_a_viewer_reads_it_without_scripts_and_can_press_nothing(
    plain: Running, room: Room, page: PageOf
) -> None:
    found = await opened(plain, page.at(room.places), Cookie=room.cookies[Role.VIEWER])
    [heading] = found.tree.iter("h1")
    assert page.headed(room.places) in " ".join("".join(heading.itertext()).split())
    assert _others(form.get("action") for form in found.tree.iter("form") if _can_be_sent(form)) == set()


def _can_be_sent(form: html.HtmlElement) -> bool:
    """And would change something."""
    return form.get("method") == "post" and form.find(".//button") is not None


def _others(addresses: Iterable[str | None]) -> set[str | None]:
    return {one for one in addresses if not str(one).startswith(_EVERYBODYS)}


async def test_chromium_without_scripts_shows_the_same(
    browser: Browser, room: Room, request: pytest.FixtureRequest
) -> None:
    """Of every page with `--long`, else of one of each kind: what comes is the same with and without a browser."""
    is_long = bool(request.config.getoption("--long"))
    wanted = [page for page in PAGES if is_long or page.address in {"/", "/movies", "/items/{movie}", "/review"}]
    cookie = room.cookies[Role.VIEWER]
    async with visiting(browser, room.url, cookie, java_script_enabled=False) as visit:
        for page in wanted:
            if page.who is Role.VIEWER:
                await visit.open(page.at(room.places))
                heading, forms = await visit.page.evaluate(_READ)
                assert page.headed(room.places) in heading
                assert _others(forms) == set(), page.address
        assert visit.faults == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.who is Role.ADMINISTRATOR], ids=lambda page: page.address
)
async def test_an_administrators_page_is_refused_to_others(plain: Running, room: Room, page: PageOf) -> None:
    found = await opened(plain, page.at(room.places), Cookie=room.cookies[Role.EDITOR])
    assert (found.status, "right to admin" in found.text) == (403, True)
