"""Finding an item or a person by a few letters, the best answers first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.actions import items
from metarr.store import item_pages, searching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.items import ItemLine
    from metarr.model.media import ItemKind
    from metarr.store.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Titles:
    """`has_more`: lists that are filtered by the same words show the rest."""

    items: Sequence[ItemLine]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The same of people."""

    people: Sequence[Row]
    has_more: bool


def titles(tx: Tx, words: str, kinds: Sequence[ItemKind], limit: int) -> Titles:
    """Items of these kinds with every word in one of their titles."""
    ids = searching.titles(tx, words, kinds, limit + 1)
    rows = item_pages.rows_of(tx, ids[:limit])
    return Titles(items.lines(tx, [rows[item_id] for item_id in ids[:limit]]), len(ids) > limit)


def by_kind(tx: Tx, words: str, kinds: Sequence[ItemKind], limit: int) -> dict[ItemKind, Titles]:
    """The same, each kind for itself."""
    ids = {kind: searching.titles(tx, words, (kind,), limit + 1) for kind in kinds}
    rows = item_pages.rows_of(tx, [item_id for found in ids.values() for item_id in found[:limit]])
    lines = {line.id: line for line in items.lines(tx, list(rows.values()))}
    return {kind: Titles([lines[one] for one in found[:limit]], len(found) > limit) for kind, found in ids.items()}


def names(tx: Tx, words: str, limit: int) -> Names:
    """People with every word in their names."""
    found = searching.names(tx, words, limit + 1)
    return Names(found[:limit], len(found) > limit)
