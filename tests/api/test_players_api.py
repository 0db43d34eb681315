"""Players over the API: kept secret, tested, changed, grouped, told, and what they show."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from metarr.actions import players as actions
from metarr.demo.kodi_server import KodiServer
from metarr.errors import InvalidInput
from metarr.model.media import LibraryKind
from metarr.store import health, libraries, player_states, players
from metarr.store.db import Store, sqlite_url
from running import make_film, running
from stages import movie

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from running import Running

SECRET = "s3cret-of-the-owner"
NEW = {"kind": "kodi", "name": "attic", "url": "http://127.0.0.1:9", "user": "kodi", "password": SECRET}


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data, is_working=False) as found:
        yield found


async def _add(house: Running, **more: object) -> dict[str, Any]:
    status, added = await house.ask("POST", "/players", json={**NEW, **more})
    assert status == 201, added
    return dict(added)


async def write(data: Path, change: Callable[..., Any]) -> Any:
    store = Store(sqlite_url(data / "metarr.db"))
    try:
        return await store.write(change)
    finally:
        store.close()


async def test_credentials_go_in_and_never_come_out(house: Running, data: Path) -> None:
    added = await _add(house)
    assert (added["user"], added["hasPassword"], added["hasToken"], added["isEnabled"]) == ("kodi", True, False, True)
    _, changed = await house.ask("PATCH", f"/players/{added['id']}", json={"name": "loft"})
    assert (changed["name"], changed["hasPassword"]) == ("loft", True), "what is not named stays"
    assert SECRET not in repr([added, changed, await house.get("/players")])
    assert not await asyncio.to_thread(_holds, data, SECRET.encode())
    _, changed = await house.ask("PATCH", f"/players/{added['id']}", json={"password": ""})
    assert changed["hasPassword"] is False, "an empty text takes it away"


def _holds(data: Path, secret: bytes) -> bool:
    return any(secret in path.read_bytes() for path in data.glob("metarr.db*"))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"kind": "vlc"}, 422, "kind"),
        ({"url": "http://u:p@127.0.0.1"}, 422, "fields of their own"),
        ({"url": "http://[::1"}, 422, "url"),
        ({"name": "a\u0000b"}, 422, "seen"),
        ({"mappings": [{"local": "media", "remote": "/x"}]}, 422, "media"),
        ({"name": "cellar"}, 409, "cellar"),
    ],
    ids=["kind", "secrets in the address", "no address", "name", "relative folder", "taken name"],
)
async def test_what_is_wrong_with_a_player_is_said(
    house: Running, body: dict[str, object], status: int, words: str
) -> None:
    await _add(house, name="cellar")
    found, answer = await house.ask("POST", "/players", json={**NEW, **body})
    assert (found, words in repr(answer)) == (status, True), answer
    assert SECRET not in repr(answer)


async def test_an_address_of_an_older_version_shows_no_password(house: Running, data: Path) -> None:
    row = {"url": f"http://kodi:{SECRET}@127.0.0.1:9/"}
    player_id = await write(data, lambda tx: players.save(tx, "old", "kodi", row))
    assert (await house.get(f"/players/{player_id}"))["url"] == "http://127.0.0.1:9/"


def test_what_is_wrong_with_a_secret_is_said_without_it() -> None:
    with pytest.raises(InvalidInput, match="password") as caught:
        actions.checked({**NEW, "password": [SECRET]})
    assert SECRET not in str(caught.value)


async def test_a_player_that_refused_us_is_asked_again_once_it_is_corrected(house: Running, data: Path) -> None:
    added = await _add(house)

    def refuse(tx: Any) -> None:
        players.disable(tx, added["id"])
        health.report(tx, "player:attic:credentials", "attic does not accept the password")

    await write(data, refuse)
    seen = await house.get(f"/players/{added['id']}")
    assert (seen["isEnabled"], seen["troubles"]) == (False, ["attic does not accept the password"])
    _, renamed = await house.ask("PATCH", f"/players/{added['id']}", json={"tcpPort": 0})
    assert renamed["isEnabled"] is False
    _, corrected = await house.ask("PATCH", f"/players/{added['id']}", json={"password": "right"})
    assert (corrected["isEnabled"], corrected["troubles"]) == (True, [])


async def test_a_player_of_the_environment_is_shown_as_such_and_changed_there(data: Path) -> None:
    keys = {"kodi_url": "http://127.0.0.1:9", "kodi_password": SECRET, "jellyfin_url": "http://127.0.0.1:8"}
    keys |= {"jellyfin_api_key": "k", "plex_url": "http://127.0.0.1:7", "plex_token": "t", "plex_paths": "/m=/data/m"}
    async with running(data, keys, is_working=False) as house:
        found = await house.get("/players")
        assert [(one["name"], one["isFixed"], one["hasToken"]) for one in found] == [
            ("jellyfin", True, True),
            ("kodi", True, False),
            ("plex", True, True),
        ]
        assert found[2]["mappings"] == [{"local": "/m", "remote": "/data/m"}]
        kodi = found[1]["id"]
        for method, body in (("PATCH", {"user": "x"}), ("DELETE", None)):
            status, answer = await house.ask(method, f"/players/{kodi}", json=body)
            assert (status, "environment" in answer["detail"]) == (409, True)
    assert not await asyncio.to_thread(_holds, data, SECRET.encode())
    async with running(data, is_working=False) as house:
        found = await house.get("/players")
        assert {(one["isFixed"], one["isEnabled"]) for one in found} == {(False, False)}
        assert (await house.ask("DELETE", f"/players/{kodi}"))[0] == 204


async def test_a_connection_test_proves_the_mappings_with_real_folders(data: Path, tmp_path: Path) -> None:
    library = tmp_path / "films"
    make_film(library, "Heat (1995)")
    async with KodiServer(library) as kodi, running(data, is_working=False) as house:
        one = await write(data, lambda tx: libraries.add(tx, "Films", LibraryKind.MOVIES, str(library)))
        await write(data, lambda tx: movie(tx, one.id, "Heat (1995)"))
        added = await _add(house, url=kodi.url, tcpPort=0)
        status, found = await house.ask("POST", f"/players/{added['id']}/test")
        assert (status, found["isWell"]) == (200, True), found
        assert [(one["local"], one["exists"], one["isSeen"]) for one in found["folders"]] == [
            (str(library), True, True),
            (f"{library}/Heat (1995)", True, True),
        ]
        wrong = {"mappings": [{"local": str(library), "remote": "/nowhere/films"}]}
        status, found = await house.ask("POST", "/players/test", json={**NEW, "url": kodi.url, "tcpPort": 0, **wrong})
        assert (status, found["isWell"]) == (200, False)
        assert {one["remote"] for one in found["folders"]} == {"/nowhere/films", "/nowhere/films/Heat (1995)"}
        assert {one["isSeen"] for one in found["folders"]} == {False}


async def test_a_connection_test_says_what_is_wrong(house: Running) -> None:
    status, found = await house.ask("POST", "/players/test", json=NEW)
    assert (status, found["isWell"]) == (200, False)
    assert found["checks"][-1]["message"]
    assert SECRET not in repr(found)


async def test_what_a_player_does_is_asked_now(house: Running, tmp_path: Path) -> None:
    added = await _add(house)
    found = await house.get(f"/players/{added['id']}/activity")
    assert (found["activity"], bool(found["message"])) == (None, True), "it is off"
    async with KodiServer(tmp_path) as kodi:
        there = await _add(house, name="den", url=kodi.url, tcpPort=0)
        seen = [await house.get(f"/players/{there['id']}/activity")]
        kodi.is_playing = True
        seen.append(await house.get(f"/players/{there['id']}/activity"))
    assert [one["activity"] for one in seen] == ["idle", "playing"]
    assert (await house.ask("GET", "/players/99/activity"))[0] == 404


async def test_groups_are_kept_changed_and_forgotten(house: Running, data: Path) -> None:
    attic, cellar = await _add(house), await _add(house, name="cellar")
    one = await write(data, lambda tx: libraries.add(tx, "Films", LibraryKind.MOVIES, "/media/films"))
    body = {"name": "all", "mode": "sequential", "members": [cellar["id"], attic["id"]], "libraries": [one.id]}
    status, group = await house.ask("POST", "/player-groups", json=body)
    assert (status, group["members"], group["libraries"]) == (201, [cellar["id"], attic["id"]], [one.id])
    assert (await house.get("/players"))[0]["groupId"] == group["id"]
    patch = {"skipsPlaying": True, "libraries": None}
    _, changed = await house.ask("PATCH", f"/player-groups/{group['id']}", json=patch)
    assert (changed["skipsPlaying"], changed["libraries"], changed["mode"]) == (True, None, "sequential")
    for wrong, expected in (({"members": [99]}, 404), ({"libraries": [99]}, 404), ({"members": [1, 1]}, 422)):
        assert (await house.ask("PATCH", f"/player-groups/{group['id']}", json=wrong))[0] == expected
    assert (await house.ask("POST", "/player-groups", json={"name": "all"}))[0] == 409
    plex = await _add(house, name="plex", kind="plex", token="t", user=None, password=None)
    status, _ = await house.ask("POST", "/player-groups", json={"name": "x", "isShared": True, "members": [plex["id"]]})
    assert status == 422, "only Kodis share a database"
    assert (await house.ask("DELETE", f"/player-groups/{group['id']}"))[0] == 204
    assert await house.get("/player-groups") == []


async def test_a_person_tells_players_of_a_selection_a_library_or_everything(house: Running, data: Path) -> None:
    one = await write(data, lambda tx: libraries.add(tx, "Films", LibraryKind.MOVIES, "/media/films"))
    ids = [await write(data, lambda tx, name=name: movie(tx, one.id, name)) for name in ("Heat", "Ronin", "Thief")]
    attic = await _add(house)
    await _add(house, name="cellar")
    for order, asked in (
        ({"itemIds": ids[:2]}, {"items": 2, "players": 2}),
        ({"itemIds": ids[:1], "player": attic["id"]}, {"items": 1, "players": 1}),
        ({"library": one.id}, {"items": 3, "players": 2}),
        ({"all": True}, {"items": 3, "players": 2}),
    ):
        assert await house.ask("POST", "/sync", json=order) == (202, asked)
    for wrong, status in (({}, 422), ({"all": True, "library": one.id}, 422), ({"itemIds": [99]}, 404)):
        assert (await house.ask("POST", "/sync", json=wrong))[0] == status
    jobs = (await house.get("/jobs", kind="sync"))["jobs"]
    assert [job["priority"] for job in jobs] == [10, 10], "one delivery per player"
    page = await house.get(f"/players/{attic['id']}/items", limit=2)
    assert ([row["title"] for row in page["items"]], page["after"]) == (["Heat", "Ronin"], ids[1])
    page = await house.get(f"/players/{attic['id']}/items", limit=2, after=page["after"], state="pending")
    assert ([row["title"] for row in page["items"]], page["after"]) == (["Thief"], None)
    assert (await house.get(f"/players/{attic['id']}"))["counts"] == {"pending": 3}


async def test_what_is_not_as_it_should_be_is_told_again(house: Running, data: Path) -> None:
    one = await write(data, lambda tx: libraries.add(tx, "Films", LibraryKind.MOVIES, "/media/films"))
    heat = await write(data, lambda tx: movie(tx, one.id, "Heat"))
    attic = await _add(house)
    assert await house.ask("POST", f"/players/{attic['id']}/retry") == (202, {"items": 0, "players": 1})
    await write(data, lambda tx: player_states.ask(tx, attic["id"], [heat], is_manual=False))
    assert await house.ask("POST", f"/players/{attic['id']}/retry") == (202, {"items": 1, "players": 1})
    [job] = (await house.get("/jobs", kind="sync"))["jobs"]
    assert (job["state"], job["priority"]) == ("pending", 10)
