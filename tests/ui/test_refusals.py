"""What the program refuses before any page is asked: people in a browser read a page, programs a document."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from lxml import html

from people import people
from plain_browser import HTML

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People

pytestmark = pytest.mark.asyncio(loop_scope="module")
_PROGRAM = {"Accept": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as found:
        yield found


_REFUSALS = pytest.mark.parametrize(
    ("method", "path", "headers", "status", "words"),
    [
        pytest.param("GET", "/movies", {"Host": "evil.example"}, 421, "evil.example", id="a name that is not ours"),
        pytest.param("POST", "/bulk", {"Sec-Fetch-Site": "cross-site"}, 403, "Another site", id="another site's page"),
        pytest.param("POST", "/bulk", {"Content-Length": "9999999"}, 413, "longer than", id="too long a form"),
    ],
)


@_REFUSALS
async def test_people_read_a_page(
    house: People, method: str, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    found, text = await house.ask("editor", method, path, headers=HTML | headers)
    page = html.document_fromstring(text)
    assert (found, [one.text for one in page.iter("h1")] != []) == (status, True)
    assert words in str(page.xpath("string(//*[@role='alert'])"))
    assert not page.xpath("//nav"), "nothing is read of the database for it"


@_REFUSALS
async def test_programs_read_a_document(
    house: People, method: str, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    found, body = await house.ask("editor", method, path, headers=_PROGRAM | headers)
    assert (found, body["status"], words in body["detail"]) == (status, status, True)


async def test_only_people_are_led_to_the_login(house: People) -> None:
    assert (await house.ask("nobody", "GET", "/movies", headers=HTML))[0] == 303
    for accept in (_PROGRAM, {"Accept": "image/webp,*/*"}, {}):
        found, body = await house.ask("nobody", "GET", "/movies", headers=accept)
        assert (found, body["type"]) == (401, "urn:metarr:problem:unauthenticated")


async def test_when_the_database_is_away_that_is_a_page_too(data: Path) -> None:
    async with people(data) as house:
        with closing(sqlite3.connect(data / "metarr.db")) as database:
            database.execute("ALTER TABLE session RENAME TO away")
        found, text = await house.ask("viewer", "GET", "/movies", headers=HTML)
        assert (found, "The database cannot be reached" in text, "<h1>" in text) == (503, True, True)
        found, body = await house.ask("viewer", "GET", "/movies", headers=_PROGRAM)
        assert (found, body["type"]) == (503, "urn:metarr:problem:unavailable")
