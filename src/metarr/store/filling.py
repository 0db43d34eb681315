"""What a database of an earlier release lacks: columns and rows that are derived from documents, filled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import FileRole, MediaFile
from metarr.store import items, people, progress, schema, traits
from metarr.store.documents import loaded

if TYPE_CHECKING:
    from metarr.store.db import Tx

_CHUNK = 500
_ITEM, _FILE, _LINK, _PERSON = schema.item, schema.media_file, schema.item_file, schema.person


def fill_lists(tx: Tx) -> None:
    """What lists sort, search and filter by."""
    _fill_items(tx)
    _fill_files(tx)
    progress.everything(tx)
    for row in tx.rows(sa.select(_PERSON.c.id, _PERSON.c.name)):
        here = _PERSON.c.id == row["id"]
        tx.execute(sa.update(_PERSON).where(here).values(search=people.searched(row["name"])))


def _fill_items(tx: Tx) -> None:
    last = 0
    while rows := tx.rows(
        sa.select(_ITEM.c.id, _ITEM.c.metadata).where(_ITEM.c.id > last).order_by(_ITEM.c.id).limit(_CHUNK)
    ):
        for row in rows:
            last, metadata = row["id"], loaded(row["metadata"])
            tx.execute(sa.update(_ITEM).where(_ITEM.c.id == last).values(**items.listed(metadata)))
            traits.replace(tx, last, traits.OF_METADATA, traits.of_metadata(metadata))


def _fill_files(tx: Tx) -> None:
    last = 0
    while ids := [
        row["id"] for row in tx.rows(sa.select(_ITEM.c.id).where(_ITEM.c.id > last).order_by(_ITEM.c.id).limit(_CHUNK))
    ]:
        last = ids[-1]
        query = sa.select(_LINK.c.item_id, _FILE.c.role, _FILE.c.details).join(_FILE, _FILE.c.id == _LINK.c.file_id)
        found: dict[int, list[MediaFile]] = {}
        for row in tx.rows(query.where(_LINK.c.item_id.in_(ids), _FILE.c.missing_since.is_(None))):
            file = MediaFile("", FileRole(row["role"]), 0, "", 0, 0, 0, row["details"])
            found.setdefault(row["item_id"], []).append(file)
        for item_id, theirs in found.items():
            traits.replace(tx, item_id, traits.OF_FILES, traits.of_files(theirs))
