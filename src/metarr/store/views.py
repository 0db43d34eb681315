"""Filtered and sorted lists that people keep: of one person, or (of nobody) of everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.store import schema
from metarr.store.accounts import only_one

if TYPE_CHECKING:
    from metarr.store.db import Row, Tx

_VIEW = schema.saved_view
_MOST = 50  # of one person in one place


@dataclass(frozen=True, slots=True)
class SavedView:
    """`query`: as in an address; `user_id` None: everybody has it."""

    id: int
    user_id: int | None
    place: str
    name: str
    query: str


def seen_by(tx: Tx, user_id: int | None) -> list[SavedView]:
    """Those of everybody, then a person's own, each by name."""
    rows = tx.rows(sa.select(_VIEW).where(_is_of(None) | _is_of(user_id)))
    return sorted(map(_view, rows), key=lambda one: (one.user_id is not None, one.name.casefold(), one.id))


def get(tx: Tx, view_id: int) -> SavedView:
    """One, or NotFound."""
    row = tx.one(sa.select(_VIEW).where(_VIEW.c.id == view_id))
    if row is None:
        raise NotFound(f"There is no saved list {view_id}.")
    return _view(row)


def save(tx: Tx, new: SavedView) -> SavedView:
    """Keep one, in place of that of the same name; its number is given here. Raises Conflict where there are many."""
    only_one(tx, _VIEW)
    there = tx.rows(sa.select(_VIEW).where(_is_of(new.user_id), _VIEW.c.place == new.place))
    same = next((row for row in there if row["name"] == new.name), None)
    if same is not None:
        tx.execute(sa.update(_VIEW).where(_VIEW.c.id == same["id"]).values(query=new.query))
        return get(tx, same["id"])
    if len(there) >= _MOST:
        raise Conflict(f"There are {_MOST} saved lists of {new.place} already. Remove one first.")
    row = {"user_id": new.user_id, "place": new.place, "name": new.name, "query": new.query}
    return get(tx, tx.execute(sa.insert(_VIEW).values(**row).returning(_VIEW.c.id)).scalar_one())


def remove(tx: Tx, view_id: int) -> None:
    """It is kept no longer."""
    tx.execute(sa.delete(_VIEW).where(_VIEW.c.id == view_id))


def _is_of(user_id: int | None) -> sa.ColumnElement[bool]:
    return _VIEW.c.user_id.is_(None) if user_id is None else _VIEW.c.user_id == user_id


def _view(row: Row) -> SavedView:
    return SavedView(row["id"], row["user_id"], row["place"], row["name"], row["query"])
