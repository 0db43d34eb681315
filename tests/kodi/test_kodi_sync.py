"""The Kodi player against real Kodi: everything that it is told, and that nothing the owner did is lost.

`METARR_TEST_KODI=1 pytest -m kodi`. Kodi compares the times of folders in whole seconds, so a second has to pass before
a change that a scan must notice.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import os
import shutil
import time
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from PIL import Image

from metarr.clients.kodi import KodiClient
from metarr.errors import Wait
from metarr.model.media import ItemId, ItemKind
from metarr.model.paths import PathMapping
from metarr.players.base import Activity, Change
from metarr.players.kodi import KodiPlayer
from players.kodi_room import Notebook, change, of_episode, of_season, of_show, put_episodes, put_film, put_show
from real_kodi import RealKodi, Source, find_programs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from metarr.clients.kodi import Entry

_PROGRAMS = find_programs()
if not os.environ.get("METARR_TEST_KODI") or _PROGRAMS is None:
    pytest.skip("real Kodi is not asked: METARR_TEST_KODI, apt-get install kodi xvfb", allow_module_level=True)

pytestmark = pytest.mark.kodi

ways = pytest.mark.parametrize("is_told", [True, False], ids=["told by WebSocket", "asking over HTTP"])
SOON = 1.0  # seconds for one item and an idle player
SEEN: dict[str, Any] = {
    "playcount": 2,
    "lastplayed": "2026-01-02 20:15:00",
    "userrating": 9,
    "resume": {"position": 61.0, "total": 6000.0},
}


class CountingClient(KodiClient):
    """Counts scans; `power_cut` happens after the refreshes were asked for, once."""

    kodi: RealKodi | None = None

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        self.scans: list[str] = []

    async def scan(self, directory: str) -> None:
        self.scans.append(directory)
        await super().scan(directory)

    async def refresh(self, entries: Iterable[Entry]) -> None:
        await super().refresh(entries)
        if self.kodi is not None:
            kodi, self.kodi = self.kodi, None
            await asyncio.to_thread(kodi.kill)


class Scene:
    """A Kodi, its player, and the folders of its sources."""

    def __init__(self, kodi: RealKodi, films: Path, shows: Path, client: CountingClient) -> None:
        self.kodi = kodi
        self.films = films
        self.shows = shows
        self.client = client
        self.memory = Notebook()
        self.player = KodiPlayer(client, [PathMapping("/ours/films", str(films))])

    async def sync(self, *changes: Change) -> list[bool]:
        answers = await self.player.sync(changes, self.memory)
        assert self.memory.states == {}
        return [answer.seen for answer in answers]

    def movies(self, folder: Path) -> list[dict[str, Any]]:
        rule = {"field": "path", "operator": "startswith", "value": f"{folder}/"}
        properties = ["title", "file", "art", *SEEN]
        answer = self.kodi.call("VideoLibrary.GetMovies", properties=properties, filter=rule)
        return list(answer.get("movies", []))

    def episodes(self, show: Path) -> dict[tuple[str, int], dict[str, Any]]:
        """By title and number."""
        rule = {"field": "path", "operator": "startswith", "value": f"{show}/"}
        properties = ["title", "file", "episode", "art", *SEEN]
        answer = self.kodi.call("VideoLibrary.GetEpisodes", properties=properties, filter=rule)
        return {(one["title"], one["episode"]): one for one in answer.get("episodes", [])}

    def show(self, folder: Path) -> dict[str, Any] | None:
        rule = {"field": "path", "operator": "startswith", "value": f"{folder}/"}
        answer = self.kodi.call("VideoLibrary.GetTVShows", properties=["plot", "userrating"], filter=rule)
        return next(iter(answer.get("tvshows", [])), None)

    async def watch(self, kind: ItemKind, folder: Path) -> None:
        """The owner watches and rates all of it."""
        rows = await self.client.below(kind, [f"{folder}/"])
        await self.client.set_details([(row, SEEN) for row in rows])

    def colour(self, wrapped: str) -> tuple[int, ...]:
        """Of a picture, as Kodi serves it."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.kodi._port, timeout=30)) as connection:
            connection.request("GET", f"/image/{quote(wrapped, safe='')}")
            picture = Image.open(io.BytesIO(connection.getresponse().read())).convert("RGB")
        found = picture.getpixel((5, 5))
        assert isinstance(found, tuple)
        return tuple(round(part / 255) for part in found)


@pytest.fixture(scope="module")
def kodi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealKodi, Path, Path]]:
    base = tmp_path_factory.mktemp("synced")
    films, shows = base / "films", base / "shows"
    films.mkdir()
    shows.mkdir()
    sources = [Source(films, "movies", has_own_folders=True), Source(shows, "tvshows")]
    assert _PROGRAMS is not None
    with RealKodi(base / "home", _PROGRAMS, sources, opens_files=False) as running:
        yield running, films, shows


@asynccontextmanager
async def scene(kodi: tuple[RealKodi, Path, Path], *, is_told: bool = True) -> AsyncIterator[Scene]:
    running, films, shows = kodi
    client = CountingClient("den", running.url, tcp_port=running.tcp_port if is_told else 0)
    try:
        yield Scene(running, films, shows, client)
    finally:
        await client.close()


async def a_second() -> None:
    """Until a change has another second in its time."""
    await asyncio.sleep(1.1)


def paint(picture: Path, colour: str) -> None:
    Image.new("RGB", (40, 60), colour).save(picture)


@ways
async def test_the_whole_life_of_a_film(kodi: tuple[RealKodi, Path, Path], *, is_told: bool) -> None:
    async with scene(kodi, is_told=is_told) as room:
        name = f"Heat {is_told}"
        heat = put_film(room.films, name, art=())
        poster = heat / f"{name}-poster.jpg"
        paint(poster, "red")
        assert await room.sync(change(heat, artwork=["poster"])) == [True]
        (movie,) = room.movies(heat)
        assert room.colour(movie["art"]["poster"]) == (1, 0, 0)

        await room.watch(ItemKind.MOVIE, heat)
        await a_second()
        put_film(room.films, name, title="Heat, restored", art=())
        paint(poster, "blue")
        assert await room.sync(change(heat, artwork=["poster"])) == [True]
        (movie,) = room.movies(heat)
        assert movie["title"] == "Heat, restored"
        assert room.colour(movie["art"]["poster"]) == (0, 0, 1)
        assert {key: movie[key] for key in SEEN} == SEEN

        await a_second()
        for path in [*heat.iterdir()]:
            path.rename(heat / path.name.replace(name, f"{name} 2160p"))
        better = Change(ItemId(7), str(heat), (str(heat / f"{name} 2160p.mkv"),))
        assert await room.sync(change(heat, is_removed=True), better) == [False, True]
        (movie,) = room.movies(heat)
        assert movie["file"].endswith(f"{name} 2160p.mkv")
        assert {key: movie[key] for key in SEEN} == SEEN

        shutil.rmtree(heat)
        removed = Change(ItemId(7), str(heat), (str(heat / f"{name} 2160p.mkv"),), is_removed=True)
        assert await room.sync(removed) == [False]
        assert room.movies(heat) == []


@ways
async def test_the_whole_life_of_a_show(kodi: tuple[RealKodi, Path, Path], *, is_told: bool) -> None:
    async with scene(kodi, is_told=is_told) as room:
        dark = put_show(room.shows, f"Dark {is_told}", art=())
        paint(dark / "season01-poster.jpg", "red")
        one, both = put_episodes(dark, 1, 1), put_episodes(dark, 1, 2, 3)
        everything = (of_show(dark), of_season(dark, 1), of_episode(one, 1, 1), of_episode(both, 1, 2))
        assert await room.sync(*everything, of_episode(both, 1, 3)) == [True] * 5
        assert len(room.client.scans) == 1

        await room.watch(ItemKind.EPISODE, dark)
        await room.client.set_details(
            [(row, {"userrating": 7}) for row in await room.client.below(ItemKind.SERIES, [f"{dark}/"])]
        )
        await a_second()
        put_show(room.shows, dark.name, plot="A better plot", art=())
        put_episodes(dark, 1, 2, 3, title="Better")
        paint(dark / "season01-poster.jpg", "blue")
        paint(dark / "season01-banner.jpg", "red")
        season = of_season(dark, 1, "season01-poster.jpg", "season01-banner.jpg")
        assert await room.sync(of_show(dark), season, of_episode(both, 1, 2)) == [True] * 3
        show = room.show(dark)
        assert show is not None
        assert (show["plot"], show["userrating"]) == ("A better plot", 7)
        found = room.episodes(dark)
        assert set(found) == {("Part 1", 1), ("Better 2", 2), ("Part 3", 3)}
        assert [{key: row[key] for key in SEEN} for row in found.values()] == [SEEN] * 3
        (row,) = await room.client.below(ItemKind.SERIES, [f"{dark}/"])
        (first,) = await room.client.seasons(row)
        assert first.art["banner"] == f"{dark}/season01-banner.jpg"
        assert room.colour(f"image://{quote(first.art['poster'], safe='')}/") == (0, 0, 1)

        await a_second()
        new = put_episodes(dark, 1, 2, 3, title="Better", suffix=" 2160p")
        for old in (both, both.with_suffix(".nfo")):
            old.unlink()
        third = put_episodes(dark, 2, 1, title="New")
        gone = [of_episode(both, 1, number, is_removed=True) for number in (2, 3)]
        come = [of_episode(new, 1, number) for number in (2, 3)]
        assert await room.sync(*gone, *come, of_episode(third, 2, 1)) == [False, False, True, True, True]
        found = room.episodes(dark)
        assert set(found) == {("Part 1", 1), ("Better 2", 2), ("Better 3", 3), ("New 1", 1)}
        assert [{key: found["Better 2", 2][key] for key in SEEN}] == [SEEN]

        assert await room.sync(of_show(dark, is_removed=True)) == [False]
        assert (room.show(dark), room.episodes(dark)) == (None, {})


@ways
async def test_one_film_takes_less_than_a_second(kodi: tuple[RealKodi, Path, Path], *, is_told: bool) -> None:
    async with scene(kodi, is_told=is_told) as room:
        times = []
        for number in range(5):
            film = change(put_film(room.films, f"Quick {number} {is_told}", art=()), item=number)
            for _ in ("new", "changed"):
                begun = time.monotonic()
                assert await room.sync(film) == [True]
                times.append(time.monotonic() - begun)
    assert sorted(times)[len(times) // 2] < SOON, times


async def test_two_hundred_films_at_once_are_one_scan(kodi: tuple[RealKodi, Path, Path]) -> None:
    async with scene(kodi) as room:
        changes = [change(put_film(room.films, f"Film {number}", art=()), item=number) for number in range(200)]
        assert await room.sync(*changes) == [True] * 200
        assert room.client.scans == [f"{room.films}/"]


async def test_a_new_film_is_found_although_kodi_has_listed_the_folder_that_it_is_in(
    kodi: tuple[RealKodi, Path, Path],
) -> None:
    async with scene(kodi) as room:
        assert await room.player.sees([str(room.films), "/elsewhere"]) == {str(room.films): True, "/elsewhere": False}
        assert await room.sync(change(put_film(room.films, "Late", art=()))) == [True]


async def test_a_kodi_that_is_killed_in_the_middle_has_lost_nothing_when_it_is_back(
    kodi: tuple[RealKodi, Path, Path],
) -> None:
    async with scene(kodi) as room:
        ronin = put_film(room.films, "Ronin", art=())
        assert await room.sync(change(ronin)) == [True]
        await room.watch(ItemKind.MOVIE, ronin)
        put_film(room.films, "Ronin", title="Ronin, restored", art=())
        room.client.kodi = room.kodi
        with pytest.raises(Wait, match="den"):
            await room.player.sync([change(ronin)], room.memory)
        assert list(room.memory.states) == [str(ronin / "Ronin.mkv")]
        await asyncio.to_thread(room.kodi.start_again)
        assert await room.sync(change(ronin)) == [True]
        (movie,) = room.movies(ronin)
        assert movie["title"] == "Ronin, restored"
        assert {key: movie[key] for key in SEEN} == SEEN


async def test_the_connection_test_finds_nothing_wrong(kodi: tuple[RealKodi, Path, Path]) -> None:
    async with scene(kodi) as room:
        found = await KodiPlayer(room.client, [PathMapping("/ours/films", str(room.films))]).check()
        assert [one.what for one in found if not one.is_well] == []
        assert found[-1].what == "notifications"
        assert "tells at once" in found[-1].message
        assert await room.player.activity() is Activity.IDLE
