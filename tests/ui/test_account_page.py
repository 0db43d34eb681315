"""One's own account and the look of the pages, as a browser without scripts uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lxml import html

from metarr.ui.account.agents import device
from metarr.ui.tastes import cookie
from people import WORD, people, session
from plain_browser import opened
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People

in_one_house = pytest.mark.asyncio(loop_scope="module")
_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    data = tmp_path_factory.mktemp("account")
    (data / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as found:
        yield found


@in_one_house
async def test_sessions_are_ended_one_by_one_and_all_but_this(house: People) -> None:
    await house.ask("nobody", "POST", "/api/v1/login", json={"name": "editor", "password": WORD})
    for _ in range(2):
        await session(house.house, "editor")
    _, text = await house.ask("editor", "GET", "/account")
    page: Any = html.document_fromstring(text)
    assert len(page.xpath("//*[contains(@class, 'badge')][.='this one']")) == 1
    ends = [goal for goal in page.xpath("//form/@action") if str(goal).endswith("/end")]
    assert len(ends) == 4  # all others, and each of three
    assert (await house.ask("editor", "POST", str(ends[-1])))[0] == 303
    assert (await house.ask("editor", "POST", str(ends[-1])))[0] == 404
    assert (await house.ask("viewer", "POST", str(ends[-2])))[0] == 404
    assert (await house.ask("editor", "POST", "/account/sessions/end"))[0] == 303
    await session(house.house, "editor")
    assert (await house.ask("editor", "DELETE", "/api/v1/me/sessions"))[0] == 204
    _, found = await house.ask("editor", "GET", "/api/v1/me/sessions")
    assert [one["isThis"] for one in found] == [True]


@in_one_house
@pytest.mark.parametrize(
    ("fields", "status", "words", "field"),
    [
        pytest.param(("wrong", "a new password", "a new password"), 422, "old password is wrong", "old", id="wrong"),
        pytest.param((WORD, "a new password", "another"), 422, "passwords differ", "new", id="not the same twice"),
        pytest.param((WORD, "short", "short"), 422, "too short", "new", id="too short"),
    ],
)
async def test_a_password_that_is_refused(
    house: People, fields: tuple[str, str, str], status: int, words: str, field: str
) -> None:
    data = dict(zip(("old", "new", "again"), fields, strict=True))
    got, text = await house.ask("viewer", "POST", "/account/password", data=data)
    page: Any = html.document_fromstring(text)
    assert (got, words in page.get_element_by_id(f"{field}-help").text_content()) == (status, True)
    assert page.get_element_by_id(field).get("aria-invalid") == "true"
    assert not page.xpath("//input[@type='password']/@value")


@in_one_house
async def test_everybody_changes_their_own_password_and_is_logged_out_elsewhere(house: People) -> None:
    other = await session(house.house, "viewer")
    data = {"old": WORD, "new": "purple monkey", "again": "purple monkey"}
    assert (await house.ask("viewer", "POST", "/account/password", data=data))[0] == 303
    assert (await house.ask("viewer", "GET", "/account"))[0] == 200
    asked = {"Cookie": other, "Accept": "text/html"}
    assert (await house.ask("nobody", "GET", "/account", headers=asked))[0] == 303
    login = {"name": "viewer", "password": "purple monkey"}
    assert (await house.ask("nobody", "POST", "/api/v1/login", json=login))[0] == 200


@in_one_house
async def test_the_look_is_kept_by_the_browser(house: People) -> None:
    choices = {"theme": "dark", "density": "compact", "posters": "large", "dates": "iso", "home": "/movies"}
    url = f"{house.house.app.url}/account/interface"
    headers = house.headers["editor"]
    async with house.house.client.post(url, data=choices, headers=headers, allow_redirects=False) as answer:
        given = {name: one.value for name, one in answer.cookies.items()}
    assert given | {cookie(key): value for key, value in choices.items()} == given
    cookies = "; ".join(f"{name}={value}" for name, value in given.items())
    both = {"Cookie": f"{headers['Cookie']}; {cookies}"}
    _, text = await house.ask("editor", "GET", "/account/interface", headers=both)
    page: Any = html.document_fromstring(text)
    assert [page.get(f"data-{key}") for key in ("theme", "density", "posters")] == ["dark", "compact", "large"]
    assert set(page.xpath("//input[@checked]/@value")) == set(choices.values())
    assert page.xpath("//a[@class='brand']/@href") == ["/movies"]
    _, text = await house.ask("editor", "GET", "/account", headers=both)
    account: Any = html.document_fromstring(text)
    assert all(str(one).endswith("UTC") for one in account.xpath("//li//time[@title]/text()"))
    login = {"name": "editor", "password": WORD}
    async with house.house.client.post(
        f"{house.house.app.url}/login", data=login, headers={"Cookie": cookies}, allow_redirects=False
    ) as answer:
        assert answer.headers["Location"] == "/movies"


@in_one_house
async def test_a_choice_is_taken_back(house: People) -> None:
    url = f"{house.house.app.url}/account/interface"
    data = {"theme": "system", "density": "nonsense"}
    async with house.house.client.post(
        url, data=data, headers=house.headers["viewer"], allow_redirects=False
    ) as answer:
        assert [answer.cookies[cookie(key)]["max-age"] for key in data] == ["0", "0"]
        assert cookie("home") not in answer.cookies


async def test_this_machine_has_no_account_to_change(data: Path) -> None:
    async with running(data, is_working=False) as house:
        page = await opened(house, "/account")
        assert (page.status, "You are this machine" in page.text, "/account/password" in page.forms()) == (
            200,
            True,
            False,
        )
        assert (await opened(house, "/account/interface")).status == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        pytest.param(_LINUX, "Firefox on Linux", id="a desk"),
        pytest.param(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
            id="a phone that names a computer, too",
        ),
        pytest.param(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
            "Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
            id="a browser that names two others",
        ),
        pytest.param("curl/8.5.0", "curl", id="a tool"),
        pytest.param("Kodi/21", "Kodi/21", id="its own words"),
        pytest.param("", "an unknown browser", id="nothing"),
    ],
)
def test_a_device_as_its_user_knows_it(agent: str, words: str) -> None:
    assert device(agent) == words
