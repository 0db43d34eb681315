"""INSERT … ON CONFLICT DO UPDATE in the words of both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql

    from metarr.store.db import Tx


def upsert(
    tx: Tx, table: sa.Table, keys: Sequence[str], values: Mapping[str, Any], *, keep: Sequence[str] = ()
) -> sqlite.Insert | postgresql.Insert:
    """Insert `values`, or update the row that has the same `keys` with the rest of them, but for those in `keep`."""
    rest = {name: value for name, value in values.items() if name not in {*keys, *keep}}
    insert = insert_into(table, is_sqlite=tx.is_sqlite).values(**values)
    if not rest:
        return insert.on_conflict_do_nothing(index_elements=list(keys))
    return insert.on_conflict_do_update(index_elements=list(keys), set_=rest)


def insert_into(table: sa.Table, *, is_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what becomes of a row that is there already."""
    if is_sqlite:
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a start on SQLite need not wait for it

    return postgresql.insert(table)
