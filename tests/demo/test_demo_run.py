"""`metarr demo` as a newcomer types it: everything offline, and a second run that has nothing to do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from metarr.demo.catalogue import FILMS
from metarr.demo.folder import drawn, lay_out, tree
from metarr.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path


def _demo(folder: Path) -> subprocess.CompletedProcess[str]:
    # A key and an address that must not be used: the demo asks nobody outside.
    environment = {"PATH": os.environ["PATH"], "METARR_TMDB_URL": "http://192.0.2.1/3", "METARR_TMDB_API_KEY": "x"}
    command = [sys.executable, "-m", "metarr", "demo"]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=folder, check=False, timeout=170
    )


def test_the_chain_runs_and_the_second_run_changes_nothing(tmp_path: Path) -> None:
    first = _demo(tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    library = tmp_path / "metarr-demo" / "library"
    after = tree(library)
    count = len(FILMS)
    assert f"{count} movies: {count} enriched, {count} published, {count} confirmed by the player." in first.stdout
    assert first.stdout.count("confirmed  ") >= count
    assert " before:" in first.stdout
    assert " after:" in first.stdout
    assert "0 differences" in first.stdout
    for film in FILMS:
        assert film.title in first.stdout
    for pattern in ("*.nfo", "*-poster.jpg", "*-fanart.jpg"):
        assert len(list(library.rglob(pattern))) == count, pattern
    assert list(library.rglob(".actors/*.jpg"))
    assert "serve --data" in first.stdout

    second = _demo(tmp_path)
    assert (second.returncode, second.stderr) == (0, "")
    assert "Changes by this run: 0 files, nothing was left to do." in second.stdout
    assert f"{count} confirmed by the player." in second.stdout
    assert tree(library) == after


@pytest.mark.parametrize("name", ["holiday.jpg", "library/Holiday (2020)/Holiday.mkv"])
def test_a_folder_with_other_files_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(Conflict, match="--data"):
        lay_out(tmp_path)
    assert list(tree(tmp_path)) == [name]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "metarr-demo").touch()
    done = _demo(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"metarr: The demo's folder {tmp_path / 'metarr-demo'} cannot be used: ")


def test_a_layout_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    library = lay_out(tmp_path / "demo")
    whole = set(tree(library))
    (tmp_path / "demo" / ".metarr-demo").unlink()
    (library / "Nosferatu (1922)" / "poster.jpg").unlink()
    assert set(tree(lay_out(tmp_path / "demo"))) == whole


def test_the_tree_names_each_folder_once() -> None:
    lines = list(drawn(["a/x/1", "a/x/2", "a/y/1", "b"]))
    assert lines == ["a/", "    x/", "        1", "        2", "    y/", "        1", "b"]
