"""Users in the browser: adding, changing, keeping out; secrets shown once, and the last administrator kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio

from people import AS_OWNER, WORD, people
from plain_browser import opened, sent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People
    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
_HERE = "/settings/users"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    data = tmp_path_factory.mktemp("users")
    (data / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(house: People) -> AsyncIterator[Running]:
    """The same program, asked by somebody who may do everything."""
    async with aiohttp.ClientSession(headers=AS_OWNER) as client:
        yield replace(house.house, client=client)


async def _number(owner: Running, name: str) -> int:
    found = await owner.get("/users")
    return int(next(user["id"] for user in found if user["name"] == name))


async def _may_log_in(house: People, name: str, password: str) -> bool:
    status, _ = await house.ask("nobody", "POST", "/api/v1/login", json={"name": name, "password": password})
    return status == 200


async def test_the_list_says_who_may_what(owner: Running) -> None:
    page = await opened(owner, _HERE)
    assert page.status == 200
    for role in ("Administrator", "Editor", "Viewer"):
        assert f"{role} · last login just now · 1 session" in page.text


@pytest.mark.parametrize("who", ["viewer", "editor"])
async def test_only_administrators_see_it(house: People, who: str) -> None:
    assert (await house.ask(who, "GET", _HERE))[0] == 403
    assert (await house.ask(who, "POST", _HERE, data={"name": "eve", "role": "administrator"}))[0] == 403
    _, text = await house.ask(who, "GET", "/")
    assert f'href="{_HERE}"' not in text


async def test_a_user_gets_a_password_that_is_shown_once(house: People, owner: Running) -> None:
    page = await sent(owner, _HERE, _HERE, name="sam", role="viewer")
    [password] = page.tree.xpath("//input[@id='secret']/@value")
    assert await _may_log_in(house, "sam", str(password))
    assert str(password) not in (await opened(owner, _HERE)).source
    typed = await sent(owner, _HERE, _HERE, name="kim", role="editor", password=WORD)
    assert ("kim can log in" in typed.text, WORD in typed.source) == (True, False)
    assert await _may_log_in(house, "kim", WORD)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        pytest.param({"name": "viewer"}, 409, "There is a user called 'viewer' already.", id="a name that is taken"),
        pytest.param({"name": "<i>x", "password": "short"}, 422, "too short", id="a password that is too short"),
    ],
)
async def test_what_is_refused_keeps_what_was_typed(
    owner: Running, fields: dict[str, str], status: int, words: str
) -> None:
    page = await sent(owner, _HERE, _HERE, role="editor", **fields)
    assert (page.status, words in page.part("name-fault")) == (status, True)
    [name] = page.tree.xpath("//input[@id='name']")
    assert (name.get("value"), name.get("aria-invalid")) == (fields["name"], "true")
    assert page.tree.xpath("//select[@id='role']/option[@selected]/@value") == ["editor"]
    assert not page.tree.xpath("//input[@type='password']/@value")


async def test_the_last_administrator_stays_whatever_is_pressed(house: People, owner: Running) -> None:
    number = await _number(owner, "administrator")
    for deed, fields in (("role", {"role": "viewer"}), ("disable", {}), ("remove", {})):
        page = await sent(owner, f"{_HERE}/{number}/{deed}", _HERE, **fields)
        assert (page.status, "This is the last administrator." in page.text) == (409, True)
        assert page.tree.xpath("//nav[@aria-label='Settings']//a[@aria-current]/@href") == [_HERE]
    assert (await house.ask("administrator", "GET", _HERE))[0] == 200


async def test_a_user_is_changed_kept_out_and_removed(house: People, owner: Running) -> None:
    await sent(owner, _HERE, _HERE, name="pat", role="viewer", password=WORD)
    number = await _number(owner, "pat")
    at = f"{_HERE}/{number}"
    done = await sent(owner, f"{at}/role", f"{at}/password", role="editor")
    assert (done.where, done.said) == (_HERE, "pat is an editor now.")
    await sent(owner, f"{at}/disable", _HERE)
    assert "may not log in" in (await opened(owner, _HERE)).text
    assert not await _may_log_in(house, "pat", WORD)
    await sent(owner, f"{at}/enable", _HERE)
    assert await _may_log_in(house, "pat", WORD)
    refused = await sent(owner, f"{at}/password", _HERE, password="short")
    [field] = refused.tree.xpath(f"//input[@id='password-{number}']")
    assert (refused.status, field.get("aria-invalid")) == (422, "true")
    page = await sent(owner, f"{at}/password", _HERE)
    [password] = page.tree.xpath("//input[@id='secret']/@value")
    assert await _may_log_in(house, "pat", str(password))
    assert not await _may_log_in(house, "pat", WORD)
    assert (await sent(owner, f"{at}/remove", _HERE)).where == _HERE
    assert "pat" not in [one["name"] for one in await owner.get("/users")]
    assert (await sent(owner, f"{at}/remove", _HERE)).status == 404


async def test_colours_are_chosen_on_a_page_that_answers_a_form(house: People, owner: Running) -> None:
    page = await sent(owner, f"{_HERE}/{await _number(owner, 'administrator')}/disable", _HERE)
    backs = page.tree.xpath("//form[@action='/theme']/input[@name='back']/@value")
    assert backs == [_HERE]
