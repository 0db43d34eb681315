"""The flows that a Jellyfin and a Plex have in common, against doubles of both, with their faults."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from jellyfin_server import KEY, JellyfinServer
from media_double import put_episode, put_film, put_nfo
from media_servers import HEAT, RONIN, WATCHED, film, key_of, opened, player_of, showing_heat, upgraded
from metarr.clients.media_server import MediaServerClient
from metarr.errors import BadCredentials, InvalidInput, Transient, Wait
from metarr.model.media import ItemId, ItemKind
from metarr.model.paths import PathMapping
from metarr.players import build
from metarr.players.base import Activity, Change, PlayerSettings
from plex_server import TOKEN, PlexServer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from media_servers import Stage


Opening = Callable[..., Any]
STRIDE = 4  # of the requests at which a server dies, every one with --long


@pytest.fixture(params=["jellyfin", "plex"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opening(kind: str, tmp_path: Path) -> Opening:
    return partial(opened, kind, tmp_path)


async def test_a_new_film_appears_with_its_art(opening: Opening) -> None:
    async with opening() as stage:
        folder = put_film(stage.films, "Heat (1995)", art=("poster", "fanart"))
        (seen,) = await stage.sync(film(folder))
        assert (seen.item_id, seen.seen, seen.art_seen) == (HEAT, True, frozenset({"poster", "fanart"}))
        assert seen.detail == "added to attic"
        assert stage.names() == ["Heat"]


async def test_an_edited_film_and_poster_are_shown_and_the_play_state_stays(opening: Opening, tmp_path: Path) -> None:
    put_film(_folder(tmp_path, "films"), "Heat (1995)", art=("poster",))
    async with opening() as stage:
        stage.watch("Heat")
        stage.server.forgets_on_refresh = True
        (before,) = [dict(item.pictures) for item in stage.server.items.values()]
        folder = put_film(stage.films, "Heat (1995)", title="Heat, restored", art=("poster",))
        (folder / "Heat (1995)-poster.jpg").write_bytes(b"a better poster")
        (seen,) = await stage.sync(film(folder, title="Heat, restored"))
        assert (seen.seen, seen.detail) == (True, "refreshed in attic")
        assert stage.names() == ["Heat, restored"]
        assert stage.server.named("Heat, restored").pictures != before
        assert stage.watched("Heat, restored") == WATCHED
        assert not stage.notes.states
        assert stage.notes.all_names


async def test_an_upgraded_file_is_one_entry_and_still_watched(opening: Opening, tmp_path: Path) -> None:
    folder = put_film(_folder(tmp_path, "films"), "Heat (1995)")
    async with opening() as stage:
        stage.watch("Heat")
        changes = upgraded(folder)
        removed, added = await stage.sync(*changes)
        assert (removed.seen, removed.detail) == (False, "removed from attic")
        assert added.seen
        assert stage.names() == ["Heat"]
        assert stage.watched("Heat") == WATCHED
        assert not stage.notes.states


@pytest.mark.parametrize("is_whole", [True, False], ids=["with its folder", "its file alone"])
async def test_a_deleted_film_is_gone(opening: Opening, tmp_path: Path, *, is_whole: bool) -> None:
    folder = put_film(_folder(tmp_path, "films"), "Heat (1995)")
    put_film(tmp_path / "films", "Ronin (1998)")
    async with opening() as stage:
        if is_whole:
            shutil.rmtree(folder)
        else:
            (folder / "Heat (1995).mkv").unlink()
        (gone,) = await stage.sync(film(folder, is_removed=True))
        assert (gone.seen, gone.detail) == (False, "removed from attic")
        assert stage.names() == ["Ronin"]


async def test_a_film_that_it_never_had_is_gone_already(opening: Opening) -> None:
    async with opening() as stage:
        (gone,) = await stage.sync(film(stage.films / "Heat (1995)", is_removed=True))
        assert (gone.seen, gone.detail) == (False, "was not in attic")


async def test_two_hundred_films_take_few_requests_and_all_are_confirmed(opening: Opening) -> None:
    async with opening() as stage:
        folders = [put_film(stage.films, f"Film {number} ({1950 + number % 70})") for number in range(200)]
        seen = await stage.sync(*(film(folder, item=number) for number, folder in enumerate(folders, 1)))
        assert [one.item_id for one in seen] == list(range(1, 201))
        assert all(one.seen for one in seen)
        told = [one for one in stage.server.received if one.method != "GET"]
        assert len(told) == 1
        assert len(stage.server.received) < 60


async def test_an_episode_a_season_and_a_show_are_confirmed(opening: Opening) -> None:
    async with opening() as stage:
        show = put_episode(stage.shows, "Keepers", 1, 2)
        video = show / "Season 01" / "Keepers S01E02.mkv"
        told: dict[str, Any] = {"title": "Keepers", "year": 2010}
        changes = [
            Change(ItemId(1), str(show), (), kind=ItemKind.SERIES, **told),
            Change(ItemId(2), str(show), (), kind=ItemKind.SEASON, season=1, **told),
            Change(ItemId(3), str(show), (str(video),), kind=ItemKind.EPISODE, season=1, episode=2, **told),
        ]
        seen = await stage.sync(*changes)
        assert [(one.item_id, one.seen) for one in seen] == [(1, True), (2, True), (3, True)]
        assert seen[0].art_seen == {"poster"}
        assert seen[2].art_seen == {"thumb"}
        again = await stage.sync(changes[2])
        assert again[0].seen


async def test_an_upgraded_episode_keeps_its_state(opening: Opening, tmp_path: Path) -> None:
    show = put_episode(_folder(tmp_path, "shows"), "Keepers", 1, 2)
    async with opening() as stage:
        stage.watch("Part 2")
        season = show / "Season 01"
        (season / "Keepers S01E02.mkv").unlink()
        (season / "Keepers 2160p S01E02.mkv").write_bytes(b"better")
        put_nfo(season / "Keepers 2160p S01E02.nfo", "Part 2", "2010")
        told: dict[str, Any] = {"kind": ItemKind.EPISODE, "season": 1, "episode": 2, "title": "Keepers"}
        old = Change(HEAT, str(show), (str(season / "Keepers S01E02.mkv"),), is_removed=True, **told)
        new = Change(HEAT, str(show), (str(season / "Keepers 2160p S01E02.mkv"),), **told)
        removed, added = await stage.sync(old, new)
        assert (removed.seen, added.seen) == (False, True)
        assert stage.watched("Part 2") == WATCHED


async def test_a_folder_in_no_library_is_said_to_be_in_none(opening: Opening, tmp_path: Path) -> None:
    async with opening() as stage:
        (unseen,) = await stage.sync(film(put_film(tmp_path / "elsewhere", "Heat (1995)")))
        assert not unseen.seen
        assert "no library that contains" in unseen.detail
        assert "path mapping" in unseen.detail


async def test_a_film_that_does_not_come_is_said_to_be_missing_after_all_was_tried(opening: Opening) -> None:
    async with opening() as stage:
        (unseen,) = await stage.sync(film(stage.films / "Heat (1995)"))
        assert not unseen.seen
        assert "does not show it yet" in unseen.detail
        assert len([one for one in stage.server.received if one.method == "POST"]) == 2


async def test_it_waits_while_that_very_film_is_watched_and_not_for_others(opening: Opening, tmp_path: Path) -> None:
    folder = put_film(_folder(tmp_path, "films"), "Heat (1995)")
    other = put_film(tmp_path / "films", "Ronin (1998)")
    async with opening() as stage:
        stage.server.watching[key_of(stage.server, "Heat")] = False
        assert await stage.player.activity() is Activity.PLAYING
        with pytest.raises(Wait, match="somebody watches") as caught:
            await stage.sync(film(folder))
        assert caught.value.cause == "player:attic:playing"
        assert all(one.method == "GET" for one in stage.server.received)
        assert (await stage.sync(film(other, item=RONIN)))[0].seen
        assert (await stage.sync(film(folder), is_manual=True))[0].seen
        stage.server.watching[key_of(stage.server, "Heat")] = True
        assert await stage.player.activity() is Activity.PAUSED
        stage.server.watching.clear()
        assert await stage.player.activity() is Activity.IDLE


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (401, BadCredentials, "rejects the token"),
        (403, BadCredentials, "administrator"),
        (500, Transient, "HTTP 500"),
        (502, Transient, "HTTP 502"),
        (503, Wait, "starting or busy"),
    ],
    ids=["a token that is refused", "a right that is missing", "a fault inside", "a fault of its proxy", "a start"],
)
async def test_what_it_refuses_is_told_apart(opening: Opening, fault: int, error: type[Exception], words: str) -> None:
    async with opening() as stage:
        stage.server.override = lambda _request: web.Response(status=fault, text="a-plex-token k%22ey")
        with pytest.raises(error, match=words) as caught:
            await stage.sync(film(stage.films / "Heat (1995)"))
        assert TOKEN not in str(caught.value)
        assert "ey" not in str(caught.value).replace("they", "").split()


@pytest.mark.parametrize("fault", ["down", "stuck"])
async def test_a_server_that_is_off_or_slow_makes_it_wait(opening: Opening, fault: str) -> None:
    async with opening() as stage:
        stage.server.is_down, stage.server.is_stuck = fault == "down", fault == "stuck"
        stage.player._client._timeout = aiohttp.ClientTimeout(total=0.05)
        with pytest.raises(Wait, match="does not answer") as caught:
            await stage.sync(film(stage.films / "Heat (1995)"))
        assert caught.value.cause == "player:attic"


@pytest.mark.parametrize("after_work", [False, True], ids=["before it did it", "having done it"])
async def test_a_server_that_dies_at_any_request_loses_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, *, after_work: bool
) -> None:
    """An upgrade, an edit and a new film, cut at one request after the other; then once more in peace."""
    stride = 1 if request.config.getoption("--long") else STRIDE
    number, is_cut = 1 + 2 * after_work - stride, True
    while is_cut:
        number += stride
        place = tmp_path / str(number)
        folder = put_film(_folder(place, "films"), "Heat (1995)")
        edited = put_film(place / "films", "Ronin (1998)")
        async with opened(kind, place) as stage:
            stage.server.forgets_on_refresh = True
            for name in ("Heat", "Ronin"):
                stage.watch(name)
            added = film(put_film(stage.films, "Alien (1979)"), item=9)
            put_nfo(edited / "Ronin (1998).nfo", "Ronin, restored", "1998")
            changes = (*upgraded(folder), film(edited, item=RONIN, title="Ronin, restored"), added)
            stage.server.die_at, stage.server.dies_after_work = number, after_work
            is_cut = await _is_cut(stage, changes)
            stage.server.die_at, stage.server.is_down = None, False
            stage.server.pass_time(300)  # it comes back, and works off what it was told
            seen = await stage.sync(*changes)
            assert [one.seen for one in seen] == [False, True, True, True], number
            assert stage.names() == ["Alien", "Heat", "Ronin, restored"], number
            assert stage.watched("Heat") == WATCHED, number
            assert stage.watched("Ronin, restored") == WATCHED, number
            assert not stage.notes.states, number
    assert number > 20


async def _is_cut(stage: Stage, changes: Sequence[Change]) -> bool:
    try:
        await stage.sync(*changes)
    except Wait:
        return True
    return False


async def test_what_a_crash_left_is_repaired_by_a_sync_of_something_else(opening: Opening, tmp_path: Path) -> None:
    put_film(_folder(tmp_path, "films"), "Heat (1995)")
    async with opening() as stage:
        stage.watch("Heat")
        await stage.sync(film(stage.films / "Heat (1995)"))
        (name,) = stage.notes.all_names
        (state,) = [
            one for one in (await stage.player.play_states([key_of(stage.server, "Heat")])).values() if one.play_count
        ]
        stage.notes.states = {name: state}
        _clear(stage, "Heat")
        await stage.sync(film(put_film(stage.films, "Ronin (1998)"), item=RONIN))
        assert stage.watched("Heat") == WATCHED
        assert not stage.notes.states


async def test_a_state_that_a_crash_left_with_a_replaced_file_goes_on_to_its_heir(kind: str, tmp_path: Path) -> None:
    async with showing_heat(kind, tmp_path) as stage:
        stage.watch("Heat")
        states = await stage.player.play_states([key_of(stage.server, "Heat")])
        stage.notes.states = {_name(stage, user): state for (user, _), state in states.items() if state.play_count}
        changes = upgraded(stage.films / "Heat (1995)")
        stage.server.pass_time(1000)  # it has found out by itself
        if isinstance(stage.server, PlexServer):
            _clear(stage, "Heat")
        await stage.sync(*changes)
        assert stage.watched("Heat") == WATCHED
        assert not stage.notes.states


async def test_nothing_is_remembered_of_what_nobody_watched(kind: str, tmp_path: Path) -> None:
    async with showing_heat(kind, tmp_path) as stage:
        (seen,) = await stage.sync(film(stage.films / "Heat (1995)"))
        assert seen.seen
        assert not stage.notes.all_names


async def test_the_state_of_a_film_that_was_deleted_is_forgotten(opening: Opening, tmp_path: Path) -> None:
    folder = put_film(_folder(tmp_path, "films"), "Heat (1995)")
    async with opening() as stage:
        stage.watch("Heat")
        states = await stage.player.play_states([key_of(stage.server, "Heat")])
        stage.notes.states = {_name(stage, user): state for (user, _), state in states.items()}
        shutil.rmtree(folder)
        await stage.sync(film(folder, is_removed=True))
        assert not stage.notes.states


async def test_the_connection_test_passes_and_names_the_libraries(opening: Opening) -> None:
    async with opening() as stage:
        done = await stage.player.check()
        assert {one.what for one in done} == {"address", "version", "credentials", "permission", "paths"}
        assert all(one.is_well for one in done), done


async def test_the_connection_test_stops_at_what_is_wrong(opening: Opening) -> None:
    async with opening() as stage:
        server, films, shows = stage.server, stage.films, stage.shows
        other = player_of(server, films, shows, token="another")
        assert await _wrong(other) == ("credentials", "rejects the token")
        await other.close()
        server.version = "1.2.3"
        assert await _wrong(stage.player) == ("version", "too old")
        server.version = "12.0"
        server.override = lambda _request: web.Response(text="<html>a router</html>")
        assert await _wrong(stage.player) == ("address", "is this its address")
        server.override = lambda _request: None
        server.is_down = True
        assert await _wrong(stage.player) == ("address", "does not answer")


async def test_a_key_without_rights_and_a_wrong_mapping_are_found(opening: Opening, tmp_path: Path) -> None:
    async with opening() as stage:
        stage.player._mappings = (PathMapping(str(tmp_path), "/nowhere"),)
        done = await stage.player.check()
        assert [(one.what, one.is_well) for one in done][-1] == ("paths", False)
        assert "/nowhere" in done[-1].message
        if isinstance(stage.server, JellyfinServer):
            stage.server.is_elevated = False
        else:
            stage.server.is_owner = False
        assert await _wrong(stage.player) == ("permission", "administrator")


async def test_which_folders_it_reaches_is_proven(opening: Opening, tmp_path: Path) -> None:
    async with opening() as stage:
        folder = put_film(stage.films, "Heat (1995)")
        seen = await stage.player.sees([str(folder), str(tmp_path / "elsewhere")])
        assert seen == {str(folder): True, str(tmp_path / "elsewhere"): False}


@pytest.mark.parametrize("token", [None, "", "  \n"], ids=["none", "an empty one", "a blank one"])
def test_a_player_without_a_token_is_refused(kind: str, token: str | None) -> None:
    secret = None if token is None else SecretStr(token)
    with pytest.raises(InvalidInput, match="needs"):
        build(PlayerSettings(kind=kind, name="attic", url="http://127.0.0.1:1", token=secret))


async def test_a_token_copied_with_its_line_end_is_taken(opening: Opening) -> None:
    async with opening() as stage:
        token = f" {KEY if isinstance(stage.server, JellyfinServer) else TOKEN}\n"
        player = player_of(stage.server, stage.films, stage.shows, token)
        assert await player.activity() is Activity.IDLE
        await player.close()


async def test_a_name_that_is_no_text_is_no_fault(opening: Opening) -> None:
    async with opening() as stage:
        folder = stage.films / "Caf\udce9 (1995)"
        (unseen,) = await stage.sync(film(folder))
        assert not unseen.seen


@pytest.mark.parametrize("fails_at", [1, 2, 3])
async def test_a_database_that_fails_loses_nothing(opening: Opening, tmp_path: Path, fails_at: int) -> None:
    """At the recalling nothing has happened, at the remembering neither; at the forgetting all is well already."""
    folder = put_film(_folder(tmp_path, "films"), "Heat (1995)")
    async with opening() as stage:
        stage.watch("Heat")
        changes = upgraded(folder)
        stage.notes.fails_at = fails_at
        with pytest.raises(Transient, match="database"):
            await stage.sync(*changes)
        told = [one for one in stage.server.received if one.method != "GET"]
        assert bool(told) is (fails_at == 3)
        stage.server.pass_time(300)
        await stage.sync(*changes)
        assert stage.watched("Heat") == WATCHED
        assert not stage.notes.states


@pytest.mark.parametrize(
    "url",
    ["ftp://nas", "nas:32400/x", "http://", "http://me:secret@nas", "http://nas/?X-Plex-Token=secret", "http://["],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        MediaServerClient("Plex", "attic", url, {})
    assert "secret" not in str(caught.value)


async def test_secrets_stay_in_headers(opening: Opening, tmp_path: Path) -> None:
    put_film(_folder(tmp_path, "films"), "Heat (1995)")
    async with opening() as stage:
        stage.watch("Heat")
        stage.server.forgets_on_refresh = True
        await stage.sync(film(stage.films / "Heat (1995)"))
        for one in stage.server.received:
            assert TOKEN not in f"{one.path}{one.query}{one.body}"
            assert "ey, with" not in f"{one.path}{one.query}{one.body}"


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _name(stage: Stage, user: str) -> str:
    """How a sync remembers what a user did with Heat."""
    top = "/media" if isinstance(stage.server, JellyfinServer) else "/data"
    return f"{user}|{top}/films/Heat (1995)/Heat (1995).mkv"


def _clear(stage: Stage, name: str) -> None:
    if isinstance(stage.server, JellyfinServer):
        stage.server.data_of(name).update(Played=False, PlayCount=0, PlaybackPositionTicks=0, Rating=None)
    else:
        stage.server.named(name).play.clear()


async def _wrong(player: Any) -> tuple[str, str]:
    """What the connection test found wrong, and the known words of it."""
    *_, last = await player.check()
    assert not last.is_well
    known = ("rejects the token", "too old", "does not answer", "is this its address", "administrator")
    return last.what, next(words for words in known if words in last.message)
