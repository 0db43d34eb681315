"""Forgetting rows, so many in one transaction that whoever else writes does not have to wait for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.store.db import after

if TYPE_CHECKING:
    from datetime import timedelta

    from metarr.store.db import Tx

MOST = 2_000  # rows in one transaction: some hundredths of a second


def ago(keep: timedelta) -> sa.ScalarSelect[Any]:
    """That long ago. The clock is asked once: as a plain function, SQLite would ask it for every row."""
    return sa.select(after(-keep)).scalar_subquery()


def prune(tx: Tx, table: sa.Table, *conditions: sa.ColumnElement[bool] | sa.TextClause) -> int:
    """Delete rows of a table with one key, at most `MOST` of them. Returns how many: fewer than that were the last."""
    [key] = table.primary_key.columns
    these = sa.select(key).where(*conditions).limit(MOST)
    return tx.execute(sa.delete(table).where(key.in_(these))).rowcount
