"""What publishing did: files we own, history, the recycle bin, and which pictures players should fetch anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from metarr.model.artwork import BlobOrigin
from metarr.model.published import HistoryLine, Owned, Purpose, Recycled
from metarr.store import published, schema, tellable
from stages import library, movie, rows

if TYPE_CHECKING:
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Store, Tx

HOUR = timedelta(hours=1)


@pytest.fixture
def home(store: Store) -> tuple[LibraryId, ItemId]:
    def body(tx: Tx) -> tuple[LibraryId, ItemId]:
        one = library(tx)
        return one, movie(tx, one)

    return store.write_now(body)


def file(path: str, sha256: str = "a" * 64, size: int = 10) -> Owned:
    return Owned(path, sha256, size, 123456789, 2**63 + 5)


def test_a_file_is_owned_once_as_it_was_last_written(store: Store, home: tuple[LibraryId, ItemId]) -> None:
    one, heat = home
    store.write_now(lambda tx: published.own(tx, one, heat, Purpose.NFO, file("Heat/movie.nfo")))
    newer = file("Heat/movie.nfo", "b" * 64, 20)
    store.write_now(lambda tx: published.own(tx, one, heat, Purpose.NFO, newer))
    assert store.write_now(lambda tx: published.owned(tx, heat)) == [newer]
    assert store.write_now(lambda tx: published.owned_at(tx, one, ["Heat/movie.nfo"])) == [newer]
    store.write_now(lambda tx: published.disown(tx, one, "Heat/movie.nfo"))
    assert store.write_now(lambda tx: published.owned(tx, heat)) == []


def line(action: str, path: str) -> HistoryLine:
    return HistoryLine(action=action, path=path, reason="test", before=None, after=None)


def test_history_is_shown_newest_first(store: Store, home: tuple[LibraryId, ItemId]) -> None:
    _, heat = home
    store.write_now(lambda tx: published.write_history(tx, heat, None, []))
    store.write_now(lambda tx: published.write_history(tx, heat, None, [line("create", "a"), line("replace", "b")]))
    assert [row["path"] for row in store.write_now(lambda tx: published.history(tx, heat))] == ["b", "a"]
    assert len(store.write_now(lambda tx: published.history(tx, heat, 1))) == 1


def test_pictures_overwritten_since_a_player_was_told_are_to_be_fetched_anew(
    store: Store, home: tuple[LibraryId, ItemId]
) -> None:
    _, heat = home
    after = [
        line("replace", "poster.jpg"),
        line("restore", "fanart.jpg"),
        line("create", "new.jpg"),
        line("replace", "x.nfo"),
    ]
    store.write_now(lambda tx: published.write_history(tx, heat, None, [line("replace", "old.jpg")]))
    [before] = store.write_now(lambda tx: tellable.facts(tx, [heat], {}))
    told = before.line
    store.write_now(lambda tx: published.write_history(tx, heat, None, after))
    [unknown] = store.write_now(lambda tx: tellable.facts(tx, [heat], {}))
    [known] = store.write_now(lambda tx: tellable.facts(tx, [heat], {heat: told}))
    assert (unknown.pictures, [path.rpartition("/")[2] for path in known.pictures]) == (
        (),
        ["fanart.jpg", "poster.jpg"],
    )


def test_the_recycle_bin_keeps_what_it_needs_to_put_a_file_back_and_is_emptied_in_time(
    store: Store, home: tuple[LibraryId, ItemId]
) -> None:
    one, heat = home
    gone = Recycled("Heat/poster.jpg", "c" * 64, "jpg", 99, BlobOrigin.LIBRARY, 1000, 100, 0o640, 5, "replaced")
    store.write_now(lambda tx: published.recycle(tx, one, heat, None, gone))
    [row] = store.write_now(lambda tx: rows(tx, schema.recycled))
    assert (row["uid"], row["gid"], row["mode"], row["path"]) == (1000, 100, 0o640, "Heat/poster.jpg")
    [indexed] = store.write_now(lambda tx: rows(tx, schema.blob))
    assert (indexed["origin"], indexed["size"]) == ("library", 99)
    assert store.write_now(lambda tx: published.empty_bin(tx, HOUR)) == 0
    store.skew = 2 * HOUR
    assert store.write_now(lambda tx: published.empty_bin(tx, HOUR)) == 1
