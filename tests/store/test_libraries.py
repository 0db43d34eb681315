"""Libraries as rows: what goes with one that is forgotten, and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.event import EventType, NewEvent
from metarr.model.media import FileRole, MediaFile
from metarr.store import events, files, items, libraries
from stages import library, movie

if TYPE_CHECKING:
    from metarr.model.media import LibraryId
    from metarr.store.db import Store, Tx


def _with_videos(tx: Tx, count: int) -> LibraryId:
    one = library(tx)
    item = movie(tx, one)
    videos = [
        (MediaFile(f"{number:03}.mkv", FileRole.VIDEO, 95, "test", number, 1, number), None) for number in range(count)
    ]
    files.add(tx, one, item, videos)
    return one


def test_what_happened_outlives_the_library(store: Store) -> None:
    def forget(tx: Tx) -> tuple[int, int]:
        one = _with_videos(tx, 1)
        [item] = items.of_library(tx, one)
        events.add(tx, NewEvent(EventType.SCAN_COMPLETED, item_id=item, library_id=one))
        before = events.last_id(tx)
        libraries.remove(tx, one)
        assert items.of_library(tx, one) == []
        return before, events.last_id(tx)

    before, after = store.write_now(forget)
    assert before == after
    assert store.write_now(libraries.everything) == []


def test_of_a_large_library_videos_from_all_over_it_are_named(store: Store) -> None:
    def body(tx: Tx) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        one = _with_videos(tx, 100)
        return libraries.videos(tx, one, 10), libraries.videos(tx, one, 1000)

    some, every = store.write_now(body)
    assert every == [(f"{number:03}.mkv", number) for number in range(100)]
    assert [path for path, _ in some] == [f"{number:03}.mkv" for number in range(9, 100, 10)]


def test_publishing_is_due_again_for_what_was_published(store: Store) -> None:
    def body(tx: Tx) -> list[int]:
        one = library(tx)
        published, never = movie(tx, one), movie(tx, one, "Ronin")
        items.mark_published(tx, published, 1)
        before = [items.get(tx, item_id).revision for item_id in (published, never)]
        libraries.outdate(tx, one)
        return [items.get(tx, item_id).revision - was for item_id, was in zip((published, never), before, strict=True)]

    assert store.write_now(body) == [1, 0]
