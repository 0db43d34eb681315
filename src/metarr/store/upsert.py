"""INSERT … ON CONFLICT DO UPDATE in the words of both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from metarr.store.db import Tx


def upsert(
    tx: Tx, table: sa.Table, keys: Sequence[str], values: Mapping[str, Any], *, keep: Sequence[str] = ()
) -> sqlite.Insert | postgresql.Insert:
    """Insert `values`, or update the row that has the same `keys` with the rest of them, but for those in `keep`."""
    rest = {name: value for name, value in values.items() if name not in {*keys, *keep}}
    insert = (sqlite.insert(table) if tx.is_sqlite else postgresql.insert(table)).values(**values)
    if not rest:
        return insert.on_conflict_do_nothing(index_elements=list(keys))
    return insert.on_conflict_do_update(index_elements=list(keys), set_=rest)
