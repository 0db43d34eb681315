"""A sync of Kodi that breaks off anywhere, and the one after it: nothing that the owner did is ever lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metarr.errors import BadCredentials, Transient, Wait
from metarr.model.media import ItemId
from metarr.players.base import Change
from players.kodi_room import change, furnished, of_episode, of_show, put_episodes, put_film, put_show

if TYPE_CHECKING:
    from players.kodi_room import Room

MOST = 60  # steps of one sync
STRIDE = 7  # of the steps that are tried for every change; with --long all are


WAYS = ("kodi", "cancel", "memory")


class PowerCutError(Exception):
    """The process ends here."""


class Fuse:
    """Blows at one step of a sync: a call (Kodi carries it out, and is off before it answers; or we are cancelled
    meanwhile) or a use of memory.
    """

    def __init__(self, room: Room, blows_at: int, way: str) -> None:
        self.room = room
        self.steps = 0
        self.blows_at = blows_at
        self.way = way
        self.task: asyncio.Task[object] | None = None
        if way == "memory":
            room.memory.before = self.memory
        else:
            room.server.before = self.call

    def call(self, _method: str) -> None:
        self.steps += 1
        if self.steps != self.blows_at:
            return
        if self.way == "kodi":
            self.room.server.is_offline = True
        elif self.task is not None:
            self.task.cancel()

    def memory(self, _what: str) -> None:
        self.steps += 1
        if self.steps == self.blows_at:
            raise PowerCutError

    def out(self) -> None:
        self.room.server.before = lambda _: None
        self.room.memory.before = lambda _: None
        self.room.server.is_offline = False


def _furnish(tmp_path: Path) -> tuple[Path, Path]:
    films, shows = tmp_path / "films", tmp_path / "shows"
    put_film(films, "Heat")
    put_film(films, "Ronin")
    dark = put_show(shows, "Dark")
    put_episodes(dark, 1, 1, 2)
    return films, shows


def _changes(films: Path, shows: Path) -> list[Change]:
    """A film is changed, one is upgraded, one is new, and so are a show and an episode of a shared file."""
    ronin = films / "Ronin"
    better = ronin / "Ronin 2160p.mkv"
    if not better.exists():
        (ronin / "Ronin.mkv").rename(better)
        (ronin / "Ronin.nfo").rename(better.with_suffix(".nfo"))
    both = put_episodes(shows / "Dark", 1, 1, 2, title="Better")
    return [
        change(put_film(films, "Heat", title="Heat, restored"), item=1),
        change(ronin, item=2, is_removed=True),
        Change(ItemId(2), str(ronin), (str(better),)),
        change(put_film(films, "Dune"), item=3),
        of_show(put_show(shows, "Dark", plot="Better")),
        of_episode(both, 1, 2),
    ]


def _watch(room: Room) -> None:
    for row in room.server.library.rows.values():
        row.play_count, row.last_played, row.user_rating = 2, "2026-01-02 20:15:00", 9
    for one in room.server.library.episodes.values():
        one.played.play_count, one.played.last_played, one.user_rating = 3, "2026-01-02 20:15:00", 8
    for show in room.server.library.shows.values():
        show.user_rating = 7


def _state(room: Room) -> dict[str, tuple[object, ...]]:
    library = room.server.library
    films = {row.film.title: (row.film.video.name, row.play_count, row.user_rating) for row in library.rows.values()}
    episodes = {
        row.episode.title: (row.played.play_count, row.played.last_played, row.user_rating)
        for row in library.episodes.values()
    }
    shows = {row.show.title: (row.show.plot, row.user_rating) for row in library.shows.values()}
    return {**films, **episodes, **shows}


WANTED = {
    "Heat, restored": ("Heat.mkv", 2, 9),
    "Ronin": ("Ronin 2160p.mkv", 2, 9),
    "Dune": ("Dune.mkv", 0, 0),
    "Dark": ("Better", 7),
    "Better 2": (3, "2026-01-02 20:15:00", 8),
    "Part 1": (3, "2026-01-02 20:15:00", 8),  # of the file that is shared, and not among the changes
}


async def _broken(room: Room, changes: list[Change], fuse: Fuse) -> bool:
    """Whether the sync broke off."""
    fuse.task = asyncio.ensure_future(room.sync(*changes))
    try:
        await fuse.task
    except (Wait, PowerCutError, asyncio.CancelledError):
        return True
    return False


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_told", [True, False], ids=["told by WebSocket", "asking over HTTP"])
async def test_wherever_a_sync_breaks_off_the_next_one_finishes_it(
    tmp_path: Path, request: pytest.FixtureRequest, way: str, *, is_told: bool
) -> None:
    breaks = 0
    stride = 1 if way == "memory" or request.config.getoption("--long") else STRIDE
    for step in range(1, MOST, stride):
        films, shows = _furnish(tmp_path / str(step))
        async with furnished(films, shows, is_told=is_told) as room:
            room.server.library.scan(films, shows)
            await room.server.library.settled()
            _watch(room)
            changes = _changes(films, shows)
            fuse = Fuse(room, step, way)
            was_broken = await _broken(room, changes, fuse)
            fuse.out()
            await room.server.library.settled()
            breaks += was_broken
            answers = await room.sync(*changes)
            assert [answer.seen for answer in answers] == [True, False, True, True, True, True], step
            assert _state(room) == WANTED, step
            assert room.memory.states == {}, step
        if fuse.steps < step:
            break
    else:
        pytest.fail("the sync has more steps than were tried")
    assert breaks >= 3


@pytest.mark.parametrize("is_told", [True, False], ids=["told by WebSocket", "asking over HTTP"])
async def test_slow_answers_are_waited_for(tmp_path: Path, *, is_told: bool) -> None:
    async with furnished(tmp_path, is_told=is_told) as room:
        room.server.delay = 0.02
        (seen,) = await room.sync(change(put_film(tmp_path, "Heat")))
    assert seen.seen


@pytest.mark.parametrize(
    ("status", "error"),
    [pytest.param(500, Transient, id="HTTP 500"), pytest.param(401, BadCredentials, id="HTTP 401")],
)
async def test_a_failing_web_server_is_an_error_and_then_forgotten(
    tmp_path: Path, status: int, error: type[Exception]
) -> None:
    async with furnished(tmp_path, is_told=False) as room:
        room.server.http_status = status
        with pytest.raises(error, match="living room"):
            await room.sync(change(put_film(tmp_path, "Heat")))
        room.server.http_status = None
        (seen,) = await room.sync(change(tmp_path / "Heat"))
    assert seen.seen


async def test_a_lost_websocket_is_made_up_for_by_http(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        await room.player.activity()
        await room.server.hang_up()
        with suppress(Wait):  # it may be noticed by this very question
            await room.player.activity()
        (seen,) = await room.sync(change(put_film(tmp_path, "Heat")))
    assert seen.seen


async def test_the_end_of_a_scan_that_nobody_announced_is_noticed(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        room.server.library.tell = lambda _method, _data: None
        (seen,) = await room.sync(change(put_film(tmp_path, "Heat")))
    assert seen.seen
