"""The Kodi player against the demo's Kodi, which has real Kodi's observed manners."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from metarr.clients.kodi import KodiClient, PlayState
from metarr.demo.kodi_server import KodiServer
from metarr.errors import BadCredentials, InvalidInput, Wait
from metarr.model.media import ItemId
from metarr.model.paths import PathMapping
from metarr.players import build
from metarr.players.base import Activity, Change, PlayerSettings
from metarr.players.kodi import KodiPlayer, lost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

REMOTE = "smb://nas/films"
HEAT = ItemId(7)


def put_film(root: Path, name: str, *, title: str | None = None, art: Sequence[str] = ("poster", "fanart")) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.mkv").write_bytes(b"video")
    (folder / f"{name}.nfo").write_text(f"<movie><title>{title or name}</title><year>1995</year></movie>", "utf-8")
    for kind in art:
        (folder / f"{name}-{kind}.jpg").write_bytes(f"{name} {kind}".encode())
    return folder


def change(folder: Path, *, item: int = HEAT, is_removed: bool = False, artwork: Sequence[str] = ()) -> Change:
    return Change(
        item_id=ItemId(item),
        folder=str(folder),
        videos=(str(folder / f"{folder.name}.mkv"),),
        artwork=tuple(str(folder / f"{folder.name}-{kind}.jpg") for kind in artwork),
        is_removed=is_removed,
    )


@asynccontextmanager
async def serving(root: Path, *, is_modern: bool = False) -> AsyncIterator[tuple[KodiServer, KodiPlayer]]:
    """A Kodi that sees `root` under another path, and its player, whose pauses last until Kodi has finished."""
    async with KodiServer(root, password="pw", remote_prefix=REMOTE, is_modern=is_modern) as server:

        async def pause(_: float) -> None:
            server.library.may_scan.set()
            await server.library.settled()

        client = KodiClient("living room", server.url, "kodi", "pw")
        player = KodiPlayer(client, [PathMapping(str(root), REMOTE)], pause=pause)
        try:
            yield server, player
        finally:
            await player.close()


def calls_of(server: KodiServer, method: str) -> list[object]:
    return [dict(params) for name, params in server.calls if name == method]


@pytest.mark.parametrize("is_modern", [False, True], ids=["released spelling", "camel-case spelling"])
async def test_a_new_film_is_found_with_its_art_although_its_parent_was_listed(
    tmp_path: Path, *, is_modern: bool
) -> None:
    async with serving(tmp_path, is_modern=is_modern) as (server, player):
        server.library.names_in(tmp_path)  # Kodi showed the folder before the film came
        (seen,) = await player.sync([change(put_film(tmp_path, "Heat (1995)"))])
    assert (seen.item_id, seen.seen, seen.art_seen) == (HEAT, True, frozenset({"poster", "fanart"}))
    assert "added" in seen.detail
    scanned = [next(iter(params.values())) for name, params in server.calls if name == "VideoLibrary.Scan"]
    assert scanned == [f"{REMOTE}/Heat (1995)/"]


@pytest.mark.parametrize("is_modern", [False, True], ids=["released spelling", "camel-case spelling"])
@pytest.mark.parametrize("is_newest", [False, True], ids=["under a new id", "under its old id"])
async def test_a_changed_nfo_arrives_and_the_play_state_stays(
    tmp_path: Path, *, is_modern: bool, is_newest: bool
) -> None:
    async with serving(tmp_path, is_modern=is_modern) as (server, player):
        heat = put_film(tmp_path, "Heat")
        await player.sync([change(heat)])
        if not is_newest:
            await player.sync([change(put_film(tmp_path, "Ronin"), item=8)])
        (row,) = (row for row in server.library.rows.values() if row.film.title == "Heat")
        row.play_count, row.last_played, row.user_rating = 2, "2026-01-02 20:15:00", 9
        row.resume = {"position": 61.0, "total": 6000.0}

        (seen,) = await player.sync([change(put_film(tmp_path, "Heat", title="Heat, restored"))])

        (fresh,) = (row for row in server.library.rows.values() if row.film.title == "Heat, restored")
        assert (fresh.id == row.id) is is_newest
        assert (fresh.play_count, fresh.last_played, fresh.user_rating) == (2, "2026-01-02 20:15:00", 9)
        assert fresh.resume == {"position": 61.0, "total": 6000.0}
        assert seen.seen
        assert "refreshed" in seen.detail


async def test_a_replaced_poster_is_shown_after_the_sync(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        heat = put_film(tmp_path, "Heat")
        await player.sync([change(heat)])
        poster = heat / "Heat-poster.jpg"
        poster.write_bytes(b"a better poster")
        assert server.library.picture(poster) == b"Heat poster"
        await player.sync([change(heat, artwork=["poster"])])
        assert server.library.picture(poster) == b"a better poster"
        assert len(calls_of(server, "Textures.RemoveTexture")) == 1


async def test_a_removed_film_goes_alone_and_nothing_is_cleaned(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        heat, heat_2 = put_film(tmp_path, "Heat"), put_film(tmp_path, "Heat 2")
        await player.sync([change(heat, item=1), change(heat_2, item=2)])
        (gone,) = await player.sync([change(heat, item=1, is_removed=True)])
        assert [row.film.title for row in server.library.rows.values()] == ["Heat 2"]
        assert (gone.seen, gone.art_seen) == (False, frozenset())
        assert "removed" in gone.detail
        assert calls_of(server, "VideoLibrary.Clean") == []


async def test_a_renamed_film_keeps_its_play_state(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        former = put_film(tmp_path, "Heat")
        await player.sync([change(former)])
        (row,) = server.library.rows.values()
        row.play_count, row.user_rating = 3, 8
        await player.sync([change(former, is_removed=True), change(put_film(tmp_path, "Heat (1995)"))])
        (fresh,) = server.library.rows.values()
        assert (fresh.film.title, fresh.play_count, fresh.user_rating) == ("Heat (1995)", 3, 8)


async def test_while_a_film_plays_an_automatic_sync_waits_and_a_manual_one_goes(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        one = change(put_film(tmp_path, "Heat"))
        server.is_playing = True
        assert await player.activity() is Activity.PLAYING
        with pytest.raises(Wait, match="living room is playing") as waiting:
            await player.sync([one])
        assert waiting.value.cause == "player:living room:playing"
        assert server.library.rows == {}
        (seen,) = await player.sync([one], is_manual=True)
        assert seen.seen


async def test_a_kodi_that_is_off_is_waited_for(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        server.is_offline = True
        with pytest.raises(Wait, match="living room") as waiting:
            await player.sync([change(put_film(tmp_path, "Heat"))])
        assert waiting.value.cause == "player:living room"
        server.is_offline = False
        (seen,) = await player.sync([change(tmp_path / "Heat")])
        assert seen.seen


async def test_a_wrong_password_is_told_without_repeating_it(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="right") as server:
        player = build(PlayerSettings(name="den", url=server.url, user="kodi", password=SecretStr("wrong-one")))
        with pytest.raises(BadCredentials, match="den") as rejected:
            await player.activity()
        assert "wrong-one" not in str(rejected.value)
        await player.close()


def test_an_unknown_kind_of_player_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"vcr.*kodi"):
        build(PlayerSettings(kind="vcr", name="den", url="http://127.0.0.1:1"))


async def test_two_hundred_new_films_are_one_scan(tmp_path: Path) -> None:
    changes = [change(put_film(tmp_path, f"Film {number}", art=()), item=number) for number in range(200)]
    async with serving(tmp_path) as (server, player):
        confirmations = await player.sync(changes)
        assert all(one.seen for one in confirmations)
        assert [one.item_id for one in confirmations] == list(range(200))
        assert calls_of(server, "VideoLibrary.Scan") == [{"directory": f"{REMOTE}/", "showdialogs": False}]


async def test_a_running_scan_is_left_to_finish(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        put_film(tmp_path, "Ronin")
        server.library.may_scan.clear()
        server.library.scan(tmp_path)
        heat = tmp_path / "later" / "Heat"
        (seen,) = await player.sync([change(put_film(heat.parent, heat.name))])
        assert seen.seen
        assert {row.film.title for row in server.library.rows.values()} == {"Ronin", "Heat"}


async def test_a_folder_that_kodi_takes_for_missing_is_found_from_the_source(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        server.library.names_in(tmp_path)
        server.faults["Files.GetDirectory"] = -32100
        (seen,) = await player.sync([change(put_film(tmp_path, "Heat"))])
        assert seen.seen
        assert calls_of(server, "VideoLibrary.Scan")[-1] == {"directory": f"{REMOTE}/", "showdialogs": False}


async def test_a_folder_outside_every_source_is_explained(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, remote_prefix=REMOTE) as server:

        async def pause(_: float) -> None:
            await server.library.settled()

        mapping = PathMapping(str(tmp_path), "nfs://elsewhere")
        player = KodiPlayer(KodiClient("den", server.url), [mapping], pause=pause)
        (unseen,) = await player.sync([change(put_film(tmp_path, "Heat"))])
        await player.close()
    assert not unseen.seen
    assert "no video source that contains nfs://elsewhere/Heat" in unseen.detail


async def test_a_scan_without_end_is_waited_for_outside(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server:

        async def pause(_: float) -> None:
            if server.library.may_scan.is_set():
                await server.library.settled()

        player = KodiPlayer(KodiClient("den", server.url), pause=pause)
        one = change(put_film(tmp_path, "Heat"))
        await player.sync([one])
        server.calls.clear()
        server.library.may_scan.clear()
        server.library.scan(tmp_path)
        with pytest.raises(Wait, match="scanning") as waiting:
            await player.sync([one])
        assert waiting.value.cause == "player:den:scanning"
        assert calls_of(server, "VideoLibrary.Scan") == calls_of(server, "VideoLibrary.RefreshMovie") == []
        await player.close()


async def test_what_kodi_shows_in_the_end_counts_and_only_pictures_of_the_folder(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, player):
        one = change(put_film(tmp_path, "Heat", art=["poster"]))
        await player.sync([one])
        (row,) = server.library.rows.values()
        row.film = replace(row.film, art={**row.film.art, "set.poster": tmp_path / "sets" / "poster.jpg"})
        server.faults["VideoLibrary.RefreshMovie"] = -32602  # as for an id that is gone
        (seen,) = await player.sync([one])
    assert (seen.seen, seen.art_seen) == (True, frozenset({"poster"}))


async def test_a_cancelled_sync_does_not_lose_the_play_state_of_the_film_in_hand(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server:
        syncing: asyncio.Task[object] | None = None

        async def pause(_: float) -> None:
            if syncing is not None and not syncing.cancelling():
                syncing.cancel()
            await server.library.settled()

        player = KodiPlayer(KodiClient("den", server.url), pause=pause)
        one = change(put_film(tmp_path, "Heat"))
        await player.sync([one])
        (row,) = server.library.rows.values()
        row.play_count, row.user_rating = 4, 10
        syncing = asyncio.create_task(player.sync([one]))
        with pytest.raises(asyncio.CancelledError):
            await syncing
        (fresh,) = server.library.rows.values()
        assert fresh is not row
        assert (fresh.play_count, fresh.user_rating) == (4, 10)
        await player.close()


async def test_a_film_without_an_nfo_is_explained(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, player):
        heat = put_film(tmp_path, "Heat")
        (heat / "Heat.nfo").unlink()
        (unseen,) = await player.sync([change(heat)])
    assert not unseen.seen
    assert "NFO" in unseen.detail


@pytest.mark.parametrize(
    ("wanted", "now", "details"),
    [
        pytest.param(PlayState(2), PlayState(0), {"playcount": 2}, id="a lost play count"),
        pytest.param(PlayState(2), PlayState(3), {}, id="watched again meanwhile"),
        pytest.param(PlayState(user_rating=9), PlayState(user_rating=4), {}, id="the NFO's own rating stays"),
        pytest.param(PlayState(user_rating=9), PlayState(), {"userrating": 9}, id="a lost rating"),
        pytest.param(
            PlayState(last_played="2026-01-02 20:15:00"),
            PlayState(last_played="2025-01-02 20:15:00"),
            {"lastplayed": "2026-01-02 20:15:00"},
            id="an older date",
        ),
        pytest.param(
            PlayState(resume_position=5, resume_total=9),
            PlayState(),
            {"resume": {"position": 5, "total": 9}},
            id="a lost resume point",
        ),
        pytest.param(PlayState(), PlayState(), {}, id="nothing was there"),
    ],
)
def test_only_what_was_lost_is_set(wanted: PlayState, now: PlayState, details: dict[str, object]) -> None:
    assert lost(wanted, now) == details
