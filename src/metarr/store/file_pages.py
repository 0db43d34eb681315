"""Pages of files: those that a scan was not sure about, those of a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import FileRole
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.db import Tx

_FILE = schema.media_file
_LINK = schema.item_file
_SHOWN = ("id", "library_id", "path", "role", "confidence", "rule", "size", "details")


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Which files; None: all that are not missing."""

    library_id: int | None = None
    roles: tuple[FileRole, ...] = ()
    below: int | None = None  # confidence


def page(tx: Tx, wanted: FileFilter, after: int, limit: int) -> Sequence[sa.RowMapping]:
    """Files by their numbers, from the one behind `after` on."""
    query = sa.select(_FILE.c.id).where(
        _FILE.c.role.in_([role.value for role in wanted.roles or FileRole]),
        _FILE.c.missing_since.is_(None),
        _FILE.c.id > after,
    )
    if wanted.library_id is not None:
        query = query.where(_FILE.c.library_id == wanted.library_id)
    if wanted.below is not None:
        query = query.where(_FILE.c.confidence < wanted.below)
    ids = [row["id"] for row in tx.rows(query.order_by(_FILE.c.id).limit(limit))]
    shown = sa.select(*(_FILE.c[name] for name in _SHOWN)).where(_FILE.c.id.in_(ids)).order_by(_FILE.c.id)
    return tx.rows(shown)


def items_of(tx: Tx, file_ids: Sequence[int]) -> dict[int, list[int]]:
    """Whose files these are: by file, the items."""
    found: dict[int, list[int]] = {}
    query = sa.select(_LINK).where(_LINK.c.file_id.in_(file_ids)).order_by(_LINK.c.item_id)
    for row in tx.rows(query):
        found.setdefault(row["file_id"], []).append(row["item_id"])
    return found
