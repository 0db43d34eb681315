"""The pages before all others, as a browser without scripts uses them."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from lxml import html

from people import WORD, people
from plain_browser import HTML
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People
    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as found:
        await found.ask("administrator", "POST", "/api/v1/libraries", json={"path": str(folder / "films")})
        yield found


async def _form(house: Running, path: str, **fields: str) -> tuple[int, str, str, SimpleCookie]:
    """Status, where to, text and cookies of a form sent from our own page."""
    headers = {"Origin": house.app.url}
    async with house.client.post(house.app.url + path, data=fields, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text(), answer.cookies


def _action(text: str) -> str:
    [form] = html.document_fromstring(text).iter("form")
    return form.get("action", "")


async def test_the_first_visitor_creates_the_administrator_and_is_in(data: Path) -> None:
    async with running(data, is_working=False, loopback_auth=True) as house:
        async with house.client.get(f"{house.app.url}/login") as answer:
            page = html.document_fromstring(await answer.text())
        assert [field.get("name") for field in page.iter("input")] == ["name", "password", "again"]
        assert {field.get("id") for field in page.iter("input")} == {label.get("for") for label in page.iter("label")}
        wrong = {"name": "alex", "password": WORD, "again": "something else"}
        status, _, text, _ = await _form(house, "/setup", **wrong)
        assert (status, "The two passwords differ." in text) == (422, True)
        assert next(field.get("value") for field in html.document_fromstring(text).iter("input")) == "alex"
        status, _, text, _ = await _form(house, "/setup", name="<b>", password="short", again="short")
        assert (status, "too short" in text, "<b>" in text) == (422, True, False)
        status, to, _, cookies = await _form(house, "/setup", name="alex", password=WORD, again=WORD)
        assert (status, to) == (303, "/")
        assert cookies["metarr_session"]["httponly"]
        status, _, text, _ = await _form(house, "/setup", name="eve", password=WORD, again=WORD)
        assert (status, "log in" in text) == (422, True)
        async with house.client.get(f"{house.app.url}/setup", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/login")


async def test_from_afar_the_page_asks_for_the_code(data: Path) -> None:
    async with running(data, is_working=False, loopback_auth=True) as house:
        headers = {"X-Forwarded-For": "192.0.2.9"}
        async with house.client.get(f"{house.app.url}/setup", headers=headers) as answer:
            assert 'name="code"' in await answer.text()


async def test_who_opens_a_page_logs_in_and_comes_back_to_it(house: People) -> None:
    url = house.house.app.url
    async with house.house.client.get(f"{url}/?search=a%26b", headers=HTML, allow_redirects=False) as answer:
        assert answer.status == 303
        login = answer.headers["Location"]
    assert login == "/login?next=/%3Fsearch%3Da%2526b"
    async with house.house.client.get(url + login) as answer:
        action = _action(await answer.text())
    status, _, text, cookies = await _form(house.house, action, name="viewer", password="wrong")
    assert (status, "The name or the password is wrong." in text, dict(cookies)) == (422, True, {})
    assert _action(text) == action
    status, to, _, _ = await _form(house.house, action, name="viewer", password=WORD)
    assert (status, to) == (303, "/?search=a%26b")


async def test_who_is_in_needs_no_login_page(house: People) -> None:
    assert (await house.ask("viewer", "GET", "/login"))[0] == 303


@pytest.mark.parametrize(
    ("who", "words"),
    [
        pytest.param("viewer", set(), id="a viewer presses nothing"),
        pytest.param("editor", {"Scan", "Enrich", "Publish", "Sync", "Verify"}, id="an editor starts work"),
        pytest.param(
            "administrator",
            {"Scan", "Enrich", "Publish", "Sync", "Verify", "Do not ask again"},
            id="an administrator decides, too",
        ),
    ],
)
async def test_a_page_has_the_buttons_that_its_reader_may_press(house: People, who: str, words: set[str]) -> None:
    _, text = await house.ask(who, "GET", "/")
    page = html.document_fromstring(text)
    assert who in "".join(map(str, next(page.iter("header")).itertext()))
    forms = [form for form in page.iter("form") if form.get("method") == "post"]
    buttons = {str(button.text).strip() for form in forms for button in form.iter("button")}
    assert buttons == words | {"Dark", "Light", "Log out"}


async def test_logging_out(house: People) -> None:
    _, _, _, cookies = await _form(house.house, "/login", name="editor", password=WORD)
    cookie = {"Cookie": f"metarr_session={cookies['metarr_session'].value}", "Sec-Fetch-Site": "same-origin"}
    assert (await house.ask("nobody", "GET", "/", headers=cookie))[0] == 200
    status, _ = await house.ask("nobody", "POST", "/logout", headers=cookie | {"Sec-Fetch-Site": "cross-site"})
    assert status == 403
    status, _ = await house.ask("nobody", "POST", "/logout", headers=cookie)
    assert status == 303
    assert (await house.ask("nobody", "GET", "/", headers=cookie | HTML))[0] == 303


async def test_pages_that_ask_for_passwords_are_kept_by_nobody(house: People) -> None:
    async with house.house.client.get(f"{house.house.app.url}/login") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
