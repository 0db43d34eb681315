from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

import pytest

from metarr.library.ground import key_of

if TYPE_CHECKING:
    from pathlib import Path

_NFC, _NFD = (unicodedata.normalize(form, "Amélie (2001)") for form in ("NFC", "NFD"))


def _reachable(root: Path, name: str, *others: str) -> None:
    """A file that is there under several names: what a file system looks like that takes them for one."""
    (root / name).write_bytes(b"video")
    for other in others:
        os.link(root / name, root / other)


@pytest.mark.parametrize(
    ("name", "others", "same", "different"),
    [
        pytest.param("Heat.mkv", [], [], [("A.jpg", "a.jpg")], id="as on Linux"),
        pytest.param("Heat.mkv", ["hEAT.MKV"], [("A.jpg", "a.jpg")], [("a.jpg", "b.jpg")], id="ignores case"),
        pytest.param(f"{_NFC}.mkv", [], [], [(_NFC, _NFD)], id="keeps forms of accents apart"),
        pytest.param(f"{_NFD}.mkv", [f"{_NFC}.mkv"], [(_NFC, _NFD)], [("A", "a")], id="takes forms of accents for one"),
        pytest.param(
            f"{_NFC}.mkv",
            [f"{_NFD}.mkv", f"{_NFC.swapcase()}.MKV"],
            [(_NFC, _NFD.upper())],
            [("a", "b")],
            id="as a share of a Mac",
        ),
        pytest.param("1917.7", [], [], [("A", "a")], id="nothing to be learnt"),
    ],
)
def test_which_names_are_one_is_asked_of_the_file_system(
    tmp_path: Path, name: str, others: list[str], same: list[tuple[str, str]], different: list[tuple[str, str]]
) -> None:
    _reachable(tmp_path, name, *others)
    key = key_of(tmp_path, name)
    assert all(key(one) == key(other) for one, other in same)
    assert all(key(one) != key(other) for one, other in different)


def test_a_folder_tells_where_the_file_has_no_letters(tmp_path: Path) -> None:
    (tmp_path / "Heat").mkdir()
    (tmp_path / "Heat" / "1").write_bytes(b"video")
    assert key_of(tmp_path, "Heat/1")("A") == "A"


def test_a_root_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    assert key_of(tmp_path / "nas", "Heat/Heat.mkv")("A") == "A"
