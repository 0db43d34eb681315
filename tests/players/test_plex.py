"""What only Plex does: partial scans, its trash, analysing, its verbs; and a foreign client that knows it."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from plexapi.server import PlexServer as ForeignClient
from pydantic import SecretStr

from media_double import put_episode, put_film
from media_servers import WATCHED, film, opened, showing_heat, upgraded
from metarr.errors import InvalidInput
from metarr.model.play import PlayState
from metarr.players import build
from metarr.players import plex_parse as parse
from metarr.players.base import PlayerSettings
from metarr.players.matching import targets_of
from metarr.players.plex import questions
from plex_server import TOKEN, PlexServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from media_servers import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with showing_heat("plex", tmp_path) as stage:
        yield stage


def server_of(stage: Stage) -> PlexServer:
    assert isinstance(stage.server, PlexServer)
    return stage.server


def scanned(stage: Stage) -> list[str | None]:
    return [one.query.get("path") for one in stage.server.calls("POST", "/sections/1/refresh")]


async def test_a_new_film_is_scanned_for_by_its_folder_alone(stage: Stage) -> None:
    await stage.sync(film(put_film(stage.films, "Ronin (1998)")))
    assert scanned(stage) == ["/data/films/Ronin (1998)"]


async def test_many_new_films_are_scanned_for_with_their_library(stage: Stage) -> None:
    folders = [put_film(stage.films, f"Film {number} (1990)") for number in range(11)]
    seen = await stage.sync(*(film(folder, item=number) for number, folder in enumerate(folders, 1)))
    assert all(one.seen for one in seen)
    assert scanned(stage) == [None]


def test_a_token_that_cannot_be_one_is_refused() -> None:
    settings = PlayerSettings(kind="plex", name="attic", url="http://127.0.0.1:1", token=SecretStr("a\r\nX-Evil: 1"))
    with pytest.raises(InvalidInput, match="copy it again"):
        build(settings)


async def test_where_a_folder_left_the_one_around_it_is_scanned(stage: Stage) -> None:
    shutil.rmtree(stage.films / "Heat (1995)")
    (gone,) = await stage.sync(film(stage.films / "Heat (1995)", is_removed=True))
    assert not gone.seen
    assert scanned(stage) == ["/data/films"]


async def test_an_upgrade_is_scanned_in_its_folder_and_analysed(stage: Stage) -> None:
    folder = stage.films / "Heat (1995)"
    await stage.sync(*upgraded(folder))
    assert scanned(stage) == ["/data/films/Heat (1995)"]
    assert server_of(stage).analyzed == ["Heat"]
    assert server_of(stage).named("Heat").parts == ["/data/films/Heat (1995)/Heat 2160p.mkv"]


async def test_what_was_read_while_the_new_file_had_no_nfo_is_read_again(stage: Stage) -> None:
    folder = stage.films / "Heat (1995)"
    told = upgraded(folder)
    server_of(stage).named("Heat").title = "Heat 2160p"  # as the file is named
    await stage.sync(*told)
    assert server_of(stage).named("Heat").parts == ["/data/films/Heat (1995)/Heat 2160p.mkv"]


async def test_a_state_goes_along_where_the_new_file_is_a_new_item(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    folder = put_film(tmp_path / "films", "Heat (1995)")
    async with opened("plex", tmp_path, takes_files_for_films=True) as stage:
        stage.watch("Heat")
        await stage.sync(*upgraded(folder))
        assert stage.watched("Heat") == WATCHED
        assert len(stage.server.calls("PUT", "/:/scrobble")) == 2


async def test_the_trash_is_never_emptied_and_the_owner_is_told(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    folder = put_film(tmp_path / "films", "Heat (1995)")
    async with opened("plex", tmp_path, empties_trash=False) as stage:
        old, new = await stage.sync(*upgraded(folder))
        assert (old.seen, new.seen) == (False, True)
        assert "in the trash of attic" in old.detail
        assert not [one for one in stage.server.received if "emptyTrash" in one.path]


async def test_a_server_that_knows_the_old_verb_only_is_asked_with_it(stage: Stage) -> None:
    server_of(stage).is_old = True
    (seen,) = await stage.sync(film(put_film(stage.films, "Ronin (1998)")))
    assert seen.seen
    assert stage.server.calls("GET", "/sections/1/refresh")


async def test_a_film_that_it_knows_by_another_name_is_found_and_refreshed_in_the_end(stage: Stage) -> None:
    folder = put_film(stage.films, "Heat (1995)", title="Fire")
    (seen,) = await stage.sync(film(folder, title="Fire", year=2001))
    assert seen.seen
    stage.server.pass_time(10)
    assert stage.names() == ["Fire"]


async def test_a_film_is_not_looked_for_in_all_of_the_library(stage: Stage) -> None:
    await stage.sync(film(put_film(stage.films, "Ronin (1998)")))
    lists = stage.server.calls("GET", "/sections/1/all")
    assert lists
    assert all("title" in one.query or "year" in one.query for one in lists)


@pytest.mark.parametrize(
    ("names", "thoroughly", "asked"),
    [
        (["Heat (1995)"], False, [{"title": "Heat"}, {"year": "1995"}]),
        (["Heat (1995)"], True, [{}]),
        (["Heat (1995)", "Ronin (1998)"], False, [{"title": "Heat"}, {"title": "Ronin"}, {"year": "1995,1998"}]),
        ([f"Film {number} (1995)" for number in range(6)], False, [{"year": "1995"}]),
        ([f"Film {number} ({1950 + number})" for number in range(21)], False, [{}]),
    ],
    ids=["one by its title", "one by all means", "two", "many of a year", "many of many years"],
)
def test_the_narrowest_question_comes_first(
    tmp_path: Path, names: list[str], asked: list[dict[str, str]], *, thoroughly: bool
) -> None:
    targets = targets_of([film(tmp_path / name, item=number) for number, name in enumerate(names)], [])
    assert questions(targets, thoroughly=thoroughly) == asked


@pytest.mark.parametrize(
    ("row", "state"),
    [
        pytest.param({}, PlayState(), id="nothing"),
        pytest.param(
            {"viewCount": 2, "lastViewedAt": 1767384900, "userRating": 9, "viewOffset": 61_500, "duration": 120_000},
            PlayState(2, "2026-01-02 20:15:00", 9.0, 61.5, 120.0, is_watched=True),
            id="everything",
        ),
    ],
)
def test_what_the_owner_did_is_read(row: dict[str, Any], state: PlayState) -> None:
    answer = {"MediaContainer": {"size": 1, "Metadata": [{"ratingKey": "1", "type": "movie", "title": "x", **row}]}}
    assert parse.page(answer).items[0].play == state


@pytest.mark.parametrize(
    ("setting", "expected"),
    [([], True), ([{"id": "autoEmptyTrash", "value": False}], False), ([{"id": "other", "value": False}], True)],
    ids=["not told", "switched off", "another setting"],
)
def test_whether_it_empties_its_trash_is_read(setting: list[dict[str, Any]], *, expected: bool) -> None:
    assert parse.empties_trash({"MediaContainer": {"Setting": setting}}) is expected


async def test_the_double_is_a_plex_to_a_foreign_client(tmp_path: Path) -> None:
    """python-plexapi finds what we find, and what it does there counts for us."""
    (tmp_path / "films").mkdir()
    (tmp_path / "shows").mkdir()
    put_film(tmp_path / "films", "Heat (1995)", art=("poster",))
    put_episode(tmp_path / "shows", "Keepers", 1, 2)
    async with opened("plex", tmp_path) as stage:
        seen = await asyncio.to_thread(_as_a_foreigner, stage.server.url)
        assert seen == ("movies", "Heat", 1995, ["/data/films/Heat (1995)/Heat (1995).mkv"], "Keepers", ["Part 2"])
        (state,) = (await stage.player.play_states([server_of(stage).named("Heat").key])).values()
        assert (state.user_rating, state.is_watched) == (8.0, False)


def _as_a_foreigner(url: str) -> tuple[Any, ...]:
    plex = ForeignClient(url, TOKEN)  # type: ignore[no-untyped-call]  # python-plexapi has no types
    films, shows = plex.library.section("movies"), plex.library.section("shows")
    (heat,) = films.all()
    heat.rate(8.0)
    heat.refresh()
    films.update("/data/films/Heat (1995)")
    (show,) = shows.all()
    episodes = [episode.title for episode in show.episodes()]
    return films.title, heat.title, heat.year, heat.locations, show.title, episodes
