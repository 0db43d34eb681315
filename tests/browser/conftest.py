"""What the browser tests share: one browser, a library like the demo's, and one of 20,000 movies; made once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from chromium import browsing, find_browser
from crowd import crowd
from showroom import showroom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from crowd import Crowd
    from showroom import Room

REQUIRE_BROWSER = "METARR_TEST_REQUIRE_BROWSER"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = find_browser()
    if program is None:
        if os.environ.get(REQUIRE_BROWSER):
            pytest.fail("Chromium is not installed, and this run requires it")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    async with browsing(program) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def room(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> AsyncIterator[Room]:
    base = tmp_path_factory.mktemp("showroom")
    async with showroom(_data(base, migrated_sqlite), base / "media") as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def many(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> AsyncIterator[Crowd]:
    async with crowd(_data(tmp_path_factory.mktemp("crowd"), migrated_sqlite)) as made:
        yield made


def _data(base: Path, database: Path) -> Path:
    data = base / "data"
    data.mkdir()
    shutil.copy(database, data / "metarr.db")
    return data
