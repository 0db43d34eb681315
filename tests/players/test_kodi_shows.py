"""The Kodi player against the demo's Kodi: shows, seasons, episodes, files with several of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metarr.clients.kodi import Entry
from metarr.model.media import ItemKind
from players.kodi_room import furnished, of_episode, of_season, of_show, put_episodes, put_show

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from players.kodi_room import Room

spellings = pytest.mark.parametrize("is_modern", [False, True], ids=["released spelling", "camel-case spelling"])
SEEN = (2, "2026-01-02 20:15:00", 9, 61.0)
UNSEEN = (0, "", 0, 0.0)


@asynccontextmanager
async def with_dark(tmp_path: Path, *, is_modern: bool = False) -> AsyncIterator[tuple[Room, Path]]:
    """A Kodi that knows a show of three episodes, two of them in one file."""
    films, shows = tmp_path / "films", tmp_path / "shows"
    films.mkdir()
    dark = put_show(shows, "Dark")
    put_episodes(dark, 1, 1)
    put_episodes(dark, 1, 2, 3)
    async with furnished(films, shows, is_modern=is_modern) as room:
        room.server.library.scan(shows)
        await room.server.library.settled()
        room.server.calls.clear()
        yield room, dark


def watch(room: Room) -> None:
    """The owner watches everything, and gives the show a rating, too."""
    for row in room.server.library.episodes.values():
        row.played.play_count, row.played.last_played, row.user_rating = 2, "2026-01-02 20:15:00", 9
        row.played.resume = {"position": 61.0, "total": 3000.0}
    for show in room.server.library.shows.values():
        show.user_rating = 7


def states(room: Room) -> dict[tuple[str, int, int], tuple[int, str, int, float]]:
    """By title, season and number."""
    rows = room.server.library.episodes.values()
    return {
        (row.episode.title, row.episode.season, row.episode.number): (
            row.played.play_count,
            row.played.last_played,
            row.user_rating,
            row.played.resume["position"],
        )
        for row in rows
    }


@spellings
async def test_a_new_show_is_one_scan_although_its_parent_was_listed(tmp_path: Path, *, is_modern: bool) -> None:
    async with with_dark(tmp_path, is_modern=is_modern) as (room, dark):
        lost = put_show(dark.parent, "Lost", art=["poster.jpg", "season01-poster.jpg", "season01-banner.jpg"])
        one, two = put_episodes(lost, 1, 1), put_episodes(lost, 1, 2)
        answers = await room.sync(of_show(lost), of_season(lost, 1), of_episode(one, 1, 1), of_episode(two, 1, 2))
        scans = [next(iter(params.values())) for name, params in room.server.calls if name == "VideoLibrary.Scan"]
    assert [answer.seen for answer in answers] == [True] * 4
    assert [set(answer.art_seen) for answer in answers] == [{"poster"}, {"poster", "banner"}, {"thumb"}, {"thumb"}]
    assert scans == [f"{lost}/"]


async def test_a_new_season_is_found_by_a_scan_of_its_show(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        episodes = [of_episode(put_episodes(dark, 2, number), 2, number) for number in range(1, 9)]
        answers = await room.sync(*episodes, of_season(dark, 2))
        assert all(answer.seen for answer in answers)
        assert len(room.calls_of("VideoLibrary.Scan")) == 1
        assert len(states(room)) == 11


@spellings
async def test_a_changed_show_is_refreshed_alone_and_keeps_its_rating(tmp_path: Path, *, is_modern: bool) -> None:
    async with with_dark(tmp_path, is_modern=is_modern) as (room, dark):
        watch(room)
        put_show(dark.parent, "Dark", plot="A better plot")
        (answer,) = await room.sync(of_show(dark))
        (row,) = room.server.library.shows.values()
        assert (row.show.plot, row.user_rating) == ("A better plot", 7)
        assert set(states(room).values()) == {SEEN}
        assert room.memory.states == {}
    assert answer.seen
    assert "refreshed" in answer.detail


@spellings
async def test_a_changed_episode_of_a_shared_file_costs_neither_it_nor_its_neighbour_anything(
    tmp_path: Path, *, is_modern: bool
) -> None:
    async with with_dark(tmp_path, is_modern=is_modern) as (room, dark):
        watch(room)
        both = put_episodes(dark, 1, 2, 3, title="Better")
        (answer,) = await room.sync(of_episode(both, 1, 3))
        assert states(room) == {("Part 1", 1, 1): SEEN, ("Part 2", 1, 2): SEEN, ("Better 3", 1, 3): SEEN}
        assert sorted(room.memory.written) == [f"{both}//S1E2", f"{both}//S1E3"]
        assert room.memory.states == {}
    assert answer.seen


async def test_an_upgraded_file_with_two_episodes_is_still_watched(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        watch(room)
        old = dark / "Season 1" / "Dark S01E02E03.mkv"
        new = put_episodes(dark, 1, 2, 3, suffix=" 2160p")
        old.unlink()
        await room.sync(
            *(of_episode(old, 1, number, is_removed=True) for number in (2, 3)),
            *(of_episode(new, 1, number) for number in (2, 3)),
        )
        assert states(room) == {(f"Part {number}", 1, number): SEEN for number in (1, 2, 3)}
        assert {row.episode.video.name for row in room.server.library.episodes.values()} == {
            "Dark S01E01.mkv",
            "Dark S01E02E03 2160p.mkv",
        }


async def test_a_renamed_show_takes_its_play_state_along(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        watch(room)
        old = dark / "Season 1" / "Dark S01E01.mkv"
        fresh = put_show(dark.parent, "Dark (2017)")
        new = put_episodes(fresh, 1, 1)
        await room.sync(
            of_show(dark, is_removed=True),
            of_episode(old, 1, 1, is_removed=True),
            of_show(fresh),
            of_episode(new, 1, 1),
        )
        (show,) = room.server.library.shows.values()
        assert (show.show.title, show.user_rating) == ("Dark (2017)", 7)
        assert states(room) == {("Part 1", 1, 1): SEEN}


async def test_a_removed_episode_goes_alone_and_a_removed_show_with_all_it_has(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        (gone,) = await room.sync(of_episode(dark / "Season 1" / "Dark S01E01.mkv", 1, 1, is_removed=True))
        assert not gone.seen
        assert sorted(states(room)) == [("Part 2", 1, 2), ("Part 3", 1, 3)]
        (gone,) = await room.sync(of_show(dark, is_removed=True))
        assert not gone.seen
        assert (room.server.library.shows, states(room)) == ({}, {})
        assert room.calls_of("VideoLibrary.Clean") == []


async def test_new_season_art_is_set_and_removed_art_unset(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        (dark / "season01-banner.png").write_bytes(b"banner")
        (answer,) = await room.sync(of_season(dark, 1, "season01-banner.png"))
        assert answer.art_seen == {"poster", "banner"}
        (dark / "season01-poster.jpg").unlink()
        (answer,) = await room.sync(of_season(dark, 1))
        assert answer.art_seen == {"banner"}


async def test_season_art_replaced_under_its_name_is_shown(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        poster = dark / "season01-poster.jpg"
        poster.write_bytes(b"better")
        assert room.server.library.picture(poster) == b"season01-poster.jpg"
        await room.sync(of_season(dark, 1, "season01-poster.jpg"))
        assert room.server.library.picture(poster) == b"better"


async def test_an_episode_that_its_file_gained_is_found(tmp_path: Path) -> None:
    """Its neighbour in the file is known, and is not taken for it."""
    async with with_dark(tmp_path) as (room, dark):
        grown = dark / "Season 1" / "Dark S01E02E03.mkv"
        rows = room.server.library.episodes
        del rows[next(number for number, row in rows.items() if row.episode.number == 3)]
        answers = await room.sync(of_episode(grown, 1, 2), of_episode(grown, 1, 3))
        assert all(answer.seen for answer in answers)
        assert len(states(room)) == 3


async def test_a_season_without_episodes_and_a_show_without_an_nfo_are_explained(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        bare = dark.parent / "Bare"
        bare.mkdir()
        season, show = await room.sync(of_season(dark, 4), of_show(bare))
    assert (season.seen, show.seen) == (False, False)
    assert "no episode of this season" in season.detail
    assert "TV shows" in show.detail


async def test_the_client_reads_seasons_with_their_own_art_and_their_shows(tmp_path: Path) -> None:
    async with with_dark(tmp_path) as (room, dark):
        (show,) = await room.client.below(ItemKind.SERIES, [f"{dark}/"])
        (season,) = await room.client.seasons(show)
    assert isinstance(season, Entry)
    assert season.season == 1
    assert season.art == {"poster": f"{dark}/season01-poster.jpg", "tvshow.poster": f"{dark}/poster.jpg"}
