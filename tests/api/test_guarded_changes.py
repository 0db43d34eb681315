"""What people change has a tag, and who knows only an older one changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one program serves all cases
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),  # Apprise's
]
SECRET = "correct horse"
KODI = {"kind": "kodi", "name": "attic", "url": "http://127.0.0.1:9", "password": SECRET}


@dataclass(frozen=True, slots=True)
class Case:
    """Something under `path`, made of `new`, that one person changes by `first` and another by `second`."""

    path: str
    new: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]


CASES = {
    "libraries": Case("/libraries", {"path": ""}, {"name": "Ours"}, {"name": "Mine"}),
    "a library's settings": Case(
        "/libraries", {"path": ""}, {"overrides": {"actorPictures": 3}}, {"overrides": {"actorPictures": 5}}
    ),
    "schedules": Case(
        "/schedules", {"chore": "scan", "cron": "0 */6 * * *"}, {"cron": "1 1 * * *"}, {"cron": "2 2 * * *"}
    ),
    "channels": Case("/channels", {"name": "a", "url": "json://127.0.0.1/a"}, {"name": "b"}, {"name": "c"}),
    "a channel's address": Case(
        "/channels", {"name": "d", "url": "json://127.0.0.1/a"}, {"url": "json://127.0.0.1/b"}, {"isEnabled": False}
    ),
    "users": Case("/users", {"name": "sam", "password": SECRET}, {"role": "editor"}, {"isDisabled": True}),
    "a user's password": Case(
        "/users", {"name": "kim", "password": SECRET}, {"password": f"{SECRET} 2"}, {"role": "editor"}
    ),
    "players": Case("/players", KODI, {"user": "anna"}, {"user": "ben"}),
    "a player's password": Case("/players", KODI | {"name": "cellar"}, {"password": "another"}, {"tcpPort": 0}),
    "groups of players": Case("/player-groups", {"name": "up"}, {"name": "down"}, {"skipsPlaying": True}),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("guarded") / "data", is_working=False) as found:
        first = {"name": "owner", "password": SECRET, "role": "administrator"}
        assert (await found.ask("POST", "/users", json=first))[0] == 201
        yield found


async def _made(house: Running, case: Case, folder: Path) -> str:
    """The path of what was made."""
    new = case.new
    if "path" in new:
        make_film(folder, "Heat (1995)")
        new = {"path": str(folder)}
    status, made = await house.ask("POST", case.path, json=new)
    assert status == 201, made
    return f"{case.path}/{made.get('library', made)['id']}"


async def _ask(house: Running, path: str, patch: object = None, tag: str | None = None) -> tuple[int, str | None, Any]:
    """Status, tag and body."""
    method = "GET" if patch is None else "PATCH"
    headers = {} if tag is None else {"If-Match": tag}
    url = f"{house.app.url}/api/v1{path}"
    async with house.client.request(method, url, json=patch, headers=headers) as answer:
        return answer.status, answer.headers.get("ETag"), await answer.json()


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
async def test_two_people_do_not_overwrite_each_other(case: Case, house: Running, tmp_path: Path) -> None:
    path = await _made(house, case, tmp_path)
    _, known, _ = await _ask(house, path)
    assert (await _ask(house, path))[1] == known, "nothing has changed"
    status, tag, changed = await _ask(house, path, case.first, known)
    assert (status, tag == known, (await _ask(house, path))[1]) == (200, False, tag)
    status, _, problem = await _ask(house, path, case.second, known)
    assert (status, problem["title"]) == (412, "It was changed since it was read")
    _, now, left = await _ask(house, path)
    assert (now, left) == (tag, changed), "it is as the first one left it"
    assert (await _ask(house, path, case.second, tag))[0] == 200
    assert (await _ask(house, path, case.first))[0] == 200, "who sets no condition changes it"


async def test_what_changes_by_itself_stands_in_nobodys_way(house: Running, tmp_path: Path) -> None:
    path = await _made(house, CASES["libraries"], tmp_path)
    _, known, _ = await _ask(house, path)
    assert (await house.ask("POST", f"{path}/pause"))[0] == 204
    assert (await _ask(house, path))[2]["isPaused"]
    assert (await _ask(house, path, {"name": "Paused"}, known))[0] == 200
