"""What only Jellyfin does: its header, its ids, its delay, its users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from jellyfin_server import CHILD, KEY, OWNER, JellyfinServer
from media_double import put_episode, put_film
from media_servers import film, opened, showing_heat, upgraded
from metarr.model.media import ItemId, ItemKind
from metarr.model.play import PlayState
from metarr.players import jellyfin_parse as parse
from metarr.players.base import Change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from media_servers import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with showing_heat("jellyfin", tmp_path) as stage:
        yield stage


def server_of(stage: Stage) -> JellyfinServer:
    assert isinstance(stage.server, JellyfinServer)
    return stage.server


async def test_an_edit_is_asked_for_as_a_scan_would_and_nothing_is_replaced(stage: Stage) -> None:
    await stage.sync(film(put_film(stage.films, "Heat (1995)", title="Heat, restored")))
    (told,) = stage.server.calls("POST", "/Refresh")
    assert told.query == {
        "metadataRefreshMode": "Default",
        "imageRefreshMode": "Default",
        "replaceAllMetadata": "false",
        "replaceAllImages": "false",
    }
    assert stage.names() == ["Heat, restored"]


async def test_a_file_that_did_not_change_is_said_not_to(stage: Stage) -> None:
    (seen,) = await stage.sync(film(stage.films / "Heat (1995)"))
    assert seen.seen
    assert seen.detail == "attic read it again and shows no change"


async def test_an_edit_that_it_passes_over_is_told(stage: Stage) -> None:
    server_of(stage).passes_over_nfo = True
    (seen,) = await stage.sync(film(put_film(stage.films, "Heat (1995)", title="Fire"), title="Fire"))
    assert seen.seen
    assert "still calls it 'Heat'" in seen.detail
    assert "publish it again" in seen.detail


async def test_every_users_state_moves_to_the_new_file(stage: Stage) -> None:
    server = server_of(stage)
    stage.watch("Heat")
    server.data_of("Heat", CHILD).update(IsFavorite=True, PlayCount=1, PlaybackPositionTicks=120 * parse.TICKS)
    folder = stage.films / "Heat (1995)"
    await stage.sync(*upgraded(folder))
    owner, child = server.data_of("Heat", OWNER), server.data_of("Heat", CHILD)
    assert (owner["LastPlayedDate"], owner["IsFavorite"], owner["Played"]) == ("2026-01-02T20:15:00Z", True, True)
    assert (child["IsFavorite"], child["Played"], child["PlayCount"]) == (True, False, 1)
    assert child["PlaybackPositionTicks"] == 120 * parse.TICKS


async def test_a_server_that_leaves_users_out_of_lists_is_asked_one_by_one(stage: Stage) -> None:
    stage.watch("Heat")
    server_of(stage).leaves_users_out = server_of(stage).forgets_on_refresh = True
    await stage.sync(film(put_film(stage.films, "Heat (1995)", title="Heat, restored")))
    assert stage.watched("Heat, restored") == (2, 9.0, 61)
    assert stage.server.calls("GET", "/UserData")


async def test_a_server_with_other_ids_is_asked_by_year(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    folder = put_film(tmp_path / "films", "Heat (1995)")
    async with opened("jellyfin", tmp_path, has_own_ids=True) as stage:
        stage.watch("Heat")
        stage.server.forgets_on_refresh = True
        old, new = await stage.sync(*upgraded(folder))
        assert (old.seen, new.seen) == (False, True)
        assert stage.watched("Heat") == (2, 9.0, 61)
        asked = [one.query["years"] for one in stage.server.received if "years" in one.query]
        assert set(asked) == {"1995"}
        assert all("years" in one.query or "ids" in one.query for one in stage.server.calls("GET", "/Items"))


async def test_a_show_on_a_server_with_other_ids_is_found_among_the_shows(tmp_path: Path) -> None:
    (tmp_path / "shows").mkdir()
    show = put_episode(tmp_path / "shows", "Keepers", 1, 2)
    video = show / "Season 01" / "Keepers S01E02.mkv"
    async with opened("jellyfin", tmp_path, has_own_ids=True) as stage:
        changes = [
            Change(ItemId(1), str(show), (), kind=ItemKind.SEASON, season=1),
            Change(ItemId(2), str(show), (str(video),), kind=ItemKind.EPISODE, season=1, episode=2),
        ]
        assert [one.seen for one in await stage.sync(*changes)] == [True, True]


async def test_the_state_of_a_user_who_left_is_forgotten(stage: Stage) -> None:
    name = f"{parse.plain_id('9' * 32)}|/media/films/Heat (1995)/Heat (1995).mkv"
    stage.notes.states = {name: PlayState(play_count=2, is_watched=True)}
    await stage.sync(film(stage.films / "Heat (1995)"))
    assert not stage.notes.states


async def test_reports_that_go_unheard_are_followed_by_a_scan_of_that_library(stage: Stage) -> None:
    server_of(stage).is_deaf = True
    (seen,) = await stage.sync(film(put_film(stage.films, "Ronin (1998)")))
    assert seen.seen
    assert [one.path.rsplit("/", 2)[-1] for one in stage.server.received if one.method == "POST"] == [
        "Updated",
        "Refresh",
    ]


async def test_many_known_films_are_reported_in_one_message(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    folders = [put_film(tmp_path / "films", f"Film {number} (1995)") for number in range(30)]
    async with opened("jellyfin", tmp_path) as stage:
        for folder in folders:
            put_film(stage.films, folder.name, title=f"{folder.name}, restored")
        seen = await stage.sync(*(film(folder, item=number) for number, folder in enumerate(folders, 1)))
        assert all(one.detail == "refreshed in attic" for one in seen)
        (told,) = [one for one in stage.server.received if one.method == "POST"]
        assert {update["UpdateType"] for update in told.body["Updates"]} == {"Modified"}
        assert len(told.body["Updates"]) == 30


async def test_a_film_is_looked_for_until_its_delay_has_passed(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    async with opened("jellyfin", tmp_path, delay=100.0) as stage:
        (seen,) = await stage.sync(film(put_film(stage.films, "Heat (1995)")))
        assert seen.seen
        assert stage.server.now >= 100


@pytest.mark.parametrize("token", [KEY, "plain", 'x", Token="other', "a\r\nX-Evil: 1", "ключ"])
def test_a_token_stays_one_value_of_the_header(token: str) -> None:
    header = parse.authorization(token, "1.0")
    assert header.startswith('MediaBrowser Client="Metarr", ')
    assert header.isascii()
    assert "\n" not in header
    assert unquote(header.rpartition('Token="')[2].removesuffix('"')) == token


@pytest.mark.parametrize(
    ("path", "known"),
    [
        (r"root\default\Movies", "f137a2dd-21bb-c1b9-9aa5-c0f6bf02a805"),
        (r"root\default\TV Shows", "767bffe4-f11c-93ef-34b8-05451a696a4e"),
    ],
    ids=["of films", "of shows"],
)
def test_ids_are_those_that_every_jellyfin_gives_its_libraries(path: str, known: str) -> None:
    """As they stand in addresses that owners quote; a library lies below the server's own folder."""
    assert parse.guid_of(f"MediaBrowser.Controller.Entities.CollectionFolder{path}") == known


def test_a_film_may_be_a_home_video_and_letters_may_not_matter() -> None:
    upper, lower = (parse.item_ids(ItemKind.MOVIE, path, has_exact_ids=True) for path in ("/Films/Ä", "/films/ä"))
    assert len({*upper, *lower}) == 4
    assert parse.item_ids(ItemKind.MOVIE, "/Films/Ä", has_exact_ids=False) == lower
    assert parse.item_ids(ItemKind.SEASON, "/Films/Ä", has_exact_ids=True) == ()


@pytest.mark.parametrize(
    ("goal", "now", "body"),
    [
        pytest.param(PlayState(), PlayState(), {}, id="nothing to set"),
        pytest.param(
            PlayState(play_count=2, is_watched=True, last_played="2026-01-02 20:15:00"),
            PlayState(),
            {"PlayCount": 2, "Played": True, "LastPlayedDate": "2026-01-02T20:15:00Z"},
            id="seen",
        ),
        pytest.param(
            PlayState(user_rating=7.5, resume_position=1.5, is_favourite=True),
            PlayState(),
            {"Rating": 7.5, "PlaybackPositionTicks": 15_000_000, "IsFavorite": True},
            id="rated, stopped and liked",
        ),
    ],
)
def test_only_what_differs_is_set(goal: PlayState, now: PlayState, body: dict[str, Any]) -> None:
    assert parse.update(goal, now) == body


@pytest.mark.parametrize(
    ("row", "state"),
    [
        pytest.param({}, PlayState(), id="nothing"),
        pytest.param({"LastPlayedDate": None, "Rating": None}, PlayState(), id="nulls"),
        pytest.param(
            {"LastPlayedDate": "2026-01-02T20:15:00.1234567Z", "Played": True, "PlayCount": 1},
            PlayState(play_count=1, last_played="2026-01-02 20:15:00", is_watched=True),
            id="seen",
        ),
        pytest.param({"PlaybackPositionTicks": 25_000_000}, PlayState(resume_position=2.5), id="stopped"),
    ],
)
def test_user_data_is_read(row: dict[str, Any], state: PlayState) -> None:
    assert parse.play_state(row) == state


@pytest.mark.parametrize(
    ("kind", "row", "art"),
    [
        (ItemKind.MOVIE, {"ImageTags": {"Primary": "1", "Logo": "2", "Box": "3"}}, {"poster", "clearlogo"}),
        (ItemKind.EPISODE, {"ImageTags": {"Primary": "1"}}, {"thumb"}),
        (
            ItemKind.SERIES,
            {"ImageTags": {"Thumb": "1", "Banner": "2"}, "BackdropImageTags": ["3"]},
            {"landscape", "banner", "fanart"},
        ),
        (ItemKind.MOVIE, {"ImageTags": None, "BackdropImageTags": None}, set()),
    ],
    ids=["a film", "an episode", "a show", "none"],
)
def test_pictures_are_read_as_our_kinds(kind: ItemKind, row: dict[str, Any], art: set[str]) -> None:
    answer = {"Items": [{"Id": "a" * 32, "Path": "/media/x", **row}], "TotalRecordCount": 1}
    (entry,) = parse.page(answer, kind).entries
    assert entry.art == art
