"""What phones need beyond what every page is asked: long names wrap, and tables stay tables as cards."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from chromium import NARROW, PHONE, WIDE, visiting
from metarr.model.access import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from chromium import Visit
    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_NAMING = (  # addresses of pages that name the library
    "/",
    "/jobs",
    "/review",
    "/verification",
    "/items/{movie}",
    "/items/{movie}/edit",
    "/settings/libraries",
    "/settings/libraries/{library}",
    "/settings/libraries/{library}/relocate",
    "/settings/players/groups/{group}",
    "/welcome/publishing/{library}",
    "/welcome/scan",
)
_CARDS = ("/system", "/system/audit", "/system/figures", "/verification")
_TABLE = {"table", "row", "columnheader", "cell"}


@asynccontextmanager
async def _called(room: Room, name: str) -> AsyncIterator[None]:
    """The library is called so, for a while."""
    library = room.places["library"]
    for one in (name, library.title):
        status, answer = await room.house.ask("PATCH", f"/libraries/{library.id}", json={"name": one})
        assert status == 200, answer
        if one == name:
            yield


async def test_a_name_longer_than_a_phone_is_wide_makes_no_page_wider(browser: Browser, room: Room) -> None:
    places = {name: place.id for name, place in room.places.items()}
    async with (
        _called(room, f"<b>{_WORD}</b> {_WORD} ٹک 🎬"),
        visiting(browser, room.url, room.cookies[Role.ADMINISTRATOR], size=NARROW, is_checked=False) as visit,
    ):
        wide = {}
        for address in _NAMING:
            await visit.open(address.format_map(places))
            assert _WORD in await visit.page.locator("main").inner_text(), address
            wide[address] = await visit.overflow()
        assert wide == {address: [] for address in _NAMING}


@pytest.mark.parametrize("address", _CARDS)
async def test_a_table_that_becomes_cards_is_read_as_a_table(browser: Browser, room: Room, address: str) -> None:
    cookie = room.cookies[Role.ADMINISTRATOR]
    async with visiting(browser, room.url, cookie, size=PHONE, is_checked=False) as visit:
        await visit.open(address)
        narrow = await _roles(visit)
        await visit.look(WIDE, "light")
        assert narrow.keys() >= _TABLE
        assert narrow == await _roles(visit)


async def _roles(visit: Visit) -> dict[str, int]:
    """How many of each of a table's roles Chromium tells screen readers of."""
    session = await visit.page.context.new_cdp_session(visit.page)
    tree = await session.send("Accessibility.getFullAXTree")
    told = [node["role"]["value"] for node in tree["nodes"] if not node["ignored"]]
    return {role: told.count(role) for role in (*_TABLE, "rowheader") if role in told}
