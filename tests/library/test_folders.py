from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from metarr.errors import Wait
from metarr.library import folders
from metarr.library.folders import Problem, fingerprint, read_folder, walk
from metarr.library.listing import Entry, Listing
from patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


def _walk(root: Path, start: str = "") -> tuple[dict[str, Listing], list[Problem]]:
    problems: list[Problem] = []
    return {listing.folder: listing for listing in walk(str(root), problems.append, start=start)}, problems


def _write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_folder_is_listed_once_with_its_files_facts(tmp_path: Path) -> None:
    file = _write(tmp_path / "A" / "B" / "movie.mkv", b"12345")
    found, problems = _walk(tmp_path)
    assert set(found) == {"", "A", "A/B"}
    assert problems == []
    status = file.stat()
    assert found["A/B"].entries == (
        Entry("movie.mkv", 5, status.st_mtime_ns, status.st_ino, is_dir=False, is_regular=True),
    )


def test_a_part_of_the_library_can_be_walked_alone(tmp_path: Path) -> None:
    _write(tmp_path / "A" / "B" / "x")
    _write(tmp_path / "C" / "x")
    assert set(_walk(tmp_path, "A")[0]) == {"A", "A/B"}


def test_ignored_folders_and_those_with_nomedia_are_not_entered(tmp_path: Path) -> None:
    for path in ("@eaDir/x", ".git/x", "A/.actors/x", "B/.nomedia", "B/C/x"):
        _write(tmp_path / path)
    assert set(_walk(tmp_path)[0]) == {"", "A", "A/.actors", "B"}


def test_a_missing_root_waits_for_it(tmp_path: Path) -> None:
    with pytest.raises(Wait, match="No such file") as caught:
        _walk(tmp_path / "gone")
    assert caught.value.cause == f"root:{tmp_path / 'gone'}"


def test_a_root_that_is_a_file_waits_too(tmp_path: Path) -> None:
    with pytest.raises(Wait, match="Not a directory"):
        _walk(_write(tmp_path / "file"))


def test_a_forbidden_folder_is_a_problem_and_the_walk_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "closed" / "x")
    _write(tmp_path / "open" / "x")
    scan = os.scandir

    def forbidding(path: str) -> object:  # root, who runs tests in containers, may read everything
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    found, problems = _walk(tmp_path)
    assert set(found) == {"", "open"}
    assert problems == [Problem("closed", "Permission denied")]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert read_folder(str(tmp_path), "gone") == (None, (Problem("gone", "No such file or directory"),))


def test_links_are_followed_but_never_in_a_circle(tmp_path: Path) -> None:
    root = tmp_path / "library"
    _write(tmp_path / "elsewhere" / "movie.mkv")
    (root / "A").mkdir(parents=True)
    (root / "A" / "up").symlink_to(root)
    (root / "A" / "above").symlink_to(tmp_path)
    (root / "A" / "self").symlink_to("self")
    (root / "A" / "dead").symlink_to("nowhere")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "file.mkv").symlink_to(tmp_path / "elsewhere" / "movie.mkv")
    found, problems = _walk(root)
    assert set(found) == {"", "A", "linked"}
    assert {entry.name: entry.is_regular for entry in found[""].entries}["file.mkv"]
    assert {problem.path for problem in problems} == {"A/up", "A/above", "A/self", "A/dead"}


def test_a_fifo_is_listed_and_not_regular(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    (entry,) = _walk(tmp_path)[0][""].entries
    assert not entry.is_regular


def test_a_name_that_is_no_utf8_survives(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/Am\xe9lie (2001)"
    os.mkdir(raw)  # noqa: PTH102 - a path in bytes
    os.close(os.open(raw + b"/Am\xe9lie.mkv", os.O_CREAT))
    found, problems = _walk(tmp_path)
    assert problems == []
    assert found["Am\udce9lie (2001)"].entries[0].name == "Am\udce9lie.mkv"


def test_the_fingerprint_knows_every_change_and_no_order() -> None:
    one, other = (Entry(name, 1, 2, 3, is_dir=False, is_regular=True) for name in "ab")
    base = fingerprint([one, other])
    assert fingerprint([other, one]) == base
    changed = [
        Entry("c", 1, 2, 3, is_dir=False, is_regular=True),
        Entry("a", 9, 2, 3, is_dir=False, is_regular=True),
        Entry("a", 1, 9, 3, is_dir=False, is_regular=True),
        Entry("a", 1, 2, 9, is_dir=False, is_regular=True),
    ]
    assert len({base, *(fingerprint([entry, other]) for entry in changed)}) == 5


def test_a_folders_own_time_does_not_change_its_parents_fingerprint(tmp_path: Path) -> None:
    _write(tmp_path / "A" / "x")
    before = _walk(tmp_path)[0][""].fingerprint
    os.utime(tmp_path / "A", (1, 1))
    assert _walk(tmp_path)[0][""].fingerprint == before


def test_a_plexignore_hides_names_and_whole_folders_from_there_down(tmp_path: Path) -> None:
    for path in ("A/film.mkv", "A/film.wav", "A/Extras/x.mkv", "B/Extras/x.mkv", "B/deep/y.wav", "Skip/z.mkv"):
        _write(tmp_path / path)
    _write(tmp_path / ".plexignore", b"# mine\n*.wav\nSkip\n")
    _write(tmp_path / "A" / ".plexignore", b"Extras/*\n")
    found, problems = _walk(tmp_path)
    seen = {f"{folder}/{entry.name}" for folder, listing in found.items() for entry in listing.entries}
    assert problems == []
    assert {"A/film.mkv", "B/Extras/x.mkv"} <= seen
    assert not {"A/film.wav", "A/Extras/x.mkv", "B/deep/y.wav", "/Skip"} & seen
    assert "Skip" not in found


def test_a_part_that_is_walked_alone_obeys_the_rules_above_it(tmp_path: Path) -> None:
    _write(tmp_path / "A" / "B" / "film.wav")
    _write(tmp_path / ".plexignore", b"*.wav\n")
    assert _walk(tmp_path, "A/B")[0]["A/B"].entries == ()


def test_changed_rules_change_the_fingerprint_of_what_they_are_about(tmp_path: Path) -> None:
    _write(tmp_path / "A" / "film.wav")
    _write(tmp_path / "B" / "film.mkv")

    def fingerprints(*ignored: str) -> list[str]:
        found = {one.folder: one for one in walk(str(tmp_path), print, ignored=ignored)}
        return [found[folder].fingerprint for folder in ("A", "B")]

    before, after = fingerprints(), fingerprints("*.wav")
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_what_is_as_it_was_known_is_told_and_not_listed_but_what_is_below_it_is_read(tmp_path: Path) -> None:
    _write(tmp_path / "A" / "B" / "film.mkv")
    _write(tmp_path / "C" / "film.mkv")
    known = {folder: listing.fingerprint for folder, listing in _walk(tmp_path)[0].items()}
    _write(tmp_path / "A" / "B" / "film.nfo")
    same: list[str] = []
    found = list(walk(str(tmp_path), print, known=known, on_same=same.append))
    assert [listing.folder for listing in found] == ["A/B"]
    assert sorted(same) == ["", "A", "C"]


def test_a_fingerprint_is_the_same_however_it_is_come_by(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/Am\xe9lie")  # noqa: PTH102 - a path in bytes
    _write(tmp_path / "film.mkv", b"12345")
    os.mkfifo(tmp_path / "pipe")
    listing = _walk(tmp_path)[0][""]
    assert listing.fingerprint == fingerprint(listing.entries)


def test_one_folder_is_read_as_a_walk_reads_it(tmp_path: Path) -> None:
    for name in ("film.mkv", "film.wav", "film.txt"):
        _write(tmp_path / "A" / name)
    _write(tmp_path / ".plexignore", b"*.wav\n")
    listing, _ = read_folder(str(tmp_path), "A", ["*.txt"])
    assert listing is not None
    assert [entry.name for entry in listing.entries] == ["film.mkv"]


def test_a_slow_disk_is_read_by_several_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tmp_path / str(number)).mkdir()
    read = folders._read
    together = threading.Barrier(3)

    def waiting(root: str, folder: str, *rest: Any) -> Any:
        if folder in {"0", "1", "2"}:
            together.wait(timeout=PATIENCE)  # for two others; alone it would wait for ever
        clock.append(clock[-1] + folders._SLOW)
        return read(root, folder, *rest)

    clock = [0.0]
    monkeypatch.setattr(folders, "_read", waiting)
    monkeypatch.setattr(time, "monotonic", lambda: clock[-1])
    assert len(_walk(tmp_path)[0]) == 21
