"""Which folder a change is about, and when folders are calm."""

from __future__ import annotations

import pytest

from metarr.app.settling import Settling, folder_of, outermost


@pytest.mark.parametrize(
    ("path", "is_folder", "folder"),
    [
        pytest.param("Film (2001)/film.mkv", False, "Film (2001)", id="a file in a folder"),
        pytest.param("Film (2001)", True, "Film (2001)", id="a new folder"),
        pytest.param("Show/Season 01/show.mkv", False, "Show/Season 01", id="a file further in"),
        pytest.param("Show/Season 01", False, "Show", id="a folder inside that is gone"),
        pytest.param("Film (2001)", False, "Film (2001)", id="a folder at the top that is gone"),
        pytest.param("film.mkv", False, "", id="a file at the top, there or gone"),
        pytest.param("", True, "", id="the root itself"),
        pytest.param("Film (2001)/.metarr-00ff.tmp", False, None, id="our own temporary name"),
        pytest.param("Film (2001)/film.mkv.part", False, None, id="a download that is not finished"),
        pytest.param("Film (2001)/.hidden", False, None, id="a hidden file"),
        pytest.param("Film (2001)/.hidden", True, None, id="a hidden folder"),
        pytest.param("Film (2001)/.actors/A_B.jpg", False, "Film (2001)/.actors", id="head shots are no hidden files"),
        pytest.param("@eaDir/Film/thumb.jpg", False, None, id="in a folder of a NAS"),
        pytest.param("Film/caf\ufffd/film.mkv", False, "Film", id="a folder whose name is no UTF-8"),
        pytest.param("caf\ufffd", True, "", id="such a folder at the top"),
    ],
)
def test_which_folder_a_change_is_about(path: str, *, is_folder: bool, folder: str | None) -> None:
    full = f"/media/films/{path}" if path else "/media/films"
    assert folder_of("/media/films", full, is_folder=is_folder) == folder


@pytest.mark.parametrize(
    ("folders", "left"),
    [
        ({"a", "b"}, ("a", "b")),
        ({"a", "a/b", "a/b/c", "ab"}, ("a", "ab")),
        ({"a/b", "a/c"}, ("a/b", "a/c")),
        ({"", "a"}, ("",)),
        (set[str](), ()),
    ],
    ids=["side by side", "one in another", "neighbours", "the root has all", "none"],
)
def test_folders_in_others_are_scanned_with_them(folders: set[str], left: tuple[str, ...]) -> None:
    assert outermost(folders) == left


def test_a_folder_is_calm_when_nothing_happened_for_a_while_or_after_too_long() -> None:
    settling = Settling(quiet=5, longest=12)
    assert settling.wait(0) == float("inf")
    settling.note(["a", "b"], 0)
    settling.note(["a"], 4)
    assert (settling.take(4.9), settling.wait(4)) == (set(), 1)
    assert settling.take(5) == {"b"}
    for second in (8, 11):
        settling.note(["a"], second)
    assert settling.wait(11) == 1
    assert settling.take(12) == {"a"}
    assert settling.take(100) == set()
    assert settling.wait(100) == float("inf")
