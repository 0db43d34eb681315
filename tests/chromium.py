"""A real browser for tests, Debian's Chromium, and what it has to say against a page: console, network, axe-core."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from playwright.async_api import async_playwright, expect

from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

# Nothing but what a page asks for: a browser of a test does not look for updates or for other services.
_QUIET = (
    "--no-sandbox",  # tests may run as root, which Chromium's sandbox refuses; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# The bar at the window's lower edge lies where it belongs meanwhile: what it covers, one scrolls away from it
# (`scroll-padding-bottom` does for the keyboard), but to axe-core it is a button half hidden.
_AXE_RUN = """async (options) => {
  const bars = [...document.querySelectorAll(".selection")];
  for (const bar of bars) bar.style.position = "static";
  const { violations } = await axe.run(options);
  for (const bar of bars) bar.style.position = "";
  return violations;
}"""
# WCAG 2.2 A and AA, and what axe-core calls good practice (headings in order, landmarks);
# https://github.com/dequelabs/axe-core/blob/develop/doc/API.md#axe-core-tags
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
_MORE = {"target-size": {"enabled": True}}  # of WCAG 2.2, and off unless it is asked for
_LIVE = "/live?"  # a stream that ends with its page
WIDE, PHONE, NARROW = (1440, 900), (390, 844), (360, 740)  # pixels
_PATIENCE = PATIENCE * 1000  # milliseconds
Scheme: TypeAlias = Literal["dark", "light"]
Look: TypeAlias = tuple[tuple[int, int], Scheme]


def find_browser() -> str | None:
    """Where Chromium is; None: not installed."""
    return shutil.which("chromium")


@asynccontextmanager
async def browsing(program: str) -> AsyncIterator[Browser]:
    """A browser without a window."""
    async with async_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        browser = await playwright.chromium.launch(executable_path=program, args=[*_QUIET], timeout=_PATIENCE)
        yield browser
        await browser.close()


@dataclass
class Visit:
    """A tab. `faults`: what went wrong in it so far, in words; `refused`: answers that a test asks for, by status."""

    page: Page
    url: str  # of the program
    faults: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", self._see_failure)
        self.page.on("response", self._see_answer)

    async def open(self, path: str) -> None:
        """Go to a page of the program; everything on it is there when this returns."""
        await self.page.goto(self.url + path, wait_until="load")

    async def axe(self, *rules: str) -> list[str]:
        """What axe-core finds against the page as it is now; only these rules, if any are named."""
        chosen = {"type": "rule", "values": [*rules]} if rules else {"type": "tag", "values": [*_RULES]}
        options = {"runOnly": chosen, "rules": {} if rules else _MORE, "resultTypes": ["violations"]}
        found = await self.page.evaluate(_AXE_RUN, options)
        return [_violation(one, node) for one in found for node in one["nodes"]]

    async def look(self, size: tuple[int, int], scheme: Scheme) -> None:
        """From now on so wide, and in these colours."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})
        await self.page.emulate_media(color_scheme=scheme)

    async def overflow(self) -> list[str]:
        """The elements that make the page wider than the window."""
        found: list[str] = await self.page.evaluate(_WIDER)
        return found

    def _hear(self, message: ConsoleMessage) -> None:
        is_told = self.refused and message.text.startswith("Failed to load resource")
        if message.type in {"error", "warning"} and not is_told:
            self.faults.append(f"console: {message.text}")

    def _see_failure(self, request: Request) -> None:
        if _LIVE not in request.url and request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.method} {request.url}: {request.failure}")

    def _see_answer(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.refused:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")


@asynccontextmanager
async def visiting(browser: Browser, url: str, cookie: str = "", **options: Any) -> AsyncIterator[Visit]:
    """A tab of its own for one person; `cookie`: "name=value" of their session. `is_checked` False: without axe-core,
    which takes time to load.
    """
    is_checked = options.pop("is_checked", True)
    width, height = options.pop("size", WIDE)
    choices: dict[str, Any] = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"} | options
    context = await browser.new_context(**choices)
    context.set_default_timeout(_PATIENCE)
    if is_checked:
        await context.add_init_script(_AXE)
    if cookie:
        name, _, value = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": url}])
    yield Visit(await context.new_page(), url)
    await context.close()


def _violation(found: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{found['id']} ({found['impact']}): {node['target'][0]}: {node['failureSummary']}"


_WIDER = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return [];
  const wide = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > most + 1);
  return [`${document.documentElement.scrollWidth} px`, ...wide.slice(0, 8).map((one) => one.outerHTML.slice(0, 120))];
}"""
