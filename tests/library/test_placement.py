from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.demo.clip import tiny_clip
from metarr.library import placement
from metarr.library.desired import desired_files
from metarr.library.files import Permissions
from metarr.library.folders import read_folder
from metarr.library.placement import Placed
from metarr.library.wanted import gather
from metarr.model.media import FileRole, Identity, ItemId, ItemKind, LibraryKind, MediaFile, Metadata
from metarr.model.published import Owned
from metarr.settings import Settings
from metarr.store import files, items, libraries
from metarr.store.blobs import Blobs

if TYPE_CHECKING:
    import sqlite3

    from metarr.library.wanted import Wanted
    from metarr.store.db import Store, Tx

_SETTINGS = Settings()


def _item(store: Store, root: Path, place: str, folder: str, videos: list[str]) -> int:
    """An identified movie with these videos, as a scan would have recorded it."""
    found = []
    for path in videos:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tiny_clip(5, 16, 16))
        status = file.stat()
        details = {"disc": True} if "/BDMV/" in path else {}
        figures = (status.st_size, status.st_mtime_ns, status.st_ino)
        found.append((MediaFile(path, FileRole.VIDEO, 95, "test", *figures, details), None))

    def record(tx: Tx) -> int:
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, str(root))
        item = items.add(tx, library.id, ItemKind.MOVIE, place, folder)
        items.save_metadata(tx, item, Metadata(title="Up"), {"title": "nfo"}, Identity.IDENTIFIED)
        files.replace(tx, library.id, item.id, found)
        return item.id

    return store.write_now(record)


@pytest.mark.parametrize(
    ("place", "folder", "videos", "existing", "nfos"),
    [
        pytest.param("Up", "Up", ["Up/a.mkv"], None, ["Up/a.nfo"], id="a folder of its own: after the video"),
        pytest.param("Up", "Up", ["Up/a.mkv"], "Up/movie.nfo", ["Up/movie.nfo"], id="movie.nfo where there is one"),
        pytest.param("//a", "", ["a.mkv"], None, ["a.nfo"], id="the root, shared: after the video"),
        pytest.param("All//a", "All", ["All/a.mkv"], "All/movie.nfo", ["All/a.nfo"], id="a shared one is nobody's"),
        pytest.param("Up", "Up", ["Up/a.mkv", "Up/b.mkv"], None, ["Up/a.nfo", "Up/b.nfo"], id="one for each version"),
        pytest.param("Up", "Up", ["Up/a cd1.mkv", "Up/a cd2.mkv"], None, ["Up/a cd1.nfo"], id="one for all parts"),
        pytest.param(
            "Up", "Up", ["Up/CD1/a1.mkv", "Up/CD2/a2.mkv"], None, ["Up/a1.nfo", "Up/a2.nfo"], id="two folders"
        ),
        pytest.param("Up", "Up", ["Up/CD1/a.mkv", "Up/CD2/a.mkv"], None, ["Up/a.nfo"], id="two folders, one name"),
        pytest.param("Up", "Up", ["Up/BDMV/STREAM/1.m2ts"], None, ["Up/movie.nfo"], id="a disc: for its folder"),
    ],
)
def test_where_the_nfo_of_a_movie_is_wanted(
    sqlite_store: Store,
    tmp_path: Path,
    place: str,
    folder: str,
    videos: list[str],
    existing: str | None,
    nfos: list[str],
) -> None:
    root = tmp_path / "library"
    item_id = _item(sqlite_store, root, place, folder, videos)
    if existing is not None:
        (root / existing).write_bytes(b"<movie/>")
    wanted = sqlite_store.write_now(lambda tx: gather(tx, items.get(tx, item_id).id, _SETTINGS))
    plan = placement.plan(wanted, _SETTINGS, Blobs(tmp_path / "cache"))
    assert [operation.path for operation in plan.operations] == nfos


def test_a_plan_that_was_carried_out_leaves_nothing_to_do(sqlite_store: Store, tmp_path: Path) -> None:
    root, blobs = tmp_path / "library", Blobs(tmp_path / "cache")
    item_id = _item(sqlite_store, root, "Up", "Up", ["Up/a.mkv"])
    summaries = []
    for _ in range(2):
        wanted = sqlite_store.write_now(lambda tx: gather(tx, items.get(tx, item_id).id, _SETTINGS))
        placed = Placed(placement.plan(wanted, _SETTINGS, blobs))
        placement.carry_out(placed.plan, blobs, Permissions(), placed)
        sqlite_store.write_now(partial(placement.record, placed=placed, job_id=None))
        summaries.append(placement.summary(placed))
    assert summaries == ["1 created", "nothing to do"]


def test_a_folder_is_listed_once_and_an_edited_nfo_is_read_once(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, blobs = tmp_path / "library", Blobs(tmp_path / "cache")
    item_id = _item(sqlite_store, root, "Up", "Up", ["Up/a.mkv"])
    nfo = root / "Up/a.nfo"
    nfo.write_bytes(b"<movie><title>Up</title></movie>")
    row = Owned("Up/a.nfo", hashlib.sha256(nfo.read_bytes()).hexdigest(), nfo.stat().st_size, 1, 1, is_edited=True)
    wanted = sqlite_store.write_now(lambda tx: gather(tx, ItemId(item_id), _SETTINGS))
    listed, read = _counted(monkeypatch, os, "listdir"), _counted(monkeypatch, Path, "read_bytes")
    desired_files(replace(wanted, owned=(row,)), root, blobs)
    assert [str(path) for path in listed] == [str(root / "Up")]
    assert [str(path) for path in read if path == nfo] == [str(nfo)]


def _counted(monkeypatch: pytest.MonkeyPatch, of: object, name: str) -> list[Path]:
    """What it was called with from now on."""
    calls: list[Path] = []
    plain = getattr(of, name)

    def count(path: Path) -> object:
        calls.append(path)
        return plain(path)

    monkeypatch.setattr(of, name, count)
    return calls


def test_what_we_own_of_an_item_is_asked_for_once(sqlite_store: Store, tmp_path: Path) -> None:
    item_id = _item(sqlite_store, tmp_path / "library", "Up", "Up", ["Up/a.mkv"])
    asked: list[str] = []

    @sa.event.listens_for(sqlite_store.engine, "checkout")
    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(asked.append)

    sqlite_store.write_now(lambda tx: gather(tx, ItemId(item_id), _SETTINGS))
    assert sum("FROM published_file" in sql and "item_id =" in sql for sql in asked) == 1


def test_the_next_scan_skips_a_folder_that_only_we_changed_also_where_it_does_not_see_all_of_it(
    sqlite_store: Store, tmp_path: Path
) -> None:
    root, blobs = tmp_path / "library", Blobs(tmp_path / "cache")
    settings = Settings.model_validate({"scanning": {"ignorePatterns": ["*.txt"]}})
    item_id = _item(sqlite_store, root, "Up", "Up", ["Up/a.mkv"])
    (root / "Up/notes.txt").write_text("left out")

    def seen() -> str:
        listing, _ = read_folder(str(root), "Up", settings.scanning.ignore_patterns)
        assert listing is not None
        return listing.fingerprint

    def look(tx: Tx) -> Wanted:
        files.save_folders(tx, items.get(tx, item_id).library_id, {"Up": seen()})
        return gather(tx, ItemId(item_id), settings)

    placed = Placed(placement.plan(sqlite_store.write_now(look), settings, blobs))
    placement.carry_out(placed.plan, blobs, Permissions(), placed)
    assert placed.fingerprints == {"Up": seen()}


@pytest.mark.parametrize("ignores_case", [False, True], ids=["on Linux", "where case is ignored"])
def test_a_film_renamed_in_case_only_keeps_its_files_where_case_is_ignored(
    sqlite_store: Store, tmp_path: Path, *, ignores_case: bool
) -> None:
    """A second name for one file is what such a file system looks like: removing one would remove both."""
    root, blobs = tmp_path / "library", Blobs(tmp_path / "cache")
    item_id = _item(sqlite_store, root, "Up", "Up", ["Up/up.mkv"])
    for video in ("UP.MKV", "UP.mkv"):
        if ignores_case:
            os.link(root / "Up/up.mkv", root / f"Up/{video}")
    wanted = sqlite_store.write_now(lambda tx: gather(tx, items.get(tx, item_id).id, _SETTINGS))
    placed = Placed(placement.plan(wanted, _SETTINGS, blobs))
    placement.carry_out(placed.plan, blobs, Permissions(), placed)
    sqlite_store.write_now(partial(placement.record, placed=placed, job_id=None))
    (root / "Up/up.mkv").rename(root / "Up/Up.mkv")
    if ignores_case:
        os.link(root / "Up/Up.mkv", root / "Up/uP.MKV")
        os.link(root / "Up/up.nfo", root / "Up/Up.nfo")
    status = (root / "Up/Up.mkv").stat()
    file = MediaFile("Up/Up.mkv", FileRole.VIDEO, 95, "test", status.st_size, status.st_mtime_ns, status.st_ino)
    library_id = wanted.library.id
    sqlite_store.write_now(lambda tx: files.replace(tx, library_id, items.get(tx, item_id).id, [(file, None)]))
    wanted = sqlite_store.write_now(lambda tx: gather(tx, items.get(tx, item_id).id, _SETTINGS))
    actions = [operation.action.value for operation in placement.plan(wanted, _SETTINGS, blobs).operations]
    assert ("recycle" in actions) is not ignores_case
