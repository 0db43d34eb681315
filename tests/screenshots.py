"""Pictures of every page, to look at: `scripts/screenshots FOLDER`. Wide and narrow, dark and light; the doors
and the pages of faults, which nobody's menu has, are among them.

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
from typing import TYPE_CHECKING, NamedTuple

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
# The pages that stand outside: who asks, a user of this role or nobody, and for what.
_DOORS: dict[str, tuple[Role | None, str]] = {
    "login": (None, "/login"),
    "login-faults": (None, "/login/oidc/callback?error=access_denied&state=x"),
    "logged-out": (None, "/logged-out"),
    "fault-refused": (Role.EDITOR, "/settings"),
    "fault-unknown-page": (Role.VIEWER, "/no/such/page"),
    "fault-unknown-item": (Role.ADMINISTRATOR, "/items/999999999"),
    "fault-unknown-to-nobody": (None, "/static/nothing"),
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
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(browsing(_program()))
        if wanted in "/setup":
            async with running(base / "new", loopback_auth=True) as house:
                await _page(browser, Page(house.app.url, "/setup"), folder / "setup")
        room = await stack.enter_async_context(showroom(base / "data", base / "media", images=None))
        for page in PAGES:
            if wanted in page.address:
                seen = Page(room.url, page.at(room.places), room.cookies[Role.ADMINISTRATOR])
                await _page(browser, seen, folder / _named(page))
        for name, (role, address) in _DOORS.items():
            if wanted in f"{name} {address}":
                await _page(browser, Page(room.url, address, room.cookies[role] if role else ""), folder / name)


class Page(NamedTuple):
    """Of the program at `url`, as the one with this cookie sees it."""

    url: str
    address: str
    cookie: str = ""


def _named(page: PageOf) -> str:
    return re.sub(r"[^a-z0-9]+", "-", page.address.lower()).strip("-") or "dashboard"


async def _page(browser: Browser, seen: Page, path: Path) -> None:
    """All its pictures; `path`: what their names begin with."""
    for size in _SIZES:
        async with visiting(browser, seen.url, seen.cookie, size=size, is_checked=False) as visit:
            await visit.open(seen.address)
            await visit.page.wait_for_function(_COMPLETE)
            for scheme in _SCHEMES:
                await visit.look(size, scheme)
                await visit.page.screenshot(path=path.with_name(f"{path.name}-{size[0]}-{scheme}.png"))


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
