"""What a download manager's word starts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from metarr.jobs import triggers
from metarr.model.download import Deleted, Imported, Renamed
from metarr.model.media import FileRole, ItemKind, LibraryId, MediaFile
from metarr.store import files, items
from metarr.store.items import NewItem
from stages import library, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.store.db import Store, Tx

_FILE = "Lost/Season 1/Lost S01E01.mkv"


def _show(tx: Tx) -> LibraryId:
    """A show with a season of two episodes, each in a file of its own."""
    one = library(tx)
    show = items.create(tx, NewItem(one, ItemKind.SERIES, "Lost", "Lost"))
    season = items.create(tx, NewItem(one, ItemKind.SEASON, "Lost//1", "Lost", parent_id=show))
    for number in (1, 2):
        place, path = f"Lost//1//{number}", _FILE.replace("E01", f"E0{number}")
        episode = items.create(tx, NewItem(one, ItemKind.EPISODE, place, "Lost/Season 1", parent_id=season))
        files.add(tx, one, episode, [(MediaFile(path, FileRole.VIDEO, 95, "test", 1, 1, number), None)])
    return one


def _told(store: Store, tell: Callable[[Tx, LibraryId], None]) -> list[dict[str, Any]]:
    store.write_now(lambda tx: tell(tx, _show(tx)))
    return store.write_now(rows)


@pytest.mark.parametrize(
    ("tell", "scanned", "watched"),
    [
        pytest.param(
            lambda tx, one: triggers.imported(tx, Imported(one, "Lost", "Sonarr", (_FILE,))), ["Lost"], [], id="new"
        ),
        pytest.param(
            lambda tx, one: triggers.imported(tx, Imported(one, "Lost", "Sonarr", (_FILE,), is_upgrade=True)),
            ["Lost"],
            [1, 2, 3],
            id="an upgrade: the episode, its season and its show",
        ),
        pytest.param(
            lambda tx, one: triggers.imported(tx, Imported(one, "Lost", "Sonarr", deleted=(_FILE, "Old/x.mkv"))),
            ["Lost", "Old"],
            [1, 2, 3],
            id="an upgrade of a file elsewhere",
        ),
        pytest.param(
            lambda tx, one: triggers.renamed(tx, Renamed(one, "Sonarr", ((_FILE, "Lost/S01/Lost S01E01.mkv"),))),
            ["Lost"],
            [1, 2, 3],
            id="a rename: the folder that holds both ends",
        ),
        pytest.param(
            lambda tx, one: triggers.renamed(tx, Renamed(one, "Sonarr", ((_FILE, "Lost (2004)/1.mkv"),))),
            [None],
            [1, 2, 3],
            id="a rename into another folder: the whole library, so that the item is known again",
        ),
        pytest.param(
            lambda tx, one: triggers.deleted(tx, Deleted(one, "Lost", "Sonarr", (_FILE,))),
            ["Lost"],
            [1, 2, 3],
            id="a deletion",
        ),
    ],
)
def test_what_is_scanned_and_what_is_watched(
    sqlite_store: Store, tell: Callable[[Tx, LibraryId], None], scanned: list[str | None], watched: list[int]
) -> None:
    jobs = _told(sqlite_store, tell)
    assert {job["priority"] for job in jobs} == {8}
    assert [job["payload"].get("path") for job in jobs if job["kind"] == "scan"] == scanned
    assert [job["item_id"] for job in jobs if job["kind"] == "publish"] == watched
    assert [job["item_id"] for job in jobs if job["kind"] == "verify"] == [one for one in watched for _ in range(2)]


def test_a_burst_puts_off_the_looks_and_not_the_publish(sqlite_store: Store) -> None:
    def tell(tx: Tx, one: LibraryId) -> None:
        triggers.imported(tx, Imported(one, "Lost", "Sonarr", (_FILE,), is_upgrade=True))

    before = _told(sqlite_store, tell)
    sqlite_store.skew = timedelta(seconds=5)
    sqlite_store.write_now(lambda tx: tell(tx, LibraryId(1)))
    after = sqlite_store.write_now(rows)
    assert len(after) == len(before)
    moved = {job["kind"] for job, was in zip(after, before, strict=True) if job["run_at"] != was["run_at"]}
    assert moved == {"verify"}
    [publish] = [job for job in after if job["kind"] == "publish" and job["item_id"] == 3]
    [first, last] = [job for job in after if job["kind"] == "verify" and job["item_id"] == 3]
    assert timedelta(seconds=50) < first["run_at"] - publish["run_at"] < timedelta(seconds=60)
    assert timedelta(minutes=8, seconds=59) < last["run_at"] - first["run_at"] < timedelta(minutes=9, seconds=1)
    assert len({job["dedupe_key"] for job in after}) == len(after)
