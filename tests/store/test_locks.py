"""What is locked for an item, by itself and by what is above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from metarr.model.media import ItemId, ItemKind
from metarr.store import items, locks
from metarr.store.items import NewItem
from metarr.store.locks import EVERYTHING, TARGETS, LockedBy
from stages import library

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

USER, EDIT = LockedBy.USER, LockedBy.EDIT
PLOT, POSTER = frozenset({"plot"}), frozenset({"artwork.poster"})
_CASES: dict[str, tuple[list[tuple[str, str, bool, LockedBy]], frozenset[str]]] = {
    "nothing is locked": ([], frozenset()),
    "its own lock": ([("episode", "plot", True, EDIT)], PLOT),
    "the season's": ([("season", "plot", True, USER)], PLOT),
    "the show's": ([("series", "artwork.poster", True, USER)], POSTER),
    "an edit of the show is about the show": ([("series", "plot", True, EDIT)], frozenset()),
    "freed nearer": ([("series", "plot", True, USER), ("season", "plot", False, USER)], frozenset()),
    "locked nearer": ([("season", "plot", False, USER), ("episode", "plot", True, EDIT)], PLOT),
    "everything of a show": ([("series", EVERYTHING, True, USER)], TARGETS),
    "everything but one": ([("series", EVERYTHING, True, USER), ("episode", "plot", False, USER)], TARGETS - PLOT),
    "everything freed nearer": ([("series", "plot", True, USER), ("episode", EVERYTHING, False, USER)], frozenset()),
    "one beside everything freed": (
        [("episode", EVERYTHING, False, USER), ("episode", "plot", True, USER), ("series", "title", True, USER)],
        PLOT,
    ),
}


def furnish(tx: Tx) -> dict[str, ItemId]:
    home = library(tx)
    made: dict[str, ItemId] = {}
    parent = None
    for kind in (ItemKind.SERIES, ItemKind.SEASON, ItemKind.EPISODE):
        parent = made[kind.value] = items.create(tx, NewItem(home, kind, kind.value, "", parent_id=parent))
    return made


@pytest.mark.parametrize(("rows", "expected"), _CASES.values(), ids=_CASES)
def test_an_episode_is_locked_by(store: Store, rows: list[Any], expected: frozenset[str]) -> None:
    def body(tx: Tx) -> frozenset[str]:
        made = furnish(tx)
        for kind, target, is_locked, by in rows:
            locks.set_locks(tx, made[kind], [target], by, is_locked=is_locked)
        return items.get(tx, made["episode"]).locks

    assert store.write_now(body) == expected


def test_an_edit_makes_no_lesser_lock_of_one_that_was_asked_for(store: Store) -> None:
    def body(tx: Tx) -> frozenset[str]:
        made = furnish(tx)
        locks.set_locks(tx, made["series"], ["plot"], USER)
        locks.set_locks(tx, made["series"], ["plot"], EDIT)
        return items.get(tx, made["episode"]).locks

    assert store.write_now(body) == PLOT


def test_what_is_cleared_counts_as_never_said(store: Store) -> None:
    def body(tx: Tx) -> tuple[dict[str, bool], frozenset[str]]:
        made = furnish(tx)
        locks.set_locks(tx, made["series"], ["plot"], USER)
        locks.set_locks(tx, made["episode"], ["plot", "title"], USER, is_locked=False)
        locks.clear_locks(tx, made["episode"], ["plot"])
        return locks.own(tx, made["episode"]), items.get(tx, made["episode"]).locks

    assert store.write_now(body) == ({"title": False}, PLOT)
