"""The Kodi player against the demo's Kodi, which has real Kodi's observed manners: films."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from metarr.clients.kodi import KodiClient, Patience
from metarr.demo.kodi_server import KodiServer
from metarr.errors import BadCredentials, InvalidInput, Wait
from metarr.model.media import ExternalIds
from metarr.model.paths import PathMapping
from metarr.players import build
from metarr.players.base import Activity, PlayerSettings
from metarr.players.kodi import KodiPlayer
from players.kodi_room import HEAT, REMOTE, WATCHED, Notebook, Room, change, furnished, put_film

spellings = pytest.mark.parametrize("is_modern", [False, True], ids=["released spelling", "camel-case spelling"])
ways = pytest.mark.parametrize("is_told", [True, False], ids=["told by WebSocket", "asking over HTTP"])


def watch(room: Room) -> None:
    """The owner watches every film there is."""
    for row in room.server.library.rows.values():
        row.play_count, row.last_played, row.user_rating = 2, "2026-01-02 20:15:00", 9
        row.resume = {"position": 61.0, "total": 6000.0}


def states(room: Room) -> dict[str, tuple[int, str, int, float]]:
    rows = room.server.library.rows.values()
    return {row.film.title: (row.play_count, row.last_played, row.user_rating, row.resume["position"]) for row in rows}


SEEN = (2, "2026-01-02 20:15:00", 9, 61.0)


@spellings
@ways
async def test_a_new_film_is_found_with_its_art_although_its_parent_was_listed(
    tmp_path: Path, *, is_modern: bool, is_told: bool
) -> None:
    async with furnished(tmp_path, is_modern=is_modern, is_told=is_told) as room:
        room.server.library.names_in(tmp_path)  # Kodi showed the folder before the film came
        (seen,) = await room.sync(change(put_film(tmp_path, "Heat (1995)")))
        scanned = [next(iter(params.values())) for name, params in room.server.calls if name == "VideoLibrary.Scan"]
    assert (seen.item_id, seen.seen, seen.art_seen) == (HEAT, True, frozenset({"poster", "fanart"}))
    assert "added" in seen.detail
    assert scanned == [f"{REMOTE}/Heat (1995)/"]


@spellings
@ways
@pytest.mark.parametrize("is_newest", [False, True], ids=["under a new id", "under its old id"])
async def test_a_changed_nfo_arrives_and_the_play_state_stays(
    tmp_path: Path, *, is_modern: bool, is_newest: bool, is_told: bool
) -> None:
    async with furnished(tmp_path, is_modern=is_modern, is_told=is_told) as room:
        await room.sync(change(put_film(tmp_path, "Heat")))
        if not is_newest:
            await room.sync(change(put_film(tmp_path, "Ronin"), item=8))
        watch(room)
        (seen,) = await room.sync(change(put_film(tmp_path, "Heat", title="Heat, restored")))
        assert states(room)["Heat, restored"] == SEEN
        assert room.memory.written == [f"{REMOTE}/Heat/Heat.mkv"]
        assert room.memory.states == {}
    assert seen.seen
    assert "refreshed" in seen.detail


@spellings
async def test_pictures_that_came_and_went_are_seen_although_kodi_remembers_what_was_there(
    tmp_path: Path, *, is_modern: bool
) -> None:
    async with furnished(tmp_path, is_modern=is_modern) as room:
        heat = put_film(tmp_path, "Heat", art=["poster", "fanart"])
        await room.sync(change(heat))
        (heat / "Heat-fanart.jpg").unlink()
        (heat / "Heat-poster.jpg").rename(heat / "Heat-poster.png")
        (heat / "Heat-banner.jpg").write_bytes(b"a banner")
        (seen,) = await room.sync(change(heat))
        (row,) = room.server.library.rows.values()
        assert {kind: path.name for kind, path in row.film.art.items()} == {
            "poster": "Heat-poster.png",
            "banner": "Heat-banner.jpg",
        }
    assert seen.art_seen == frozenset({"poster", "banner"})


async def test_what_nobody_watched_is_not_written_down(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = change(put_film(tmp_path, "Heat"))
        await room.sync(heat)
        await room.sync(heat)
        assert room.memory.written == []


async def test_a_replaced_poster_is_shown_after_the_sync(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = put_film(tmp_path, "Heat")
        await room.sync(change(heat))
        poster = heat / "Heat-poster.jpg"
        poster.write_bytes(b"a better poster")
        assert room.server.library.picture(poster) == b"Heat poster"
        await room.sync(change(heat, artwork=["poster"]))
        assert room.server.library.picture(poster) == b"a better poster"
        assert len(room.calls_of("Textures.RemoveTexture")) == 1


async def test_a_removed_film_goes_alone_and_nothing_is_cleaned(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat, heat_2 = put_film(tmp_path, "Heat"), put_film(tmp_path, "Heat 2")
        await room.sync(change(heat, item=1), change(heat_2, item=2))
        (gone,) = await room.sync(change(heat, item=1, is_removed=True))
        assert [row.film.title for row in room.server.library.rows.values()] == ["Heat 2"]
        assert room.calls_of("VideoLibrary.Clean") == []
    assert (gone.seen, gone.art_seen) == (False, frozenset())
    assert "removed" in gone.detail


@ways
async def test_a_renamed_film_keeps_its_play_state(tmp_path: Path, *, is_told: bool) -> None:
    async with furnished(tmp_path, is_told=is_told) as room:
        former = put_film(tmp_path, "Heat")
        await room.sync(change(former))
        watch(room)
        await room.sync(change(former, is_removed=True), change(put_film(tmp_path, "Heat (1995)")))
        assert states(room) == {"Heat (1995)": SEEN}
        assert room.memory.states == {}


async def test_a_film_that_is_gone_for_a_while_is_still_watched_when_a_better_file_comes(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = replace(change(put_film(tmp_path, "Heat")), ids=ExternalIds(tmdb=949))
        await room.sync(heat)
        watch(room)
        await room.sync(replace(heat, is_removed=True))
        assert room.server.library.rows == {}
        await room.sync(change(put_film(tmp_path, "Ronin"), item=8))
        again = change(put_film(tmp_path, "Heat (1995)"), item=99)
        await room.sync(replace(again, ids=heat.ids))
        assert states(room) == {"Ronin": (0, "", 0, 0.0), "Heat (1995)": SEEN}
        assert room.memory.states == {}


async def test_an_upgraded_film_that_kodi_found_by_itself_is_still_watched(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = put_film(tmp_path, "Heat")
        await room.sync(change(heat))
        watch(room)
        (heat / "Heat 2160p.mkv").write_bytes(b"better")
        (heat / "Heat 2160p.nfo").write_text("<movie><title>Heat in 2160p</title></movie>", "utf-8")
        room.server.library.scan(heat)
        await room.server.library.settled()
        (heat / "Heat.mkv").unlink()
        upgraded = replace(change(heat), videos=(str(heat / "Heat 2160p.mkv"),))
        await room.sync(change(heat, is_removed=True), upgraded)
        assert states(room) == {"Heat in 2160p": SEEN}


async def test_of_two_versions_only_the_one_that_is_new_takes_over_a_play_state(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = put_film(tmp_path, "Heat")
        for name in ("Heat - cut", "Heat - 4k"):
            (heat / f"{name}.nfo").write_text(f"<movie><title>{name}</title></movie>", "utf-8")
        (heat / "Heat - cut.mkv").write_bytes(b"video")
        cut = str(heat / "Heat - cut.mkv")
        await room.sync(replace(change(heat), videos=(*change(heat).videos, cut)))
        (row,) = (row for row in room.server.library.rows.values() if row.film.title == "Heat")
        row.play_count = 3
        (heat / "Heat.mkv").unlink()
        (heat / "Heat - 4k.mkv").write_bytes(b"better")
        now = replace(change(heat), videos=(str(heat / "Heat - 4k.mkv"), cut))
        await room.sync(change(heat, is_removed=True), now)
        assert {title: state[0] for title, state in states(room).items()} == {"Heat - cut": 0, "Heat - 4k": 3}


async def test_a_file_that_was_replaced_under_its_own_name_is_not_removed(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = change(put_film(tmp_path, "Heat"))
        await room.sync(heat)
        watch(room)
        await room.sync(replace(heat, is_removed=True), heat)
        assert states(room) == {"Heat": SEEN}
        assert room.calls_of("VideoLibrary.RemoveMovie") == []


@pytest.mark.parametrize(
    ("speed", "activity"),
    [
        pytest.param(None, Activity.IDLE, id="nothing is on"),
        pytest.param(1, Activity.PLAYING, id="a film plays"),
        pytest.param(0, Activity.PAUSED, id="it is paused"),
        pytest.param(-8, Activity.PLAYING, id="it is wound back"),
    ],
)
async def test_activity_is_that_of_the_video(tmp_path: Path, speed: int | None, activity: Activity) -> None:
    async with furnished(tmp_path) as room:
        room.server.methods.speed = speed
        assert await room.player.activity() is activity


async def test_while_a_film_plays_an_automatic_sync_waits_and_a_manual_one_goes(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        one = change(put_film(tmp_path, "Heat"))
        room.server.is_playing = True
        with pytest.raises(Wait, match="living room is playing") as waiting:
            await room.sync(one)
        assert waiting.value.cause == "player:living room:playing"
        assert room.server.library.rows == {}
        (seen,) = await room.sync(one, is_manual=True)
        assert seen.seen


@ways
async def test_a_kodi_that_is_off_is_waited_for(tmp_path: Path, *, is_told: bool) -> None:
    async with furnished(tmp_path, is_told=is_told) as room:
        room.server.is_offline = True
        with pytest.raises(Wait, match="living room") as waiting:
            await room.sync(change(put_film(tmp_path, "Heat")))
        assert waiting.value.cause == "player:living room"
        room.server.is_offline = False
        (seen,) = await room.sync(change(tmp_path / "Heat"))
        assert seen.seen


async def test_a_wrong_password_is_told_without_repeating_it(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="right") as server:
        settings = PlayerSettings(
            name="den", url=server.url, user="kodi", password=SecretStr("wrong-one"), tcp_port=server.tcp_port
        )
        player = build(settings)
        with pytest.raises(BadCredentials, match="den") as rejected:
            await player.activity()
        assert "wrong-one" not in str(rejected.value)
        await player.close()


def test_an_unknown_kind_of_player_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"vcr.*kodi"):
        build(PlayerSettings(kind="vcr", name="den", url="http://127.0.0.1:1"))


async def test_two_hundred_new_films_are_one_scan(tmp_path: Path) -> None:
    changes = [change(put_film(tmp_path, f"Film {number}", art=()), item=number) for number in range(200)]
    async with furnished(tmp_path) as room:
        confirmations = await room.sync(*changes)
        scans = room.calls_of("VideoLibrary.Scan")
    assert all(one.seen for one in confirmations)
    assert [one.item_id for one in confirmations] == list(range(200))
    assert scans == [{"directory": f"{REMOTE}/", "showdialogs": False}]


async def test_many_changed_films_are_refreshed_before_one_scan_ends(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        await room.sync(*(change(put_film(tmp_path, f"Film {number}", art=()), item=number) for number in range(60)))
        watch(room)
        room.server.calls.clear()
        changed = [put_film(tmp_path, f"Film {number}", title=f"New {number}", art=()) for number in range(60)]
        await room.sync(*(change(folder, item=number) for number, folder in enumerate(changed)))
        assert states(room) == {f"New {number}": SEEN for number in range(60)}
        assert len(room.calls_of("VideoLibrary.Scan")) == 1


@ways
async def test_a_running_scan_is_left_to_finish(tmp_path: Path, *, is_told: bool) -> None:
    async with furnished(tmp_path, is_told=is_told) as room:
        put_film(tmp_path, "Ronin")
        room.server.library.may_scan.clear()
        room.server.library.scan(tmp_path)
        asked = 0

        def let_it_end(method: str) -> None:
            nonlocal asked
            asked += method == "XBMC.GetInfoBooleans"
            if asked > 1:
                room.server.library.may_scan.set()

        room.server.before = let_it_end
        heat = tmp_path / "later" / "Heat"
        (seen,) = await room.sync(change(put_film(heat.parent, heat.name)))
        assert seen.seen
        assert {row.film.title for row in room.server.library.rows.values()} == {"Ronin", "Heat"}


async def test_a_folder_that_kodi_takes_for_missing_is_found_from_the_source(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        room.server.library.names_in(tmp_path)
        room.server.faults["Files.GetDirectory"] = -32100
        (seen,) = await room.sync(change(put_film(tmp_path, "Heat")))
        assert seen.seen
        assert room.calls_of("VideoLibrary.Scan")[-1] == {"directory": f"{REMOTE}/", "showdialogs": False}


async def test_a_folder_outside_every_source_is_explained(tmp_path: Path) -> None:
    async with furnished(tmp_path, is_told=False) as room:
        player = KodiPlayer(room.client, [PathMapping(str(tmp_path), "nfs://elsewhere")])
        (unseen,) = await player.sync([change(put_film(tmp_path, "Heat"))], Notebook())
    assert not unseen.seen
    assert "no video source that contains nfs://elsewhere/Heat" in unseen.detail


async def test_a_scan_without_end_is_waited_for_outside(tmp_path: Path) -> None:
    async def pause(_: float) -> None:
        """Nothing ends meanwhile."""

    async with furnished(tmp_path) as room:
        one = change(put_film(tmp_path, "Heat"))
        await room.sync(one)
        room.server.calls.clear()
        room.server.library.may_scan.clear()
        room.server.library.scan(tmp_path)
        client = KodiClient("den", room.server.url, "kodi", "pw", patience=Patience(pause=pause))
        with pytest.raises(Wait, match="scanning") as waiting:
            await KodiPlayer(client, [PathMapping(str(tmp_path), REMOTE)]).sync([one], Notebook())
        await client.close()
        assert room.calls_of("VideoLibrary.Scan") == room.calls_of("VideoLibrary.RefreshMovie") == []
    assert waiting.value.cause == "player:den:scanning"


async def test_what_kodi_shows_in_the_end_counts_and_only_pictures_of_the_folder(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        one = change(put_film(tmp_path, "Heat", art=["poster"]))
        await room.sync(one)
        (row,) = room.server.library.rows.values()
        row.film = replace(row.film, art={**row.film.art, "set.poster": tmp_path / "sets" / "poster.jpg"})
        room.server.faults["VideoLibrary.RefreshMovie"] = -32602  # as for an id that is gone
        (seen,) = await room.sync(one)
    assert (seen.seen, seen.art_seen) == (True, frozenset({"poster"}))


async def test_a_film_without_an_nfo_is_explained(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = put_film(tmp_path, "Heat")
        (heat / "Heat.nfo").unlink()
        (unseen,) = await room.sync(change(heat))
    assert not unseen.seen
    assert "NFO" in unseen.detail


async def test_without_http_the_websocket_does_everything(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server:
        client = KodiClient("den", "http://127.0.0.1:9", tcp_port=server.tcp_port)
        player = KodiPlayer(client)
        (seen,) = await player.sync([change(put_film(tmp_path, "Heat"))], Notebook())
        await player.close()
    assert seen.seen


async def test_what_an_interrupted_sync_left_is_repaired_first(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        await room.sync(change(put_film(tmp_path, "Heat")), change(put_film(tmp_path, "Ronin"), item=8))
        room.memory.states[f"{REMOTE}/Heat/Heat.mkv"] = WATCHED
        await room.sync(change(tmp_path / "Ronin", item=8))
        assert states(room)["Heat"] == SEEN
        assert room.memory.states == {}


async def test_what_is_removed_for_good_is_forgotten_and_what_is_not_there_yet_is_not(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        await room.sync(change(put_film(tmp_path, "Heat")))
        kept = {f"{REMOTE}/{name}/{name}.mkv": WATCHED for name in ("Heat", "Ronin")}
        room.memory.states |= kept
        await room.sync(change(tmp_path / "Heat", is_removed=True))
        assert list(room.memory.states) == [f"{REMOTE}/Ronin/Ronin.mkv"]


async def test_a_refresh_that_cannot_be_told_to_be_over_is_looked_after_by_the_next_sync(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = change(put_film(tmp_path, "Heat"))
        await room.sync(heat)
        room.server.library.forgets_plays = False
        (row,) = room.server.library.rows.values()
        row.play_count = 2
        await room.sync(heat)  # the same id, and nothing missing
        assert list(room.memory.states) == [f"{REMOTE}/Heat/Heat.mkv"]
        await room.sync(change(put_film(tmp_path, "Ronin"), item=8))
        assert room.memory.states == {}


async def test_a_film_in_two_parts_is_one_film_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = put_film(tmp_path, "Heat")
        await room.sync(change(heat))
        watch(room)
        parts = (heat / "Heat-cd1.mkv", heat / "Heat-cd2.mkv")
        (heat / "Heat.mkv").rename(parts[0])
        (heat / "Heat.nfo").rename(parts[0].with_suffix(".nfo"))
        parts[1].write_bytes(b"the second part has no NFO and is no film")
        split = replace(change(heat), videos=tuple(str(part) for part in parts))
        (_, seen) = await room.sync(change(heat, is_removed=True), split)
        assert seen.seen
        assert states(room) == {"Heat": SEEN}
        assert room.memory.states == {}


async def test_folders_that_kodi_can_list_are_proven(tmp_path: Path) -> None:
    async with furnished(tmp_path) as room:
        heat = put_film(tmp_path, "Heat")
        folders = [str(heat), str(tmp_path / "gone"), "/elsewhere"]
        assert await room.player.sees(folders) == dict(zip(folders, (True, False, False), strict=True))
