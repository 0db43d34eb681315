"""Items and people by what somebody types, the best answers first.

What is sorted by a short word is looked for first: where much is, the rest need not be looked at. The database sorts
by how the first letters fit, so that few rows are enough to rank them by the words as a whole.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from metarr.model.folding import folded
from metarr.model.media import ItemId, ItemKind
from metarr.model.ranking import Rank, best_folded
from metarr.store import schema
from metarr.store.prepared import PreparedQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.store.db import Row, Tx

_Found = TypeVar("_Found", bound="Mapping[Any, Any]")
_ITEM = schema.item
_PERSON = schema.person
_SPARE = 4  # times as many rows as are wanted
_SHORT = 2  # letters; much begins with so few, and little with more
_LAST = "\uffff"  # sorted after every letter
_LIMIT = sa.bindparam("limit", type_=sa.Integer())
_ORDER = (ItemKind.MOVIE, ItemKind.SERIES, ItemKind.COLLECTION, ItemKind.EPISODE, ItemKind.SEASON)  # among equals


def titles(tx: Tx, search: str, kinds: Sequence[ItemKind], limit: int) -> list[ItemId]:
    """Up to `limit` items of these kinds that have every word in one of their titles."""
    words = folded(search)
    if not words:
        return []
    wanted = tuple(kind for kind in _ORDER if kind in kinds)
    known = _known(words, limit)
    rows: list[dict[str, Any]] = []
    if len(words) <= _SHORT:
        rows = [row for kind in wanted for row in tx.fetch(_beginning(kind), known)]
    if len(rows) < limit:
        rows = tx.fetch(_having(wanted, len(words.split())), known)
    return [ItemId(row["id"]) for row in _ranked(rows, words)[:limit]]


def names(tx: Tx, search: str, limit: int) -> list[Row]:
    """Up to `limit` people who have every word in their names."""
    words, column = folded(search), _PERSON.c.search
    if not words:
        return []
    known = _known(words, limit)
    ordered = sa.select(_PERSON).order_by(column, _PERSON.c.id).limit(limit * _SPARE)
    rows = tx.rows(ordered.where(column.startswith(words, autoescape=True)))
    if len(rows) < limit:
        number = len(words.split())
        query = sa.select(_PERSON).where(*_has(column, number)).limit(limit * _SPARE)
        rows = tx.rows(query.order_by(_coarse(column, number), column, _PERSON.c.id).params(known))
    return _ranked(rows, words)[:limit]


def _known(words: str, limit: int) -> dict[str, Any]:
    """What the statements are told."""
    parts = [_escaped(word) for word in words.split()]
    whole, first = _escaped(words), parts[0]
    return {
        "limit": limit * _SPARE,
        "low": words,
        "high": f"{words}{_LAST}",
        "begins": f"{whole}%",
        "line_begins": f"%\n{whole}%",
        "first_begins": f"{first}%",
        "first_line_begins": f"%\n{first}%",
        "first_word_begins": f"% {first}%",
        **{f"word_{place}": f"%{word}%" for place, word in enumerate(parts)},
    }


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


@lru_cache(maxsize=16)
def _beginning(kind: ItemKind) -> PreparedQuery:
    """Those that are sorted by what they begin with, so that the index leads there and nothing else is looked at."""
    is_there = _ITEM.c.sort_title.between(_text("low"), _text("high"))
    query = sa.select(_ITEM.c.id, _ITEM.c.search).where(_ITEM.c.kind == kind.value, is_there, _begins(_ITEM.c.search))
    return PreparedQuery(query.order_by(_ITEM.c.sort_title, _ITEM.c.id).limit(_LIMIT))


@lru_cache(maxsize=64)
def _having(kinds: tuple[ItemKind, ...], number: int) -> PreparedQuery:
    of_kinds = sa.or_(*(_ITEM.c.kind == kind.value for kind in kinds))
    place = sa.case({kind.value: place for place, kind in enumerate(kinds)}, value=_ITEM.c.kind)
    query = sa.select(_ITEM.c.id, _ITEM.c.search).where(of_kinds, *_has(_ITEM.c.search, number)).limit(_LIMIT)
    return PreparedQuery(query.order_by(_coarse(_ITEM.c.search, number), place, _ITEM.c.sort_title, _ITEM.c.id))


def _text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def _has(column: sa.ColumnElement[str], number: int) -> list[sa.ColumnElement[bool]]:
    """So many words."""
    return [column.like(_text(f"word_{place}"), escape="/") for place in range(number)]


def _begins(column: sa.ColumnElement[str], first: str = "") -> sa.ColumnElement[bool]:
    """Titles stand in lines."""
    return column.like(_text(f"{first}begins"), escape="/") | column.like(_text(f"{first}line_begins"), escape="/")


def _coarse(column: sa.ColumnElement[str], number: int) -> sa.ColumnElement[Any]:
    """0 where a title begins with all of it, 1 where a word begins with its first, else 2."""
    begins = [column.like(_text("first_word_begins"), escape="/"), *([_begins(column, "first_")] if number > 1 else [])]
    return sa.case((_begins(column), 0), (sa.or_(*begins), 1), else_=2)


def _ranked(rows: Sequence[_Found], words: str) -> list[_Found]:
    """Among equals they stay in their order."""

    def place(row: _Found) -> Rank:
        found = best_folded(words, row["search"].split("\n"))
        return Rank.HAS if found is None else found

    return sorted(rows, key=place)
