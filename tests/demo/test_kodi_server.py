"""The demo's Kodi has the manners that were observed on real Kodi 20.1 and 21.2."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import pytest

from metarr.demo.kodi_disk import film_of
from metarr.demo.kodi_server import KodiServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Remote:
    """Speaks to the server as any client would."""

    def __init__(self, server: KodiServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def call(self, method: str, **params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        async with self.session.post(f"{self.server.url}/jsonrpc", json=body) as response:
            answer = await response.json()
        return answer.get("result", answer.get("error"))

    async def titles(self, **params: object) -> list[str]:
        return [movie["label"] for movie in (await self.call("VideoLibrary.GetMovies", **params))["movies"]]

    async def scan(self, directory: str = "") -> None:
        assert await self.call("VideoLibrary.Scan", directory=directory, showdialogs=False) == "OK"
        await self.server.library.settled()


@asynccontextmanager
async def remote_to(root: Path, **options: Any) -> AsyncIterator[Remote]:
    async with KodiServer(root, **options) as server, aiohttp.ClientSession() as session:
        yield Remote(server, session)


def put(root: Path, name: str, *names: str, nfo: str | None = None) -> Path:
    folder = root / name
    (folder / ".actors").mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.mkv").write_bytes(b"video")
    (folder / f"{name}.nfo").write_text(nfo or f"<movie><title>{name}</title></movie>", "utf-8")
    for entry in names:
        (folder / entry).write_bytes(entry.encode())
    return folder


async def test_a_scan_finds_films_and_can_be_watched(tmp_path: Path) -> None:
    put(tmp_path, "Heat")
    async with remote_to(tmp_path) as kodi:
        kodi.server.library.may_scan.clear()
        await kodi.call("VideoLibrary.Scan")
        name = "Library.IsScanningVideo"
        assert await kodi.call("XBMC.GetInfoBooleans", booleans=[name]) == {name: True}
        assert await kodi.titles() == []
        kodi.server.library.may_scan.set()
        await kodi.server.library.settled()
        assert await kodi.call("XBMC.GetInfoBooleans", booleans=[name]) == {name: False}
        assert await kodi.titles() == ["Heat"]


async def test_a_second_scan_cancels_the_first_and_answers_ok(tmp_path: Path) -> None:
    put(tmp_path, "Heat")
    async with remote_to(tmp_path) as kodi:
        kodi.server.library.may_scan.clear()
        await kodi.call("VideoLibrary.Scan")
        assert await kodi.call("VideoLibrary.Scan") == "OK"
        kodi.server.library.may_scan.set()
        await kodi.server.library.settled()
        assert await kodi.titles() == []


async def test_a_new_folder_is_not_found_until_its_parent_is_listed_again(tmp_path: Path) -> None:
    async with remote_to(tmp_path) as kodi:
        await kodi.scan()
        heat = put(tmp_path, "Heat")
        await kodi.scan(f"{heat}/")
        assert await kodi.titles() == []
        listed = await kodi.call("Files.GetDirectory", directory=str(tmp_path))
        assert [entry["label"] for entry in listed["files"]] == ["Heat"]
        await kodi.scan(f"{heat}/")
        assert await kodi.titles() == ["Heat"]


async def test_scanning_the_source_finds_a_new_folder_at_once(tmp_path: Path) -> None:
    async with remote_to(tmp_path) as kodi:
        await kodi.scan()
        put(tmp_path, "Heat")
        await kodi.scan()
        assert await kodi.titles() == ["Heat"]


async def test_a_scan_does_not_read_a_changed_nfo_and_a_refresh_does(tmp_path: Path) -> None:
    put(tmp_path, "Heat")
    put(tmp_path, "Ronin")
    async with remote_to(tmp_path) as kodi:
        await kodi.scan()
        details = await kodi.call("VideoLibrary.GetMovies", properties=["dateadded", "resume"])
        before = {movie["label"]: movie for movie in details["movies"]}
        heat = before["Heat"]["movieid"]
        state = {"playcount": 2, "userrating": 9, "resume": {"position": 5, "total": 9}}
        assert await kodi.call("VideoLibrary.SetMovieDetails", movieid=heat, **state) == "OK"
        put(tmp_path, "Heat", nfo="<movie><title>Changed</title></movie>")
        await kodi.scan()
        assert sorted(await kodi.titles()) == ["Heat", "Ronin"]

        assert await kodi.call("VideoLibrary.RefreshMovie", movieid=heat, ignorenfo=False) == "OK"
        await kodi.server.library.settled()
        asked = ["title", "playcount", "userrating", "resume", "dateadded"]
        movies = (await kodi.call("VideoLibrary.GetMovies", properties=asked))["movies"]
        (changed,) = (movie for movie in movies if movie["title"] == "Changed")
        assert changed["movieid"] != heat
        assert (changed["playcount"], changed["userrating"]) == (0, 0)
        assert changed["resume"] == {"position": 5, "total": 9}
        assert changed["dateadded"] == before["Heat"]["dateadded"]
        assert (await kodi.call("VideoLibrary.GetMovieDetails", movieid=heat))["code"] == -32602


async def test_a_replaced_picture_is_served_from_the_cache_until_its_texture_goes(tmp_path: Path) -> None:
    poster = put(tmp_path, "Heat", "Heat-poster.jpg") / "Heat-poster.jpg"
    async with remote_to(tmp_path, remote_prefix="smb://nas/films") as kodi:
        await kodi.scan()
        (movie,) = (await kodi.call("VideoLibrary.GetMovies", properties=["art", "file"]))["movies"]
        assert movie["file"] == "smb://nas/films/Heat/Heat.mkv"
        assert movie["art"] == {"poster": "image://smb%3a%2f%2fnas%2ffilms%2fHeat%2fHeat-poster.jpg/"}

        async def shown() -> bytes:
            url = f"{kodi.server.url}/image/{quote(movie['art']['poster'], safe='')}"
            async with kodi.session.get(url) as response:
                return await response.read()

        poster.write_bytes(b"better")
        assert await shown() == b"Heat-poster.jpg"
        rule = {"field": "url", "operator": "contains", "value": "Heat-poster"}
        (texture,) = (await kodi.call("Textures.GetTextures", properties=["url"], filter=rule))["textures"]
        assert await kodi.call("Textures.RemoveTexture", textureid=texture["textureid"]) == "OK"
        assert await shown() == b"better"


async def test_one_movie_is_removed_by_its_id(tmp_path: Path) -> None:
    put(tmp_path, "Heat")
    put(tmp_path, "Ronin")
    async with remote_to(tmp_path) as kodi:
        await kodi.scan()
        (heat,) = (
            await kodi.call("VideoLibrary.GetMovies", filter={"field": "title", "operator": "is", "value": "heat"})
        )["movies"]
        assert await kodi.call("VideoLibrary.RemoveMovie", movieid=heat["movieid"]) == "OK"
        assert await kodi.titles() == ["Ronin"]


async def test_methods_and_parameters_it_does_not_know_are_refused(tmp_path: Path) -> None:
    async with remote_to(tmp_path) as kodi:
        assert (await kodi.call("VideoLibrary.Refresh"))["code"] == -32601
        assert (await kodi.call("VideoLibrary.Scan", showDialogs=False))["code"] == -32602
        assert (await kodi.call("Files.GetDirectory", directory="/etc"))["code"] == -32602
        assert (await kodi.call("GUI.ShowNotification", title="x"))["code"] == -32602
        assert await kodi.call("JSONRPC.Ping") == "pong"


async def test_the_camel_case_spelling_takes_no_other(tmp_path: Path) -> None:
    put(tmp_path, "Heat")
    async with remote_to(tmp_path, is_modern=True) as kodi:
        assert await kodi.call("VideoLibrary.Scan", showDialogs=False) == "OK"
        await kodi.server.library.settled()
        assert (await kodi.call("VideoLibrary.GetMovies", properties=["playcount"]))["code"] == -32602
        (movie,) = (await kodi.call("VideoLibrary.GetMovies", properties=["playCount"]))["movies"]
        assert movie == {"movieId": 1, "label": "Heat", "playCount": 0}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Content-Type": "application/json"}, 401, id="no password"),
        pytest.param({"Content-Type": "text/plain", "Authorization": "Basic a29kaTpwdw=="}, 415, id="not JSON"),
        pytest.param({"Content-Type": "application/json", "Authorization": "Basic a29kaTpwdw=="}, 200, id="both right"),
    ],
)
async def test_http_asks_for_password_and_content_type(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    async with remote_to(tmp_path, password="pw") as kodi:
        body = '[{"jsonrpc":"2.0","id":1,"method":"JSONRPC.Ping"}]'
        async with kodi.session.post(f"{kodi.server.url}/jsonrpc", data=body, headers=headers) as response:
            assert response.status == status


def test_art_is_found_by_long_and_short_names_and_long_ones_win(tmp_path: Path) -> None:
    pictures = (
        "HEAT-Poster.JPG",
        "poster.jpg",
        "fanart.png",
        "folder.jpg",
        "movie-banner.jpg",
        ".thumb.jpg",
        "x.bak.jpg",
    )
    folder = put(tmp_path, "Heat", *pictures)
    film = film_of(folder / "Heat.mkv")
    assert film is not None
    assert {kind: path.name for kind, path in film.art.items()} == {"poster": "HEAT-Poster.JPG", "fanart": "fanart.png"}


def test_head_shots_have_underscores_for_spaces(tmp_path: Path) -> None:
    names = ("Robert Downey Jr.", "Val Kilmer", "Amy Brenneman")
    nfo = "<movie>" + "".join(f"<actor><name>{name}</name></actor>" for name in names) + "</movie>"
    shots = (".actors/Robert_Downey_Jr..jpg", ".actors/Val Kilmer.jpg", ".actors/amy_brenneman.jpg")
    film = film_of(put(tmp_path, "Heat", *shots, nfo=nfo) / "Heat.mkv")
    assert film is not None
    assert [actor.picture and actor.picture.name for actor in film.cast] == ["Robert_Downey_Jr..jpg", None, None]


A, B = "<movie><title>A</title></movie>", "<movie><title>B</title></movie>"


@pytest.mark.parametrize(
    ("files", "title"),
    [
        pytest.param({"Heat.nfo": f"{A}\nhttps://www.imdb.com/title/tt1"}, "A", id="an address after it"),
        pytest.param({"Heat.nfo": f"\ufeff<?xml version='1.0'?>{A}"}, "A", id="a byte order mark"),
        pytest.param({"Heat.nfo": A, "movie.nfo": B}, "B", id="movie.nfo wins"),
        pytest.param({"Heat.nfo": ""}, None, id="empty"),
        pytest.param({"Heat.nfo": "https://www.imdb.com/title/tt1"}, None, id="an address only"),
        pytest.param({"Heat.nfo": "<movie><title>A</movie>"}, None, id="not well-formed"),
        pytest.param({}, None, id="missing"),
    ],
)
def test_an_nfo_is_read_or_the_film_is_not_taken(tmp_path: Path, files: dict[str, str], title: str | None) -> None:
    (tmp_path / "Heat.mkv").write_bytes(b"video")
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    film = film_of(tmp_path / "Heat.mkv")
    assert (film and film.title) == title
