"""What the media servers decide alike: heirs of play states, what is lost, which folder covers which, pauses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metarr.model.media import ItemId, ItemKind
from metarr.model.paths import PathMapping
from metarr.model.play import PlayState
from metarr.players.base import Change
from metarr.players.checking import mapped_folders, version
from metarr.players.matching import (
    Entry,
    covering,
    delays,
    found_by_path,
    heirs,
    is_missing,
    richer,
    target_of_path,
    targets_of,
)

STATES = st.builds(
    PlayState,
    play_count=st.integers(0, 9),
    last_played=st.sampled_from(["", "2026-01-01 00:00:00", "2026-01-02 00:00:00"]),
    user_rating=st.sampled_from([0.0, 5.0, 9.0]),
    resume_position=st.sampled_from([0.0, 61.0]),
    resume_total=st.sampled_from([0.0, 6000.0]),
    is_favourite=st.booleans(),
    is_watched=st.booleans(),
)


@settings(deadline=None)
@given(STATES, STATES)
def test_what_was_made_whole_misses_nothing(wanted: PlayState, now: PlayState) -> None:
    whole = richer(wanted, now)
    assert not is_missing(wanted, whole)
    assert richer(wanted, whole) == whole


@settings(deadline=None)
@given(STATES)
def test_nothing_is_missing_of_what_is_there(state: PlayState) -> None:
    assert not is_missing(state, state)
    assert not is_missing(PlayState(), state)


@pytest.mark.parametrize(
    ("wanted", "now", "whole"),
    [
        pytest.param(
            PlayState(play_count=2), PlayState(play_count=3), PlayState(play_count=3), id="seen once more since"
        ),
        pytest.param(
            PlayState(play_count=1, resume_position=61.0),
            PlayState(play_count=2),
            PlayState(play_count=2),
            id="finished since: the old position is over",
        ),
        pytest.param(
            PlayState(user_rating=9.0, resume_position=61.0),
            PlayState(user_rating=5.0, resume_position=99.0),
            PlayState(user_rating=5.0, resume_position=99.0),
            id="rated anew and further on",
        ),
        pytest.param(
            PlayState(2, "2026-01-02 00:00:00", 9.0, 61.0, 6000.0, is_favourite=True, is_watched=True),
            PlayState(),
            PlayState(2, "2026-01-02 00:00:00", 9.0, 61.0, 6000.0, is_favourite=True, is_watched=True),
            id="everything lost",
        ),
    ],
)
def test_what_is_newer_stays_and_what_is_lost_comes_back(wanted: PlayState, now: PlayState, whole: PlayState) -> None:
    assert richer(wanted, now) == whole


def change(item: int, *videos: str, is_removed: bool = False, kind: ItemKind = ItemKind.MOVIE) -> Change:
    return Change(ItemId(item), "/films/Heat", videos, is_removed=is_removed, kind=kind, season=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            [change(1, "/films/Heat/a.mkv")], {"/films/Heat/a.mkv": "/films/Heat/a.mkv"}, id="a film keeps its own"
        ),
        pytest.param([change(1, "/films/Heat/a.mkv", is_removed=True)], {}, id="a deleted film has no heir"),
        pytest.param(
            [change(1, "/films/Heat/a.mkv", is_removed=True), change(1, "/films/Heat/b.mkv")],
            {"/films/Heat/a.mkv": "/films/Heat/b.mkv", "/films/Heat/b.mkv": "/films/Heat/b.mkv"},
            id="an upgraded file leaves it to the new one",
        ),
        pytest.param(
            [change(1, "/films/Heat/a.mkv", is_removed=True), change(2, "/films/Heat/b.mkv")],
            {"/films/Heat/b.mkv": "/films/Heat/b.mkv"},
            id="another film is no heir",
        ),
        pytest.param(
            [change(1, "/films/Heat/a.mkv", is_removed=True), change(1, "/films/Heat/a.mkv")],
            {"/films/Heat/a.mkv": "/films/Heat/a.mkv"},
            id="a file replaced under its name",
        ),
    ],
)
def test_who_inherits_a_play_state(changes: list[Change], expected: dict[str, str]) -> None:
    assert heirs(targets_of(changes, [])) == expected


@pytest.mark.parametrize(
    ("one", "keys"),
    [
        (change(1, "/films/Heat/a.mkv", "/films/Heat/b.mkv"), {"/films/Heat/a.mkv", "/films/Heat/b.mkv"}),
        (change(1, "/films/Heat/BDMV"), {"/films/Heat/BDMV", "/films/Heat"}),
        (change(1, kind=ItemKind.SERIES), {"/films/Heat"}),
        (change(1, kind=ItemKind.SEASON), {"/films/Heat/#1"}),
    ],
    ids=["a film of two files", "a disc", "a show", "a season"],
)
def test_by_which_paths_a_player_may_know_it(one: Change, keys: set[str]) -> None:
    (target,) = targets_of([one], [])
    assert target.keys == keys


def test_paths_are_mapped_and_compared_as_a_windows_server_writes_them() -> None:
    (target,) = targets_of([change(1, "/films/Heat/a.mkv")], [PathMapping("/films", "D:\\Films")])
    assert target.videos == ("D:\\Films\\Heat\\a.mkv",)
    entry = Entry("1", frozenset({"D:/Films/Heat/a.mkv"}))
    assert found_by_path([target], [entry, entry]) == {target: (entry,)}
    assert target_of_path("D:/Films/Heat/a.mkv", ItemKind.MOVIE).videos == target.videos


@pytest.mark.parametrize(
    ("path", "nearest"),
    [("/media/films/Heat", "/media/films"), ("/media/x", "/media"), ("/mediax", None), ("/media", "/media")],
    ids=["the nearest", "a farther one", "no whole segment", "itself"],
)
def test_which_folder_covers_a_path(path: str, nearest: str | None) -> None:
    assert covering(path, ["/media", "/media/films"]) == nearest


@pytest.mark.parametrize("limit", [0.0, 0.5, 10.0, 90.0])
def test_pauses_grow_and_reach_the_limit(limit: float) -> None:
    pauses = list(delays(limit))
    assert sum(pauses) >= limit
    assert sum(pauses[:-1]) < max(limit, 0.1)
    assert all(one <= other for one, other in pairwise(pauses))
    assert len(pauses) < 30


@pytest.mark.parametrize(
    ("text", "is_well"),
    [("10.9.0", True), ("12.0.0", True), ("10.8.13", False), ("1.43.1.10611-abc", False), ("odd", True)],
)
def test_a_version_is_old_or_not(text: str, *, is_well: bool) -> None:
    assert version("Jellyfin", text, (10, 9)).is_well is is_well


@pytest.mark.parametrize(
    ("remotes", "locations", "wells"),
    [
        ([], ["/media/films"], [True]),
        ([], [], [False]),
        (["/media"], ["/media/films"], [True]),
        (["/media/films/new"], ["/media/films"], [True]),
        (["/media/films", "/data"], ["/media/films"], [True, False]),
    ],
    ids=["without a mapping", "without a library", "above a library", "in a library", "one of two"],
)
def test_mapped_folders_are_compared_with_the_libraries(
    remotes: list[str], locations: list[str], wells: list[bool]
) -> None:
    found = mapped_folders("attic", [PathMapping("/films", remote) for remote in remotes], locations)
    assert [one.is_well for one in found] == wells
    assert all(one.message for one in found)
