"""Pages against their goals, on a library of 20,000 movies: how long the server takes, and until one can use them.

    python benchmarks/pages.py [--times 20] [--json]

Every page of `tests/every_page.py` is asked for again and again over loopback, one request after another, by an
administrator. Those that show very many are opened in Chromium, too, where it is installed: until the page is there and
its scripts have run (DOMContentLoaded waits for modules), and until something is painted.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from figures import Figure, show, show_json

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import crowd
from chromium import browsing, find_browser, visiting
from every_page import PAGES
from metarr.cli import memory
from metarr.store import migrate
from metarr.store.db import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from crowd import Crowd

_LARGE = ("/", "/movies", "/movies?view=table", "/series", "/collections", "/people", "/jobs", "/review")
_LISTS = ("/movies", "/movies?view=table", "/series", "/api/v1/items?kind=movie&limit=100")
_REPEATS = 20
_FEWEST = 300  # so many of them have a question
_GOAL, _GOAL_USABLE = 50.0, 1000.0  # milliseconds, p95
_VISITS = 5
_TIMES = """() => {
  const load = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [load.domContentLoadedEventEnd, paint ? paint.startTime : load.domContentLoadedEventEnd];
}"""


def _most(values: Sequence[float]) -> float:
    """p95: what all but the slowest twentieth keep within (nearest rank)."""
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


async def _timed(client: aiohttp.ClientSession, url: str, times: int) -> list[float]:
    """Milliseconds of each request but the first, which makes templates and statements."""
    spent = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        async with client.get(url) as answer:
            assert answer.ok, (url, answer.status)
            await answer.read()
        spent.append((time.perf_counter() - begun) * 1000)
    return spent[1:]


async def _lists(base: Path, times: int) -> list[Figure]:
    """Those that list, of the page and of the API. The limit: a request that is told nothing."""
    async with _served(base) as made, aiohttp.ClientSession(headers={"Cookie": made.cookie}) as client:
        least = _most(await _timed(client, f"{made.url}/health/live", times))
        return [
            Figure(f"{address}: p95", _most(await _timed(client, made.url + address, times)), "ms", _GOAL, limit=least)
            for address in _LISTS
        ]


def against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table: a library of so many movies."""
    crowd.MOVIES = max(size, _FEWEST)
    return asyncio.run(_lists(work, _REPEATS))


@asynccontextmanager
async def _served(base: Path) -> AsyncIterator[Crowd]:
    """The library and a server before it, with its memory in order as the program has it."""
    store = Store(sqlite_url(base / "metarr.db"))
    migrate.upgrade(store)
    store.close()
    memory.arrange()
    async with crowd.crowd(base) as made:
        memory.settled()
        yield made


async def _asked(made: Crowd, times: int) -> list[Figure]:
    figures = []
    async with aiohttp.ClientSession(headers={"Accept": "text/html", "Cookie": made.cookie}) as client:
        for page in PAGES:
            warm = await _timed(client, made.url + page.at(made.places), times)
            figures.append(Figure(f"{page.address}: median", statistics.median(warm), "ms"))
            figures.append(Figure(f"{page.address}: p95", _most(warm), "ms", _GOAL))
    return figures


async def _opened(made: Crowd, program: str) -> list[Figure]:
    figures = []
    async with browsing(program) as browser, visiting(browser, made.url, made.cookie, is_checked=False) as visit:
        for address in _LARGE:
            seen: list[list[float]] = []
            for _ in range(_VISITS):
                await visit.open(address)
                seen.append(await visit.page.evaluate(_TIMES))
            ready, painted = zip(*seen, strict=True)
            figures.append(Figure(f"{address}: usable, slowest of {_VISITS}", max(ready), "ms", _GOAL_USABLE))
            figures.append(Figure(f"{address}: painted, slowest of {_VISITS}", max(painted), "ms"))
    return figures


async def _measure(base: Path, times: int) -> dict[str, list[Figure]]:
    program = find_browser()
    async with _served(base) as made:
        told = {"Pages of 20,000 movies": await _asked(made, times)}
        if program is not None:
            told["In Chromium"] = await _opened(made, program)
    return told


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=_REPEATS)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as base:
        told = asyncio.run(_measure(Path(base), wanted.times))
    if wanted.json:
        show_json(told)
        return
    print(f"load before: {before:.1f}")
    for title, figures in told.items():
        show(title, figures)


if __name__ == "__main__":
    main()
