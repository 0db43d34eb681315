"""Items and people by what somebody types, the best answers first.

What begins with a short word is looked for first: where much does, the rest need not be looked at. The database sorts
by how the first letters fit, so that few rows are enough to rank them by the words as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.folding import folded
from metarr.model.media import ItemId, ItemKind
from metarr.model.ranking import Rank, best_folded
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.db import Row, Tx

_ITEM = schema.item
_PERSON = schema.person
_SPARE = 4  # times as many rows as are wanted
_SHORT = 2  # letters; much begins with so few, and little with more
_ORDER = (ItemKind.MOVIE, ItemKind.SERIES, ItemKind.COLLECTION, ItemKind.EPISODE, ItemKind.SEASON)  # among equals


def titles(tx: Tx, search: str, kinds: Sequence[ItemKind], limit: int) -> list[ItemId]:
    """Up to `limit` items of these kinds that have every word in one of their titles."""
    words = folded(search)
    if not words:
        return []
    wanted = [kind for kind in _ORDER if kind in kinds]
    rows: list[Row] = []
    if len(words) <= _SHORT:
        rows = [row for kind in wanted for row in tx.rows(_beginning(kind, words).limit(limit * _SPARE))]
    if len(rows) < limit:
        rows = list(tx.rows(_having(wanted, words).limit(limit * _SPARE)))
    return [ItemId(row["id"]) for row in _ranked(rows, words)[:limit]]


def names(tx: Tx, search: str, limit: int) -> list[Row]:
    """Up to `limit` people who have every word in their names."""
    words, column = folded(search), _PERSON.c.search
    if not words:
        return []
    ordered = sa.select(_PERSON).order_by(column, _PERSON.c.id).limit(limit * _SPARE)
    rows = tx.rows(ordered.where(column.startswith(words, autoescape=True)))
    if len(rows) < limit:
        query = sa.select(_PERSON).where(*_has(column, words))
        rows = tx.rows(query.order_by(_coarse(column, words), column, _PERSON.c.id).limit(limit * _SPARE))
    return _ranked(rows, words)[:limit]


def _beginning(kind: ItemKind, words: str) -> sa.Select[Any]:
    """In the order of the index, so that the first few are found without looking at the rest."""
    query = sa.select(_ITEM.c.id, _ITEM.c.search).where(_ITEM.c.kind == kind.value, _begins(_ITEM.c.search, words))
    return query.order_by(_ITEM.c.sort_title, _ITEM.c.id)


def _having(kinds: Sequence[ItemKind], words: str) -> sa.Select[Any]:
    of_kinds = _ITEM.c.kind.in_([kind.value for kind in kinds])
    place = sa.case({kind.value: place for place, kind in enumerate(kinds)}, value=_ITEM.c.kind)
    query = sa.select(_ITEM.c.id, _ITEM.c.search).where(of_kinds, *_has(_ITEM.c.search, words))
    return query.order_by(_coarse(_ITEM.c.search, words), place, _ITEM.c.sort_title, _ITEM.c.id)


def _has(column: sa.ColumnElement[str], words: str) -> list[sa.ColumnElement[bool]]:
    return [column.contains(word, autoescape=True) for word in words.split()]


def _begins(column: sa.ColumnElement[str], words: str) -> sa.ColumnElement[bool]:
    """Titles stand in lines."""
    return column.startswith(words, autoescape=True) | column.contains(f"\n{words}", autoescape=True)


def _coarse(column: sa.ColumnElement[str], words: str) -> sa.ColumnElement[Any]:
    """0 where a title begins with all of it, 1 where a word begins with its first, else 2."""
    first = words.split(maxsplit=1)[0]
    word_begins = column.contains(f" {first}", autoescape=True)
    if first != words:
        word_begins |= _begins(column, first)
    return sa.case((_begins(column, words), 0), (word_begins, 1), else_=2)


def _ranked(rows: Sequence[Row], words: str) -> list[Row]:
    """Among equals they stay in their order."""

    def place(row: Row) -> Rank:
        found = best_folded(words, row["search"].split("\n"))
        return Rank.HAS if found is None else found

    return sorted(rows, key=place)
