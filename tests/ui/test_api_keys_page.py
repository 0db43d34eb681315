"""API keys in the browser: made, shown once, listed without the key, revoked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio

from people import AS_OWNER, people
from plain_browser import opened, sent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People
    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
_HERE = "/settings/api-keys"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    data = tmp_path_factory.mktemp("api_keys")
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


async def test_a_key_is_shown_once_works_and_is_revoked(house: People, owner: Running) -> None:
    made = await sent(owner, _HERE, _HERE, name="<b>Home page</b>", scope="read")
    [field] = made.tree.xpath("//input[@id='secret']")
    key = field.get("value")
    assert (made.status, field.get("readonly") is not None) == (200, True)
    assert not list(made.tree.get_element_by_id("main").iter("b"))
    headers = {"X-Api-Key": key}
    assert (await house.ask("nobody", "GET", "/api/v1/items", headers=headers))[0] == 200
    assert (await house.ask("nobody", "POST", "/api/v1/jobs/retry", headers=headers))[0] == 403

    page = await opened(owner, _HERE)
    assert (key in page.source, f"ends in {key[-4:]}" in page.text) == (False, True)
    [row] = page.tree.xpath("//tbody/tr[th[contains(., 'Home page')]]")
    assert "read just now" in " ".join(row.text_content().split())
    [goal] = row.xpath(".//form/@action")
    done = await sent(owner, str(goal), _HERE)
    assert (done.where, "revoked" in done.said) == (_HERE, True)
    assert (await house.ask("nobody", "GET", "/api/v1/items", headers=headers))[0] == 401


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        pytest.param({"name": "Radarr", "scope": "webhook"}, 409, "called 'Radarr' already", id="a name that is taken"),
        pytest.param({"name": " ", "scope": "operate"}, 422, "A key needs a name", id="no name"),
        pytest.param({"name": "Backup"}, 422, "at least one scope", id="nothing that it may do"),
    ],
)
async def test_what_is_refused_keeps_what_was_typed(
    owner: Running, fields: dict[str, str], status: int, words: str
) -> None:
    page = await sent(owner, _HERE, _HERE, **fields)
    assert (page.status, words in page.part("name-help")) == (status, True)
    assert page.tree.get_element_by_id("name").get("value") == fields["name"]
    assert page.tree.xpath("//input[@name='scope'][@checked]/@value") == [
        fields[key] for key in fields if key == "scope"
    ]


async def test_the_first_offer_is_what_radarr_needs(owner: Running) -> None:
    page = await opened(owner, _HERE)
    assert page.tree.xpath("//input[@name='scope'][@checked]/@value") == ["webhook"]


@pytest.mark.parametrize("who", ["viewer", "editor"])
async def test_only_administrators_see_it(house: People, who: str) -> None:
    assert (await house.ask(who, "GET", _HERE))[0] == 403
    assert (await house.ask(who, "POST", _HERE, data={"name": "mine", "scope": "admin"}))[0] == 403
