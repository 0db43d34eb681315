"""Pictures of every page, to look at: `scripts/screenshots FOLDER`. Wide and narrow, dark and light.

With `--first-steps`: the pictures of docs/first-steps.md, of a newcomer's way from an empty folder.
With `--pages`: those of docs/pages.md, with the demo's films, and with no word of the machine that they were taken on.
"""

from __future__ import annotations

import asyncio
import io
import platform
import re
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from chromium import browsing, find_browser, visiting
from every_page import PAGES
from metarr.demo.catalogue import FILMS
from metarr.demo.folder import lay_out
from metarr.demo.tmdb_server import TmdbServer
from metarr.model.access import Role
from newcomer import Newcomer
from running import running
from showroom import showroom

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from chromium import Scheme
    from every_page import PageOf
    from showroom import Room

_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_SIZES = ((1440, 1000), (390, 844))  # pixels
_STEP_SIZE, _STEP_QUALITY = (1280, 800), 60
_PHONE_SIZE = _SIZES[1]
_SHOWN = {
    "dashboard": "/",
    "table": "/movies?view=table",
    "item": "/items/{movie}",
    "edit": "/items/{movie}/edit",
    "picker": "/items/{movie}/artwork",
    "review": "/review",
    "jobs": "/jobs",
    "workflow": "/jobs/{job}",
    "verification": "/verification",
    "activity": "/activity",
    "phases": "/settings/phases",
    "rules": "/settings/artwork?item={movie}",
    "providers": "/settings/providers",
    "group": "/settings/players/groups/{group}",
    "channel": "/settings/channels/{channel}",
    "schedules": "/settings/schedules",
    "interface": "/account/interface",
}
_ON_A_PHONE = {"phone-item": "/items/{movie}", "phone-activity": "/activity"}
# What is in the window is there; what is further down is not asked for.
_COMPLETE = """() => {
  const isBelow = (one) => one.getBoundingClientRect().top > innerHeight;
  return [...document.images].every((one) => one.complete || isBelow(one));
}"""
# What stands for the machine's own folders and addresses on a page that is shown to others.
_ANONYMOUS = """([folders]) => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const plain = (text) => folders.reduce((so, [here, there]) => so.replaceAll(here, there), text);
  while (words.nextNode()) words.currentNode.data = plain(words.currentNode.data);
  for (const one of document.querySelectorAll("input, textarea")) {
    one.value = plain(one.value);
    one.placeholder = plain(one.placeholder ?? "");
  }
}"""


async def take(base: Path, folder: Path, wanted: str) -> None:
    """Every page whose address has `wanted` in it. `base`: where the library shown is made."""
    async with showroom(base / "data", base / "media", images=None) as room, browsing(_program()) as browser:
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


async def take_pages(base: Path, folder: Path) -> None:
    """Those of docs/pages.md: wide in light colours, and some as a phone shows them, in dark ones."""
    async with showroom(base / "data", base / "media", images=None) as room, browsing(_program()) as browser:
        cookie, folders = room.cookies[Role.ADMINISTRATOR], _stand_ins(base)
        places = {name: place.id for name, place in room.places.items()}
        for size, scheme, pages in ((_STEP_SIZE, "light", _SHOWN), (_PHONE_SIZE, "dark", _ON_A_PHONE)):
            async with visiting(browser, room.url, cookie, size=size, color_scheme=scheme, is_checked=False) as visit:
                for name, address in pages.items():
                    await visit.open(address.format_map(places))
                    await visit.page.wait_for_function(_COMPLETE)
                    await visit.page.evaluate(_ANONYMOUS, [folders])
                    await _keep(await visit.page.screenshot(), folder / f"page-{name}.webp")


def _stand_ins(base: Path) -> list[tuple[str, str]]:
    folders = {base / "media" / "library": "/media/films", base / "media": "/media", base / "data": "/var/lib/metarr"}
    return [*((str(here), there) for here, there in folders.items()), (platform.node(), "server")]


async def _keep(shot: bytes, path: Path) -> None:
    await asyncio.to_thread(Image.open(io.BytesIO(shot)).save, path, quality=_STEP_QUALITY, method=6)


async def take_first_steps(base: Path, folder: Path) -> None:
    """Of a newcomer with the demo's films, each step as it is when its page has been filled in."""
    films = await asyncio.to_thread(lay_out, base / "media")
    async with AsyncExitStack() as stack:
        tmdb = await stack.enter_async_context(TmdbServer(FILMS))
        addresses = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url}
        house = await stack.enter_async_context(running(base / "data", addresses, loopback_auth=True))
        browser = await stack.enter_async_context(browsing(_program()))
        visit = await stack.enter_async_context(visiting(browser, house.app.url, size=_STEP_SIZE))

        async def look(step: str) -> None:
            await visit.page.wait_for_load_state("networkidle")
            await _keep(await visit.page.screenshot(), folder / f"{step}.webp")

        await Newcomer(visit.page, films, tmdb.key, look).go(house.app.url, len(FILMS), "Sintel")


def _program() -> str:
    program = find_browser()
    if program is None:
        sys.exit("Chromium is not installed (Debian: apt-get install chromium)")
    return program


def main(folder: Path, wanted: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        match wanted:
            case "--first-steps":
                asyncio.run(take_first_steps(Path(made), folder))
            case "--pages":
                asyncio.run(take_pages(Path(made), folder))
            case _:
                asyncio.run(take(Path(made), folder, wanted))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
