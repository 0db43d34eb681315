"""Folders as libraries: what can be said of one before it is added, and whether another holds the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from metarr.actions import roots
from metarr.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from pathlib import Path


def test_a_root_is_looked_at_without_writing(tmp_path: Path) -> None:
    (tmp_path / "Heat (1995)").mkdir()
    (tmp_path / "Amélie (2001)").mkdir()
    before = tmp_path.stat().st_mtime_ns
    found = roots.check_root(str(tmp_path) + "/")
    assert (found.root, found.is_empty, found.is_writable, found.warnings) == (str(tmp_path), False, True, ())
    is_folding = (tmp_path / "hEAT (1995)").exists()
    assert (found.folds_case, found.folds_accents) == (is_folding, (tmp_path / "Ame\u0301lie (2001)").exists())
    assert found.total is not None
    assert found.free is not None
    assert 0 < found.free <= found.total
    assert tmp_path.stat().st_mtime_ns == before


def test_where_no_name_tells_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "2012").mkdir()
    found = roots.check_root(str(tmp_path))
    assert (found.folds_case, found.folds_accents) == (None, None)


def test_folders_are_browsed_by_their_real_places(tmp_path: Path) -> None:
    for name in ("b", "A", ".hidden", "A/inner"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "A")
    (tmp_path / "dead").symlink_to(tmp_path / "gone")
    found = roots.folders(f"{tmp_path}/b/..")
    assert (found.path, found.parent) == (str(tmp_path), str(tmp_path.parent))
    assert [(one.name, one.path) for one in found.folders] == [
        ("A", str(tmp_path / "A")),
        ("b", str(tmp_path / "b")),
        ("link", str(tmp_path / "A")),
    ]
    assert (found.problem, found.more) == (None, False)
    assert roots.folders("/").parent is None


@pytest.mark.skipif(os.geteuid() == 0, reason="for root no folder is closed")
def test_a_closed_folder_is_a_problem_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert [one.is_readable for one in roots.folders(str(tmp_path)).folders] == [False]
    assert "cannot be read" in (roots.folders(str(tmp_path / "closed")).problem or "")


def test_what_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Not a directory" in (roots.folders(str(tmp_path / "file")).problem or "")
    with pytest.raises(NotFound):
        roots.folders(str(tmp_path / "gone"))
    with pytest.raises(InvalidInput, match="whole path"):
        roots.folders("media")


def test_what_a_root_holds_is_compared_by_place_and_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"1")
    found = roots.compare(str(tmp_path), [("a", 2), ("b", 2), ("c/d", 2)])
    assert (found.checked, found.found, found.differing, found.missing) == (3, 1, 1, ("c/d",))
