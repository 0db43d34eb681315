"""The way of a newcomer, by what stands on the pages and nothing else: from an empty data folder to published films.

`docs/first-steps.md` shows it; `scripts/screenshots` makes its pictures, and a test keeps it open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.async_api import expect

from people import WORD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Locator, Page


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody with a folder of films and a key of TMDB. `look` is called with each step's name when its page is there
    as it is meant.
    """

    page: Page
    films: Path
    key: str
    look: Callable[[str], Awaitable[None]]

    async def go(self, url: str, titles: int, film: str) -> None:
        """All the way. `film`: the one of `titles` whose page is opened at the end."""
        await self.page.goto(url)
        await self._administrator()
        await self._library()
        await self._key()
        await self._artwork()
        for name in ("Radarr and Sonarr", "First scan"):
            await self._press(f"Next: {name}")
        await self._scan(titles)
        await self._confirm()
        await self._see(film)

    async def _press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name).click()

    async def _heading(self, text: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    async def _administrator(self) -> None:
        page = self.page
        await self._heading("Welcome: create the administrator")
        await self.look("administrator")
        await page.get_by_label("Name", exact=True).fill("alex")
        await page.get_by_label("Password", exact=True).fill(WORD)
        await page.get_by_label("The same again").fill(WORD)
        await self._press("Create")
        await self._heading("Dashboard")
        await self.look("welcome")
        await page.get_by_role("link", name="Begin").click()

    async def _library(self) -> None:
        page = self.page
        await self._heading("Library")
        await page.get_by_label("Path").fill(str(self.films))
        await self._press("Look")
        await expect(page.get_by_role("button", name="Add this library")).to_be_visible()
        await self.look("library")
        await self._press("Add this library")
        await expect(page.get_by_role("region", name="Libraries so far")).to_contain_text(str(self.films))
        await self._press("Next: Providers")

    async def _key(self) -> None:
        await self._heading("Providers")
        tmdb = self.page.get_by_role("region", name="TMDB")
        await tmdb.get_by_label("API key").fill(self.key)
        await tmdb.get_by_role("button", name="Test and keep").click()
        await expect(tmdb.get_by_text("ok", exact=True)).to_be_visible()
        await self.look("key")
        await self._press("Next: Artwork")

    async def _artwork(self) -> None:
        await self._heading("Artwork")
        await self.page.get_by_label(re.compile("Metarr chooses")).check()
        await self.look("artwork")
        await self._press("Keep this and go on")
        await self._heading("Player")

    async def _scan(self, titles: int) -> None:
        page = self.page
        await self._heading("First scan")
        await self._press("Begin the first scan")
        progress = page.locator("#progress")
        await expect(progress).to_contain_text(f"{titles} published")
        await expect(progress).to_contain_text("Nothing runs")
        await self.look("scan")

    async def _confirm(self) -> None:
        page = self.page
        await page.get_by_role("link", name="Look at the first publishing").click()
        await expect(self._held()).not_to_have_count(0)
        await self.look("publishing")
        await self._press("Confirm")
        await expect(page.get_by_text("confirmed", exact=True)).to_be_visible()

    def _held(self) -> Locator:
        return self.page.locator("main li", has_text="hold")

    async def _see(self, film: str) -> None:
        page = self.page
        await page.get_by_role("navigation", name="Main").get_by_role("link", name="Movies").click()
        await self._heading("Movies")
        await self.look("movies")
        await page.locator("main").get_by_role("link", name=film, exact=True).first.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(film)
        poster = page.locator("main img").first
        await expect(poster).to_have_js_property("complete", value=True)
        assert await poster.evaluate("(one) => one.naturalWidth") > 0
        await self.look("film")
