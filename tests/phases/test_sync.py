from __future__ import annotations

from typing import TYPE_CHECKING

from chain import FILM, name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.model.job import JobKind
from metarr.store import players, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from chain import Chain

    Install = Callable[..., Chain]


async def test_what_a_player_shows_is_kept_with_the_state_of_the_files_it_was_told_of(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        (state,) = await chain.rows(schema.player_state)
        assert (state["item_id"], state["state"], state["revision"]) == (item.id, "art_confirmed", item.disk_revision)
        assert {"poster", "fanart"} <= set(state["art"])
        assert state["detail"]


async def test_a_second_player_hears_what_it_missed_and_the_first_is_left_in_peace(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        calls = len(chain.kodi.calls)
        where = {"url": chain.kodi.url, "tcp_port": chain.kodi.tcp_port}
        await chain.store.write(lambda tx: players.save(tx, "attic", "kodi", where))
        await chain.run_item(JobKind.SYNC, await chain.only(), is_forced=True)
        assert len(chain.kodi.calls) > calls
        assert len(await chain.rows(schema.player_state)) == 2


async def test_a_player_that_is_off_is_waited_for_without_spending_an_attempt(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        chain.kodi.is_offline = True
        await chain.scan()
        *_, sync = [row for row in await chain.jobs() if row["kind"] == "sync"]
        assert (sync["state"], sync["attempts"]) == ("waiting", 0)
        assert list(await chain.causes()) == ["player:kodi"]
        assert [row["state"] for row in await chain.rows(schema.player_state)] == ["pending"]
        chain.kodi.is_offline = False
        await chain.later()
        assert await chain.causes() == {}
        assert [row["state"] for row in await chain.rows(schema.player_state)] == ["art_confirmed"]


async def test_one_player_that_is_off_does_not_keep_the_others_from_hearing(install: Install) -> None:
    async with install() as chain:
        await chain.store.write(lambda tx: players.save(tx, "attic", "kodi", {"url": "http://127.0.0.1:9"}))
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        assert {row["state"] for row in await chain.rows(schema.player_state)} == {"art_confirmed", "pending"}
        assert list(await chain.causes()) == ["player:attic"]
        calls = len(chain.kodi.calls)
        await chain.later()
        assert len(chain.kodi.calls) == calls, "who knows already is not told again"


async def test_a_player_that_refuses_us_is_switched_off_and_its_owner_told(install: Install) -> None:
    async with install(kodi_password="secret") as chain:
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        assert list(await chain.causes()) == ["player:kodi:credentials"]
        assert await chain.store.read(players.enabled) == []
        assert {row["state"] for row in await chain.jobs()} == {"completed"}
        assert {row["state"] for row in await chain.rows(schema.player_state)} == {"pending"}


async def test_a_player_that_plays_is_waited_for_unless_a_person_asks(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        chain.kodi.is_playing = True
        await chain.scan()
        *_, sync = [row for row in await chain.jobs() if row["kind"] == "sync"]
        assert (sync["state"], sync["attempts"]) == ("waiting", 0)
        assert list(await chain.causes()) == ["player:kodi:playing"]
        await chain.run_item(JobKind.SYNC, await chain.only(), is_forced=True)
        assert [row["state"] for row in await chain.rows(schema.player_state)] == ["art_confirmed"]


async def test_the_players_are_told_of_a_whole_library_once(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    async with install() as chain:
        for film in FILMS[:3]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        jobs = [row for row in await chain.jobs() if row["kind"] == "sync"]
        assert {row["item_id"] for row in jobs} == {None}
        assert len(jobs) <= 6
        assert len(await chain.rows(schema.player_state)) == 3
