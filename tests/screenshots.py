"""Pictures of every page, to look at: `scripts/screenshots FOLDER`. Wide and narrow, dark and light."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chromium import browsing, find_browser, visiting
from every_page import PAGES
from metarr.model.access import Role
from showroom import showroom

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from chromium import Scheme
    from every_page import PageOf
    from showroom import Room

_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_SIZES = ((1440, 1000), (390, 844))  # pixels


async def take(base: Path, folder: Path, wanted: str) -> None:
    """Every page whose address has `wanted` in it. `base`: where the library shown is made."""
    program = find_browser()
    if program is None:
        sys.exit("Chromium is not installed (Debian: apt-get install chromium)")
    async with showroom(base / "data", base / "media", images=None) as room, browsing(program) as browser:
        for page in PAGES:
            if wanted in page.address:
                await _page(browser, room, page, folder)


async def _page(browser: Browser, room: Room, page: PageOf, folder: Path) -> None:
    cookie = room.cookies[Role.ADMINISTRATOR]
    name = re.sub(r"[^a-z0-9]+", "-", page.address.lower()).strip("-") or "dashboard"
    for size in _SIZES:
        async with visiting(browser, room.url, cookie, size=size) as visit:
            await visit.open(page.at(room.places))
            for scheme in _SCHEMES:
                await visit.look(size, scheme)
                await visit.page.screenshot(path=folder / f"{name}-{size[0]}-{scheme}.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(take(Path(made), Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
