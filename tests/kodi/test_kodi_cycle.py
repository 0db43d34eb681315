"""The whole cycle with real Kodi: a film comes, changes, is replaced and goes; many come at once; Kodi dies in between.

`METARR_TEST_KODI=1 pytest -m kodi`. Everything but Kodi and the clock is as in the flows: webhooks, people's edits, a
worker. Kodi compares the times of folders in whole seconds, so a second passes before a change that a scan must notice.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import os
import shutil
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import pytest
from PIL import Image

from chain import FILM, name_of
from libraries import write_movie, write_video
from metarr.actions import players as actions
from metarr.demo.catalogue import FILMS
from metarr.model.artwork import ArtworkKind
from metarr.model.job import JobKind
from metarr.phases.sync.phase import Sync
from metarr.store import schema
from metarr.store.sealed import Vault
from player_rooms import Household, furnish
from real_kodi import RealKodi, Source, find_programs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from chain import Chain

    Install = Callable[..., Chain]

_PROGRAMS = find_programs()
if not os.environ.get("METARR_TEST_KODI") or _PROGRAMS is None:
    pytest.skip("real Kodi is not asked: METARR_TEST_KODI, apt-get install kodi xvfb", allow_module_level=True)

pytestmark = pytest.mark.kodi

MANY = 200
FILMS_AT_ONCE = tuple(
    replace(FILM, tmdb=80_000_000 + number, imdb=None, title=f"Film {number}", translations={}, collection=None)
    for number in range(MANY)
)
SEEN: dict[str, Any] = {
    "playcount": 2,
    "lastplayed": "2026-01-02 20:15:00",
    "userrating": 9,
    "resume": {"position": 61.0, "total": 6000.0},
}
NAME = name_of(FILM)


@dataclass
class Living(Household):
    """A household with a real Kodi. `heard`: what Kodi said by itself."""

    kodi: RealKodi
    heard: list[str] = field(default_factory=list)
    on_hearing: Callable[[str], None] = lambda _method: None

    async def ask(self, method: str, **params: Any) -> Any:
        return await asyncio.to_thread(self.kodi.call, method, **params)

    async def movies(self) -> list[dict[str, Any]]:
        answer = await self.ask("VideoLibrary.GetMovies", properties=["title", "file", "art", "cast", *SEEN])
        return list(answer.get("movies", []))

    async def watch(self) -> None:
        """The owner watches and rates all of it."""
        for movie in await self.movies():
            await self.ask("VideoLibrary.SetMovieDetails", movieid=movie["movieid"], **SEEN)

    def colour(self, wrapped: str) -> tuple[int, ...]:
        """Of the middle of a picture, as Kodi serves it."""
        with closing(http.client.HTTPConnection(self.kodi.url.removeprefix("http://"), timeout=30)) as connection:
            connection.request("GET", f"/image/{quote(wrapped, safe='')}")
            picture = Image.open(io.BytesIO(connection.getresponse().read())).convert("RGB")
        found = picture.getpixel((picture.width // 2, picture.height // 2))
        assert isinstance(found, tuple)
        return tuple(round(part / 255) for part in found)

    async def listen(self) -> None:
        """Write down what Kodi tells."""
        address = f"http://127.0.0.1:{self.kodi.tcp_port}/jsonrpc"
        async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as socket:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return  # Kodi was killed
                method = message.json().get("method", "")
                self.heard.append(method)
                self.on_hearing(method)


@asynccontextmanager
async def living(install: Install, **choices: Any) -> AsyncIterator[Living]:
    async with install(has_player=False, **choices) as chain:
        chain.patience = 300.0
        shows = chain.root.parent / "tv"
        shows.mkdir()
        assert _PROGRAMS is not None
        sources = [Source(chain.root, "movies", has_own_folders=True), Source(shows, "tvshows")]
        kodi = RealKodi(chain.root.parent / "home", _PROGRAMS, sources, opens_files=False)
        await asyncio.to_thread(kodi.__enter__)
        try:
            await furnish(chain, shows, "kodi", {"url": kodi.url, "tcp_port": kodi.tcp_port})
            chain.phases[JobKind.SYNC] = Sync(actions.connector(Vault()))
            house = Living(chain, chain.root, shows, kodi)
            ear = asyncio.create_task(house.listen())
            yield house
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear
        finally:
            await asyncio.to_thread(kodi.__exit__)


def painted(colour: str) -> bytes:
    sent = io.BytesIO()
    Image.new("RGB", (200, 300), colour).save(sent, "PNG")
    return sent.getvalue()


async def a_second() -> None:
    """Until a change has another second in its time."""
    await asyncio.sleep(1.1)


async def arrives(house: Living, name: str) -> Path:
    """Radarr imports a film. Returns its folder."""
    video = write_movie(house.films, name)
    await house.radarr("Download", video.parent, movieFile={"relativePath": video.name})
    await house.settled()
    return video.parent


async def test_the_whole_life_of_a_film(install: Install) -> None:
    async with living(install) as house:
        other = await arrives(house, name_of(FILMS[1]))
        await a_second()
        folder = await arrives(house, NAME)
        movie = await only(house, FILM.title)
        assert movie["file"] == str(folder / f"{NAME}.mkv")
        assert {"poster", "fanart"} <= movie["art"].keys()
        assert [row["state"] for row in await house.chain.rows(schema.player_state)] == ["art_confirmed"] * 2

        await house.watch()
        item = await house.item(NAME)
        for colour, rgb in (("red", (1, 0, 0)), ("blue", (0, 0, 1))):
            await a_second()
            await house.edit(item, title=f"The {colour} one")
            await house.own_picture(item, ArtworkKind.POSTER, painted(colour))
            await house.settled()
            movie = await only(house, f"The {colour} one")
            assert await asyncio.to_thread(house.colour, movie["art"]["poster"]) == rgb
            assert {key: movie[key] for key in SEEN} == SEEN

        await a_second()
        new = folder / f"{NAME} 2160p.mkv"
        (folder / f"{NAME}.mkv").unlink()
        write_video(new, seconds=70)
        gone = [{"relativePath": f"{NAME}.mkv"}]
        file = {"relativePath": new.name}
        await house.radarr("Download", folder, movieFile=file, deletedFiles=gone, isUpgrade=True)
        await house.settled()
        movie = await only(house, "The blue one")
        assert movie["file"] == str(new)
        assert {key: movie[key] for key in SEEN} == SEEN
        assert await asyncio.to_thread(house.colour, movie["art"]["poster"]) == (0, 0, 1)
        assert len(await house.movies()) == 2

        shutil.rmtree(folder)
        await house.radarr("MovieDelete", folder, deletedFiles=True)
        await house.settled()
        assert [one["file"] for one in await house.movies()] == [str(other / f"{other.name}.mkv")]
        assert await house.chain.causes() == {}


async def only(house: Living, title: str) -> dict[str, Any]:
    """The one film of this title."""
    [found] = [one for one in await house.movies() if one["title"] == title]
    return found


async def test_two_hundred_films_at_once_are_one_scan(install: Install) -> None:
    async with living(install, films=FILMS_AT_ONCE) as house:
        await house.chain.change("player_sync", {"settleSeconds": 300, "gatherSeconds": 30})
        for film in FILMS_AT_ONCE:
            await asyncio.to_thread(write_movie, house.films, name_of(film))
        await house.chain.scan()
        await house.chain.later(1)
        assert house.heard == [], "what is published of a library is told when it has settled"
        await house.settled()
        assert {one["title"] for one in await house.movies()} == {film.title for film in FILMS_AT_ONCE}
        states = [row["state"] for row in await house.chain.rows(schema.player_state)]
        assert states == ["art_confirmed"] * MANY
        assert house.heard.count("VideoLibrary.OnScanStarted") == 1


async def test_a_kodi_that_dies_in_the_middle_is_told_the_rest_when_it_is_back(install: Install) -> None:
    async with living(install) as house:
        await arrives(house, NAME)
        await house.watch()
        struck = asyncio.Event()

        def strike(method: str) -> None:
            if method == "VideoLibrary.OnRemove" and not struck.is_set():  # a refresh begins with it
                struck.set()
                house.kodi.kill()

        house.on_hearing = strike
        await a_second()
        item = await house.item(NAME)
        await house.edit(item, title="Another Title")
        await house.chain.drain()
        assert struck.is_set()
        assert list(await house.chain.causes()) == ["player:attic"]
        assert [row["state"] for row in await house.chain.rows(schema.player_state)] == ["pending"]
        await asyncio.to_thread(house.kodi.start_again)
        await house.settled()
        movie = await only(house, "Another Title")
        assert {key: movie[key] for key in SEEN} == SEEN
        assert await house.chain.causes() == {}
