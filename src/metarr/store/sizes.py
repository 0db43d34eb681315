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


def of_libraries(tx: Tx) -> dict[int, int]:
    """How many bytes the files of each library have, as scans found them; those without files are not there."""
    file = schema.media_file
    query = sa.select(file.c.library_id, sa.func.sum(file.c.size).label("bytes")).group_by(file.c.library_id)
    return {row["library_id"]: int(row["bytes"]) for row in tx.rows(query)}


def of_bin(tx: Tx) -> tuple[int, int]:
    """How many files the recycle bin keeps, and their bytes in the cache."""
    kept = schema.recycled
    columns = (sa.func.count().label("files"), sa.func.sum(_BLOB.c.size).label("bytes"))
    [found] = tx.rows(sa.select(*columns).select_from(kept.outerjoin(_BLOB, _BLOB.c.sha256 == kept.c.sha256)))
    return found["files"], int(found["bytes"] or 0)


def items(tx: Tx) -> dict[str, dict[str, int]]:
    """How many there are of each kind, by what is known of them: kind -> identity -> items."""
    item = schema.item
    columns = (item.c.library_id, item.c.kind, item.c.missing_since, item.c.identity)  # as an index has them
    found: dict[str, dict[str, int]] = {}
    for row in tx.rows(sa.select(*columns, sa.func.count().label("items")).group_by(*columns)):
        known = found.setdefault(row["kind"], {})
        known[row["identity"]] = known.get(row["identity"], 0) + row["items"]
    return found


def folders(tx: Tx) -> int:
    """How many folders the libraries have, as scans found them."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(schema.folder)).scalar_one())


def cached(tx: Tx) -> dict[str, int]:
    """Every file that the cache must hold, by its name, with its bytes."""
    query = sa.select(_BLOB.c.sha256, _BLOB.c.extension, _BLOB.c.size)
    return {f"{row['sha256']}.{row['extension']}": row["size"] for row in tx.rows(query)}


def fault(tx: Tx) -> str | None:
    """What SQLite finds wrong with its own file; None: nothing, or it is PostgreSQL, which says so by itself."""
    if not tx.is_sqlite:
        return None
    answer: str = tx.execute(sa.text("PRAGMA quick_check(1)")).scalar_one()
    return None if answer == "ok" else answer


def _database(tx: Tx) -> int:
    if tx.is_sqlite:
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        return int(tx.execute(sa.text(pages)).scalar_one())
    return int(tx.execute(sa.select(sa.func.pg_database_size(sa.func.current_database()))).scalar_one())
