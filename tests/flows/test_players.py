"""From a download manager's word to what a player shows: films and shows come, change, are replaced and go, with each
of the players, and with faults in the middle.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bad_line import FAULTS, Trouble
from chain import FILM, name_of, small_picture
from libraries import write_movie, write_video
from media_servers import WATCHED
from metarr.demo.catalogue import FILMS
from metarr.demo.kodi_server import KodiServer
from metarr.model.artwork import ArtworkKind
from metarr.store import players, schema
from player_rooms import KINDS, Seen, room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chain import Chain
    from player_rooms import Room

    Install = Callable[..., Chain]

NAME = name_of(FILM)
OTHER = name_of(FILMS[1])  # a library of which everything is gone is one whose disk is gone
each_player = pytest.mark.parametrize("kind", KINDS)


async def add(house: Room, name: str) -> Path:
    """Radarr imports a film. Returns its folder."""
    video = write_movie(house.films, name)
    await house.radarr("Download", video.parent, movieFile={"relativePath": video.name})
    return video.parent


async def upgrade(house: Room, folder: Path, ending: str = " 2160p") -> Path:
    """Radarr replaces its video by one of another name. Returns that."""
    old = next(path for path in house.films.joinpath(folder.name).iterdir() if path.suffix == ".mkv")
    new = old.with_name(f"{folder.name}{ending}.mkv")
    old.unlink()
    write_video(new, seconds=70)
    gone = [{"relativePath": old.name}]
    file = {"relativePath": new.name}
    await house.radarr("Download", folder, movieFile=file, deletedFiles=gone, isUpgrade=True)
    return new


async def remove(house: Room, folder: Path) -> None:
    """Radarr deletes a film with its files."""
    shutil.rmtree(folder)
    await house.radarr("MovieDelete", folder, deletedFiles=True)


@each_player
async def test_the_whole_life_of_a_film(install: Install, kind: str) -> None:
    async with room(install, kind) as house:
        await add(house, OTHER)
        folder = await add(house, NAME)
        await house.settled()
        film, other = seen(house, FILM.title), seen(house, FILMS[1].title)
        assert film.files == (f"{NAME}.mkv",)
        assert film.picture == (folder / f"{NAME}-poster.jpg").read_bytes()

        house.watch(FILM.title)
        item = await house.item(NAME)
        await house.edit(item, title="Another Title", plot="Told anew.")
        picture = await house.other_picture(item, ArtworkKind.POSTER)
        await house.settled()
        assert seen(house, "Another Title") == Seen("Another Title", film.files, picture)
        assert picture != film.picture
        assert house.watched("Another Title") == WATCHED

        new = await upgrade(house, folder)
        await house.settled()
        assert house.seen_films() == sorted([Seen("Another Title", (new.name,), picture), other])
        assert house.watched("Another Title") == WATCHED

        await remove(house, folder)
        await house.settled()
        assert house.seen_films() == [other]
        states = [row["state"] for row in await house.chain.rows(schema.player_state)]
        assert sorted(states) == ["art_confirmed", "removed"]
        assert await house.chain.causes() == {}


def seen(house: Room, title: str) -> Seen:
    """The one film of this title."""
    [found] = [one for one in house.seen_films() if one.title == title]
    return found


SHOW = "Caminandes (2013)"
BOTH = "Caminandes S01E02-E03"
TITLES = ["Gran Dillama", "Llama Drama", "Llamigos"]


@each_player
async def test_the_whole_life_of_a_show(install: Install, kind: str) -> None:
    async with room(install, kind) as house:
        folder = house.shows / SHOW
        (house.shows / "Another").mkdir()  # shows of which all are gone are on a disk that is gone
        season = folder / "Season 01"
        first, both = season / "Caminandes S01E01.mkv", season / f"{BOTH}.mkv"
        for video in (first, both):
            write_video(video)
        await sonarr_imports(house, folder, first, both)
        await house.settled()
        assert house.seen_shows() == ["Caminandes"]
        assert [one.title for one in house.seen_episodes()] == shown(kind, *TITLES)
        assert {one.files for one in house.seen_episodes()} == {(first.name,), (both.name,)}
        assert all(one.picture for one in house.seen_episodes())
        assert house.season_poster() == (folder / "season01-poster.jpg").read_bytes()

        house.watch("Llama Drama")
        house.watch("Gran Dillama")
        await house.edit(await house.item(f"{SHOW}//S01E02"), title="The Fence")
        picture = small_picture("mine.jpg")
        await house.own_picture(await house.item(f"{SHOW}//S01"), ArtworkKind.POSTER, picture)
        await house.edit(await house.item(SHOW), title="The Walks")
        await house.settled()
        assert house.seen_shows() == ["The Walks"]
        assert house.season_poster() == picture
        assert [one.title for one in house.seen_episodes()] == shown(kind, "Llama Drama", "Llamigos", "The Fence")
        assert (house.watched("Llama Drama"), house.watched("The Fence")) == (WATCHED, WATCHED)

        better = both.with_name(f"{BOTH} 2160p.mkv")
        both.unlink()
        write_video(better, seconds=70)
        gone = [{"relativePath": str(both.relative_to(folder))}]
        await sonarr_imports(house, folder, better, deletedFiles=gone, isUpgrade=True)
        await house.settled()
        assert [one.title for one in house.seen_episodes()] == shown(kind, "Llama Drama", "Llamigos", "The Fence")
        assert {one.files for one in house.seen_episodes()} == {(first.name,), (better.name,)}
        assert (house.watched("Llama Drama"), house.watched("The Fence")) == (WATCHED, WATCHED)

        shutil.rmtree(folder)
        await house.sonarr("SeriesDelete", folder, deletedFiles=True)
        await house.settled()
        assert (house.seen_shows(), house.seen_episodes()) == ([], [])
        assert {row["state"] for row in await house.chain.rows(schema.player_state)} == {"removed"}
        assert await house.chain.causes() == {}


async def sonarr_imports(house: Room, folder: Path, *videos: Path, **more: Any) -> None:
    for video in videos:
        await house.sonarr("Download", folder, episodeFile={"relativePath": str(video.relative_to(folder))}, **more)


def shown(kind: str, *titles: str) -> list[str]:
    """What a player makes of these episodes: for Jellyfin a file of several is one, named after its first."""
    return [title for title in titles if kind != "jellyfin" or title != "Llamigos"]


# --- faults -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blow:
    """What befalls which telling after so many requests of it."""

    what: str
    of: str
    after: int


async def live(house: Room, blow: Blow | None = None) -> dict[str, int]:
    """A film's life, in which one telling may meet a fault. Returns the requests of each telling."""
    asked: dict[str, int] = {}

    async def tell(of: str) -> None:
        before = len(house.line.paths)
        if blow is not None and blow.of == of:
            await hurt(house, blow.what, blow.after)
        await house.settled()
        asked[of] = len(house.line.paths) - before

    await add(house, OTHER)
    folder = await add(house, NAME)
    await tell("new")
    house.watch(FILM.title)
    item = await house.item(NAME)
    await house.edit(item, title="Another Title")
    picture = await house.other_picture(item, ArtworkKind.POSTER)
    await tell("edited")
    assert seen(house, "Another Title").picture == picture
    assert house.watched("Another Title") == WATCHED
    new = await upgrade(house, folder)
    await tell("upgraded")
    assert seen(house, "Another Title") == Seen("Another Title", (new.name,), picture)
    assert house.watched("Another Title") == WATCHED
    await remove(house, folder)
    await tell("removed")
    assert [one.title for one in house.seen_films()] == [FILMS[1].title]
    return asked


async def hurt(house: Room, what: str, after: int) -> bool:
    """Let a telling meet its fault after so many requests, look at what that leads to, and end it.

    False: the telling had fewer requests.
    """
    trouble = house.line.trouble = Trouble(what, after)
    await house.chain.later(0.2)
    house.line.trouble = None
    if not trouble.has_struck:
        return False
    causes = await house.chain.causes()
    enabled = await house.chain.store.read(players.enabled)
    if what == "401":
        assert ([row.name for row in enabled], list(causes)) == ([], ["player:attic:credentials"])
        others = [job["state"] for job in await house.chain.jobs() if job["kind"] != "verify"]
        assert set(others) <= {"completed", "superseded"}, "nothing else is harmed"
        await house.switch_on()
    else:
        assert len(enabled) == 1
        # one question that goes wrong may be asked again at once, or the telling of what comes next succeeds;
        # and on a busy machine a slow answer is one that comes too late
        waits = {"timeout": {0, 1}, "gone": {1}, "reset": {0, 1}, "slow": {0, 1}}
        assert list(causes).count("player:attic") in waits.get(what, {0})
    return True


@each_player
async def test_faults_in_the_middle_change_nothing_in_the_end(install: Install, kind: str) -> None:
    async with room(install, kind, is_bad=True) as house:
        folder = await add(house, NAME)
        await house.settled()
        house.watch(FILM.title)
        item = await house.item(NAME)
        for number, fault in enumerate(FAULTS):
            title = f"Title {number}"
            await house.edit(item, title=title)
            assert await hurt(house, fault, 6)
            await house.settled()
            assert (seen(house, title).title, house.watched(title)) == (title, WATCHED), fault
            new = await upgrade(house, folder, f" {number}")
            assert await hurt(house, fault, 6)
            await house.settled()
            assert [(one.title, one.files) for one in house.seen_films()] == [(title, (new.name,))], fault
            assert house.watched(title) == WATCHED, fault
            assert await house.chain.causes() == {}


async def test_a_telling_that_is_hit_at_any_request_ends_as_if_nothing_had_been(
    install: Install, request: pytest.FixtureRequest
) -> None:
    """Every fault at every request of every telling."""
    if not request.config.getoption("--long"):
        pytest.skip("takes minutes: --long")
    for kind in KINDS:
        async with room(install, kind, is_bad=True) as house:
            counts = await live(house)
        blows = [Blow(fault, of, at) for of, count in counts.items() for at in range(count) for fault in FAULTS]
        for blow in blows:
            async with room(install, kind, is_bad=True) as house:
                await live(house, blow)
                assert await house.chain.causes() == {}, (kind, blow)


# --- many at once -----------------------------------------------------------------------------------------------------

_MANY = 200
_NFO = "<movie><title>{0}</title><year>2001</year></movie>"
_LOCAL: Mapping[str, Any] = {
    "enrichment": {"enabled": False},
    "publishing": {"enabled": False},
    "playerSync": {"autoSync": True},
}


@each_player
async def test_two_hundred_films_at_once_are_one_telling(install: Install, kind: str) -> None:
    async with room(install, kind, phase_config=_LOCAL) as house:
        await house.chain.change("player_sync", {"settleSeconds": 600, "longestWaitSeconds": 600})
        for number in range(_MANY):
            name = f"Film {number} (2001)"
            folder = house.films / name
            folder.mkdir()
            (folder / f"{name}.mkv").write_bytes(b"no video")
            (folder / f"{name}.nfo").write_text(_NFO.format(f"Film {number}"))
        await house.chain.scan()
        assert house.seen_films() == []
        await house.chain.later(600)
        await house.settled()
        assert len(house.seen_films()) == _MANY
        assert len(await house.chain.rows(schema.player_state)) == _MANY
        # 12 to 50 on a quiet machine; on a busy one they are asked more often whether they are done
        assert house.asked < 3 * _MANY, "no requests for single films"
        if isinstance(house.server, KodiServer):
            assert [method for method, _ in house.server.calls].count("VideoLibrary.Scan") == 1
