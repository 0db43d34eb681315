"""What the Kodi player decides, as functions of what it read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.clients.kodi import Entry
from metarr.model.media import ExternalIds, ItemId, ItemKind
from metarr.model.paths import PathMapping
from metarr.model.play import PlayState
from metarr.players.base import Change
from metarr.players.kodi.inheritance import at_risk, is_settled
from metarr.players.kodi.paths import as_folder, parent, source_of
from metarr.players.kodi.season_art import own_art, season_details
from metarr.players.kodi.states import folder_of, lost, name_of, richer, rows_named
from metarr.players.kodi.targets import shelf, standing, targets_of

WATCHED = PlayState(2, "2026-01-02 20:15:00", 9, 61.0, 6000.0)
plays = st.builds(
    PlayState,
    play_count=st.integers(0, 3),
    last_played=st.sampled_from(["", "2025-01-02 20:15:00", "2026-01-02 20:15:00"]),
    user_rating=st.integers(0, 10),
    resume_position=st.sampled_from([0.0, 60.0]),
    resume_total=st.just(6000.0),
)


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


@given(plays, plays)
def test_the_richer_of_two_play_states_lacks_nothing_of_either(one: PlayState, other: PlayState) -> None:
    both = richer(one, other)
    assert lost(one, both) == lost(other, both) == {}
    assert richer(both, one) == both


def film(file: str, number: int = 1, play: PlayState = WATCHED) -> Entry:
    return Entry(ItemKind.MOVIE, number, file, play)


def episode(file: str, number: int, play: PlayState = WATCHED) -> Entry:
    return Entry(ItemKind.EPISODE, 100 + number, file, play, season=1, episode=number)


@pytest.mark.parametrize(
    ("row", "name", "folder"),
    [
        pytest.param(film("/films/Heat/Heat.mkv"), "/films/Heat/Heat.mkv", "/films/Heat", id="a film"),
        pytest.param(
            film("stack:///films/Heat/Heat-cd1.mkv , /films/Heat/Heat-cd2.mkv"),
            "/films/Heat/Heat-cd1.mkv",
            "/films/Heat",
            id="a film in parts",
        ),
        pytest.param(
            episode("smb://nas/tv/Dark/S01/a.mkv", 2),
            "smb://nas/tv/Dark/S01/a.mkv//S1E2",
            "smb://nas/tv/Dark/S01",
            id="an episode",
        ),
        pytest.param(
            Entry(ItemKind.SERIES, 1, "smb://nas/tv/Dark/", WATCHED),
            "smb://nas/tv/Dark//show",
            "smb://nas/tv/Dark",
            id="a show",
        ),
    ],
)
def test_a_row_is_found_again_by_its_name(row: Entry, name: str, folder: str) -> None:
    fresh = replace(row, id=row.id + 1)
    shows = [fresh] if row.kind is ItemKind.SERIES else []
    others = [episode("/elsewhere.mkv", 2), film("/films/Heat/Other.mkv")]
    shown = shelf([*others, *([] if shows else [fresh])], shows, {})
    assert name_of(row) == name
    assert rows_named(name, shown) == [fresh]
    assert folder_of(name) == folder


HEAT = Change(ItemId(1), "/films/Heat", ("/films/Heat/Heat.mkv",))
BETTER = replace(HEAT, videos=("/films/Heat/Heat 2160p.mkv",))
OLD, NEW = "/films/Heat/Heat.mkv", "/films/Heat/Heat 2160p.mkv"
GONE = replace(HEAT, is_removed=True)
KNOWN = ExternalIds(tmdb=949, imdb="tt0113277")
ITEM = "item://movie/tmdb-949"


@pytest.mark.parametrize(
    ("changes", "rows", "kept", "risked"),
    [
        pytest.param([HEAT], [film(OLD)], {}, {OLD: WATCHED}, id="what is refreshed"),
        pytest.param([HEAT], [film(OLD, play=PlayState())], {}, {}, id="nothing of what was never watched"),
        pytest.param([HEAT], [film(OLD, play=PlayState())], {OLD: WATCHED}, {OLD: WATCHED}, id="what was kept already"),
        pytest.param([HEAT], [], {"/x.mkv": WATCHED}, {"/x.mkv": WATCHED}, id="what was kept of others"),
        pytest.param([GONE], [film(OLD)], {}, {}, id="nothing of what goes and has no id"),
        pytest.param(
            [replace(GONE, ids=KNOWN)],
            [film(OLD)],
            {},
            {ITEM: WATCHED},
            id="for the item, when nothing takes its place",
        ),
        pytest.param(
            [replace(BETTER, ids=KNOWN)],
            [],
            {ITEM: WATCHED},
            {ITEM: WATCHED, NEW: WATCHED},
            id="for the one that takes its place later",
        ),
        pytest.param([GONE, BETTER], [film(OLD)], {}, {NEW: WATCHED}, id="for the one that takes its place"),
        pytest.param([BETTER, GONE], [film(OLD)], {}, {NEW: WATCHED}, id="in either order"),
        pytest.param(
            [GONE, BETTER],
            [film(OLD, play=PlayState())],
            {OLD: WATCHED},
            {OLD: WATCHED, NEW: WATCHED},
            id="also of what was half lost before",
        ),
        pytest.param(
            [GONE, BETTER], [film(OLD), film(NEW, 2, PlayState())], {}, {NEW: WATCHED}, id="though Kodi found it itself"
        ),
        pytest.param(
            [GONE, replace(BETTER, item_id=ItemId(2))], [film(OLD)], {}, {}, id="nothing for another item's video"
        ),
    ],
)
def test_what_may_be_lost_is_kept_under_the_name_that_it_will_have(
    changes: list[Change], rows: list[Entry], kept: dict[str, PlayState], risked: dict[str, PlayState]
) -> None:
    assert at_risk(targets_of(changes, ()), shelf(rows, (), {}), kept) == risked


@pytest.mark.parametrize(
    ("name", "changes", "rows", "settled"),
    [
        pytest.param(OLD, [GONE], [], True, id="its video was removed"),
        pytest.param("/disc/VIDEO_TS/VIDEO_TS.IFO", [replace(GONE, videos=("/disc",))], [], True, id="its disc was"),
        pytest.param(NEW, [GONE, BETTER], [], False, id="its video is yet to be found"),
        pytest.param("/part2.mkv", [replace(HEAT, videos=(OLD, "/part2.mkv"))], [film(OLD)], True, id="a second part"),
        pytest.param(ITEM, [replace(BETTER, ids=KNOWN)], [film(NEW)], True, id="the item has a video again"),
        pytest.param(ITEM, [replace(BETTER, ids=KNOWN)], [], False, id="it has none yet"),
        pytest.param(ITEM, [HEAT], [film(OLD)], False, id="it is another item"),
    ],
)
def test_a_kept_play_state_is_let_go_when_nothing_can_need_it(
    name: str, changes: list[Change], rows: list[Entry], *, settled: bool
) -> None:
    assert is_settled(name, targets_of(changes, ()), shelf(rows, (), {})) is settled


def test_a_file_replaced_under_its_own_name_is_no_removal() -> None:
    assert [one.change for one in standing(targets_of([GONE, HEAT], ()))] == [HEAT]
    assert [one.change for one in standing(targets_of([GONE, BETTER], ()))] == [GONE, BETTER]


def of_file(video: str, number: int) -> Change:
    return Change(ItemId(number), "/tv/Dark", (video,), kind=ItemKind.EPISODE, season=1, episode=number)


@pytest.mark.parametrize(
    ("changes", "rows", "found"),
    [
        pytest.param([(1, 2)], [1, 2], [[1, 2]], id="each by its number"),
        pytest.param([(5,)], [9], [[9]], id="the only one, though numbered otherwise"),
        pytest.param([(1, 2)], [1], [[1]], id="the only one is not taken for its neighbour"),
        pytest.param([(5,)], [1, 2], [[]], id="none of several"),
    ],
)
def test_episodes_of_a_file_are_told_apart(
    changes: list[tuple[int, ...]], rows: list[int], found: list[list[int]]
) -> None:
    shown = shelf([episode("/tv/Dark/a.mkv", number) for number in rows], (), {})
    for numbers, wanted in zip(changes, found, strict=True):
        targets = targets_of([of_file("/tv/Dark/a.mkv", number) for number in numbers], ())
        assert [row.episode for target in targets for row in shown.rows_of(target)] == wanted


FOLDER = "/tv/Dark"
LISTED = [f"{FOLDER}/season01-poster.jpg", f"{FOLDER}/season01-banner.png", f"{FOLDER}/Season-Specials-poster.webp"]


@pytest.mark.parametrize(
    ("number", "shown", "changed", "details"),
    [
        pytest.param(1, {}, LISTED, {"poster": LISTED[0], "banner": LISTED[1]}, id="new pictures of the season"),
        pytest.param(0, {}, LISTED, {"poster": LISTED[2]}, id="of the specials"),
        pytest.param(2, {}, LISTED, {}, id="none of others"),
        pytest.param(1, {"poster": LISTED[0]}, LISTED[:1], {}, id="the same file again"),
        pytest.param(1, {"poster": f"{FOLDER}/season01-poster.png"}, (), {"poster": LISTED[0]}, id="another ending"),
        pytest.param(1, {"fanart": f"{FOLDER}/season01-fanart.jpg"}, (), {"fanart": None}, id="one that is gone"),
        pytest.param(1, {"fanart": "https://x/fanart.jpg"}, (), {}, id="one from elsewhere stays"),
        pytest.param(1, {"tvshow.poster": f"{FOLDER}/poster.jpg"}, (), {}, id="the show's stays"),
        pytest.param(1, {}, [f"{FOLDER}/season01-keyart.jpg"], {}, id="one that Kodi does not see is not set"),
    ],
)
def test_season_art_is_set_from_the_files_there_are(
    number: int, shown: dict[str, str], changed: list[str], details: dict[str, str | None]
) -> None:
    assert season_details(number, shown, changed, LISTED, FOLDER) == details


def test_season_art_is_set_with_the_path_as_windows_writes_it() -> None:
    path = "D:\\tv\\Dark\\season01-poster.jpg"
    assert season_details(1, {}, [path], [path], "D:\\tv\\Dark") == {"poster": path}
    assert season_details(1, {"poster": path}, [path], [path], "D:\\tv\\Dark") == {}


def test_art_of_a_folder_is_without_what_comes_from_above_or_elsewhere() -> None:
    art = {"poster": "/a/b/p.jpg", "set.poster": "/a/b/s.jpg", "icon": "DefaultVideo.png", "thumb": "video@/a/b/v.mkv"}
    assert own_art(art, "/a/b") == {"poster": "/a/b/p.jpg"}


def test_paths_are_written_as_kodi_writes_them() -> None:
    assert [as_folder("/a/b"), as_folder("C:\\a"), as_folder("smb://n/a/")] == ["/a/b/", "C:\\a\\", "smb://n/a/"]
    assert [parent("/a/b/"), parent("C:\\a\\b"), parent("/a")] == ["/a", "C:\\a", "/"]
    assert source_of("/a/b/c", ["/a/", "/a/b/", "/a/bc/"]) == "/a/b/"
    assert source_of("/z", ["/a/"]) is None
    (target,) = targets_of([replace(HEAT, artwork=("/films/Heat/p.jpg",))], [PathMapping("/films", "D:\\Films")])
    assert (target.folder, target.pictures) == ("D:\\Films\\Heat", ("D:\\Films\\Heat\\p.jpg",))
