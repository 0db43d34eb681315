"""Lists that people keep, over the API: one's own and everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from people import people

if TYPE_CHECKING:
    from pathlib import Path

    from people import People

VIEWS = "/api/v1/views"
BODY = {"place": "movies", "name": "No poster", "query": "sort=title&lacksArtwork=poster&search="}


async def _names(house: People, who: str) -> list[str]:
    return [one["name"] for one in (await house.ask(who, "GET", VIEWS))[1]]


async def test_views_are_kept_replaced_and_removed_by_their_owner(data: Path) -> None:
    async with people(data) as house:
        status, view = await house.ask("editor", "POST", VIEWS, json=BODY)
        assert (status, view["query"], view["isShared"]) == (201, "lacksArtwork=poster", False)
        status, again = await house.ask("editor", "POST", VIEWS, json=BODY | {"query": "hdr=hlg"})
        assert (status, again["id"], again["query"]) == (201, view["id"], "hdr=hlg")
        assert (await _names(house, "editor"), await _names(house, "administrator")) == (["No poster"], [])
        assert (await house.ask("viewer", "POST", VIEWS, json=BODY))[0] == 403
        assert (await house.ask("administrator", "DELETE", f"{VIEWS}/{view['id']}"))[0] == 404
        assert (await house.ask("editor", "DELETE", f"{VIEWS}/{view['id']}"))[0] == 204
        assert await _names(house, "editor") == []


async def test_what_a_key_keeps_everybody_has_and_administrators_remove(data: Path) -> None:
    async with people(data) as house:
        admin = house.headers["administrator"]
        _, key = await house.ask(
            "administrator", "POST", "/api/v1/api-keys", json={"name": "script", "scopes": ["operate"]}, headers=admin
        )
        _, view = await house.ask("nobody", "POST", VIEWS, json=BODY, headers={"X-Api-Key": key["key"]})
        assert view["isShared"]
        assert await _names(house, "viewer") == ["No poster"]
        assert (await house.ask("editor", "DELETE", f"{VIEWS}/{view['id']}"))[0] == 404
        assert (await house.ask("administrator", "DELETE", f"{VIEWS}/{view['id']}"))[0] == 204


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"query": "hdr=8k"}, "hdr: ", id="a query that is not understood"),
        pytest.param({"name": "\0"}, "printable", id="a name that is no text"),
        pytest.param({"place": "people"}, "movies", id="a place that has no such lists"),
    ],
)
async def test_what_cannot_be_kept_is_refused(data: Path, change: dict[str, str], words: str) -> None:
    async with people(data) as house:
        status, problem = await house.ask("editor", "POST", VIEWS, json=BODY | change)
        assert status == 422
        assert words in str(problem)


async def test_so_many_are_enough(data: Path) -> None:
    async with people(data) as house:
        answers = [await house.ask("editor", "POST", VIEWS, json=BODY | {"name": str(n)}) for n in range(51)]
        assert [status for status, _ in answers] == [201] * 50 + [409]
