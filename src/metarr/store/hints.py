"""What download managers said that folders hold: the first evidence of what a film or a show is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import ExternalIds, ItemKind
from metarr.store import pruning, schema
from metarr.store.columns import document, escape_path
from metarr.store.db import NOW
from metarr.store.prepared import Prepared
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import timedelta

    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_HINT = schema.hint
_HINTED = (ItemKind.MOVIE, ItemKind.SERIES)
_HERE = (_HINT.c.library_id == sa.bindparam("b_library"), _HINT.c.folder == sa.bindparam("b_folder", type_=sa.Text()))
_KNOWN = Prepared(sa.select(_HINT.c.source, _HINT.c.ids).where(*_HERE))


@dataclass(frozen=True, slots=True)
class Hint:
    """These ids, by the word of `source` ("Radarr")."""

    source: str
    ids: ExternalIds


def save(tx: Tx, library_id: LibraryId, folder: str, hint: Hint) -> bool:
    """Remember what a folder holds. Returns whether that is news."""
    ids = hint.ids.as_dict()
    before = tx.run(_KNOWN, {"b_library": library_id, "b_folder": escape_path(folder)})
    if before == [(hint.source, document(ids))]:
        return False
    row = {"library_id": library_id, "folder": folder, "source": hint.source, "ids": ids, "at": NOW}
    tx.execute(upsert(tx, _HINT, ["library_id", "folder"], row))
    return not before or json.loads(before[0][1]) != ids


def of_library(tx: Tx, library_id: LibraryId) -> dict[str, Hint]:
    """What is known of a library's folders."""
    query = sa.select(_HINT.c.folder, _HINT.c.source, _HINT.c.ids).where(_HINT.c.library_id == library_id)
    return {row["folder"]: Hint(row["source"], ExternalIds.from_dict(row["ids"])) for row in tx.rows(query)}


def forget(tx: Tx, library_id: LibraryId, folder: str) -> None:
    """Nobody says any more what this folder holds."""
    tx.execute(sa.delete(_HINT).where(_HINT.c.library_id == library_id, _HINT.c.folder == folder))


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget old hints about folders in which there is nothing. Returns how many."""
    item = schema.item
    here = sa.and_(item.c.library_id == _HINT.c.library_id, item.c.place == _HINT.c.folder)
    is_used = sa.exists().where(here, item.c.kind.in_(_HINTED))
    return tx.execute(sa.delete(_HINT).where(_HINT.c.at < pruning.ago(keep), ~is_used)).rowcount
