"""How large the database is and what lies in the cache, and at which migration the tables are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.store import schema

if TYPE_CHECKING:
    from metarr.store.db import Tx

_BLOB = schema.blob


@dataclass(frozen=True, slots=True)
class Sizes:
    """`database`, `cache`: bytes. `blobs`: files in the cache, as the tables know them."""

    revision: str
    database: int
    cache: int
    blobs: int


def sizes(tx: Tx) -> Sizes:
    """Of this installation, now."""
    counted = sa.select(sa.func.count().label("blobs"), sa.func.sum(_BLOB.c.size).label("bytes")).select_from(_BLOB)
    [cache] = tx.rows(counted)
    revision: str = tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    return Sizes(revision, _database(tx), int(cache["bytes"] or 0), cache["blobs"])


def _database(tx: Tx) -> int:
    if tx.is_sqlite:
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        return int(tx.execute(sa.text(pages)).scalar_one())
    return int(tx.execute(sa.select(sa.func.pg_database_size(sa.func.current_database()))).scalar_one())
