"""What publishing did: the files we own, the history, and the recycle bin's rows (its bytes are blobs in the cache)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.artwork import Blob
from metarr.model.published import Owned
from metarr.store import artwork, schema
from metarr.store.db import NOW, after
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from metarr.model.job import JobId
    from metarr.model.media import ItemId, LibraryId
    from metarr.model.published import HistoryLine, Purpose, Recycled
    from metarr.store.db import Tx

_FILE = schema.published_file
_HISTORY = schema.history
_RECYCLED = schema.recycled


def owned(tx: Tx, item_id: int, purpose: Purpose | None = None) -> list[Owned]:
    """The files that we published for an item, or only those of one purpose."""
    query = sa.select(_FILE).where(_FILE.c.item_id == item_id).order_by(_FILE.c.path)
    rows = tx.rows(query if purpose is None else query.where(_FILE.c.purpose == purpose.value))
    return [_owned(row) for row in rows]


def owned_at(tx: Tx, library_id: LibraryId, paths: Iterable[str]) -> list[Owned]:
    """Those of these files that we published, for whichever item."""
    wanted = sorted(paths)
    found: list[Owned] = []
    for start in range(0, len(wanted), 500):
        which = sa.and_(_FILE.c.library_id == library_id, _FILE.c.path.in_(wanted[start : start + 500]))
        found += [_owned(row) for row in tx.rows(sa.select(_FILE).where(which).order_by(_FILE.c.path))]
    return found


def owned_by_path(tx: Tx, library_id: LibraryId) -> dict[str, Owned]:
    """Every file of a library that is ours, so that a scan does not take it for the user's."""
    rows = tx.rows(sa.select(_FILE).where(_FILE.c.library_id == library_id))
    return {row["path"]: _owned(row) for row in rows}


def _owned(row: sa.RowMapping) -> Owned:
    return Owned(row["path"], row["sha256"], row["size"], row["mtime_ns"], row["inode"])


def own(tx: Tx, library_id: LibraryId, item_id: ItemId, purpose: Purpose, file: Owned) -> None:
    """This file is ours now."""
    row = {
        "library_id": library_id,
        "item_id": item_id,
        "purpose": purpose.value,
        "path": file.path,
        "sha256": file.sha256,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "inode": file.inode,
        "published_at": NOW,
    }
    tx.execute(upsert(tx, _FILE, ["library_id", "path"], row))


def disown(tx: Tx, library_id: LibraryId, path: str) -> None:
    """This file is no longer ours."""
    tx.execute(sa.delete(_FILE).where(_FILE.c.library_id == library_id, _FILE.c.path == path))


def write_history(tx: Tx, item_id: ItemId, job_id: JobId | None, lines: Iterable[HistoryLine]) -> None:
    """What was done to the files of an item, and why."""
    rows = [{"item_id": item_id, "job_id": job_id, **asdict(line)} for line in lines]
    if rows:
        tx.execute(sa.insert(_HISTORY).values(at=NOW), rows)


def history(tx: Tx, item_id: int, limit: int = 200) -> Sequence[sa.RowMapping]:
    """What happened to an item's files, newest first."""
    return tx.rows(sa.select(_HISTORY).where(_HISTORY.c.item_id == item_id).order_by(_HISTORY.c.id.desc()).limit(limit))


def changed_pictures(tx: Tx, item_id: ItemId) -> list[str]:
    """Pictures whose content changed under the same name since the players last looked."""
    state = schema.player_state
    last_look = sa.select(sa.func.min(state.c.at)).where(state.c.item_id == item_id).scalar_subquery()
    query = sa.select(_HISTORY.c.path).where(
        _HISTORY.c.item_id == item_id,
        _HISTORY.c.at >= last_look,
        _HISTORY.c.action.in_(["replace", "restore", "backup_replace"]),
        ~_HISTORY.c.path.endswith(".nfo"),
    )
    return sorted({row["path"] for row in tx.rows(query)})


def recycle(tx: Tx, library_id: LibraryId, item_id: ItemId, job_id: JobId | None, file: Recycled) -> None:
    """A file went into the recycle bin; its bytes are in the cache, and indexed here."""
    artwork.add_blob(tx, Blob(file.sha256, file.extension, file.size, file.origin))
    row = {
        "library_id": library_id,
        "item_id": item_id,
        "job_id": job_id,
        "path": file.path,
        "sha256": file.sha256,
        "uid": file.uid,
        "gid": file.gid,
        "mode": file.mode,
        "mtime_ns": file.mtime_ns,
        "reason": file.reason,
    }
    tx.execute(sa.insert(_RECYCLED).values(**row, recycled_at=NOW))


def is_recycled(tx: Tx, library_id: LibraryId, file: Recycled) -> bool:
    """Whether this very file (its path, bytes and time) stands in the recycle bin already."""
    same = sa.and_(
        _RECYCLED.c.library_id == library_id,
        _RECYCLED.c.path == file.path,
        _RECYCLED.c.sha256 == file.sha256,
        _RECYCLED.c.mtime_ns == file.mtime_ns,
        _RECYCLED.c.restored_at.is_(None),
    )
    return tx.one(sa.select(_RECYCLED.c.id).where(same)) is not None


def empty_bin(tx: Tx, older_than: timedelta) -> int:
    """Drop rows of the recycle bin past their keep. Returns how many."""
    return tx.execute(sa.delete(_RECYCLED).where(_RECYCLED.c.recycled_at < after(-older_than))).rowcount
