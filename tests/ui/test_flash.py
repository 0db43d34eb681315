"""What the next page says: told once, to whoever sent the form, and put into our mouth by nobody else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from metarr.ui import flash
from metarr.ui.flash import Flash
from plain_browser import HTML, opened, sent
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")
_COOKIE = 4096  # bytes that browsers keep


@given(st.builds(Flash, st.text(), st.booleans(), st.text(max_size=60)))
def test_what_is_written_is_read_again(told: Flash) -> None:
    there = flash.read(flash.written(told))
    assert there is not None
    assert (there.is_fault, there.work) == (told.is_fault, told.work.encode("utf-8", "backslashreplace").decode())
    assert told.said.encode("utf-8", "backslashreplace").decode().startswith(there.said.rstrip("…"))


@given(st.text(alphabet="\U0001f3ac\x00äx", min_size=1000, max_size=3000))
def test_however_long_it_is_a_browser_keeps_it(text: str) -> None:
    assert len(flash.written(Flash(text))) < _COOKIE - 200


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="nothing"),
        pytest.param("€", id="no ASCII"),
        pytest.param("abc", id="half a group"),
        pytest.param(base64.urlsafe_b64encode(b"\xff\xfe").decode(), id="no text"),
        pytest.param(base64.urlsafe_b64encode(b'"said"').decode(), id="no document"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 2900).decode(), id="too deep"),
        pytest.param(base64.urlsafe_b64encode(json.dumps({"said": 5}).encode()).decode(), id="another type"),
    ],
)
def test_what_we_did_not_write_says_nothing(value: str) -> None:
    assert flash.read(value) is None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idle(folder: Path) -> AsyncIterator[Running]:
    """A program that begins nothing, with a library."""
    async with running(folder, is_working=False) as house:
        await house.ask("POST", "/libraries", json={"path": str(folder / "films"), "name": "<b>Bold & Co"})
        yield house


@in_one_house
async def test_the_next_page_says_it_and_takes_it_away(idle: Running) -> None:
    begun = await sent(idle, "/libraries/1/scan", "/?x=1")
    assert (begun.where, begun.said) == ("/?x=1", "Scan of <b>Bold & Co begins.")
    cookie = flash.written(Flash(begun.said, work=begun.work))
    headers = HTML | {"Cookie": f"{flash.COOKIE}={cookie}"}
    async with idle.client.get(f"{idle.app.url}/", headers=headers) as answer:
        text = await answer.text()
        assert answer.cookies[flash.COOKIE]["max-age"] == "0"
    [note] = [one for one in html.document_fromstring(text).iter("p") if one.get("data-said")]
    assert (note.get("role"), note.text, note.get("data-work")) == ("status", begun.said, begun.work)


@in_one_house
async def test_scripts_that_fetch_a_part_leave_it_to_the_page(idle: Running) -> None:
    headers = HTML | {"Cookie": f"{flash.COOKIE}={flash.written(Flash('Done.'))}", flash.PART: "yes"}
    async with idle.client.get(f"{idle.app.url}/", headers=headers) as answer:
        assert ("Done." in await answer.text(), flash.COOKIE in answer.cookies) == (False, False)


@in_one_house
async def test_the_cookie_is_for_the_server_alone_and_for_a_minute(idle: Running) -> None:
    url = f"{idle.app.url}/libraries/1/verify"
    async with idle.client.post(url, headers=HTML, allow_redirects=False) as answer:
        morsel = answer.cookies[flash.COOKIE]
    assert (morsel["httponly"], morsel["samesite"].lower(), morsel["max-age"]) == (True, "strict", "60")


@in_one_house
async def test_an_address_puts_no_words_on_a_page(idle: Running) -> None:
    assert "Send money" not in (await opened(idle, "/?said=Send+money")).text
