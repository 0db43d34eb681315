"""Files of a library as the last scan saw them, and the fingerprints by which a scan skips unchanged folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import FileId, FileRole, MediaFile
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_FILE = schema.media_file
_LINK = schema.item_file
_FOLDER = schema.folder


def of_item(tx: Tx, item_id: int) -> list[MediaFile]:
    """The files of an item that are not missing, by path."""
    return [file for file, _ in with_fingerprints(tx, item_id).values()]


def with_fingerprints(tx: Tx, item_id: int) -> dict[str, tuple[MediaFile, str | None]]:
    """The files of an item that are not missing, by path, with what identifies their content."""
    query = (
        sa.select(_FILE)
        .join(_LINK, _LINK.c.file_id == _FILE.c.id)
        .where(_LINK.c.item_id == item_id, _FILE.c.missing_since.is_(None))
        .order_by(_FILE.c.path)
    )
    return {row["path"]: (_file(row), row["fingerprint"]) for row in tx.rows(query)}


def replace(
    tx: Tx, library_id: LibraryId, item_id: ItemId, found: Iterable[tuple[MediaFile, str | None]]
) -> dict[str, FileId]:
    """The files that make up an item now, each with its content fingerprint if known; others are no longer its own."""
    ids: dict[str, FileId] = {}
    for file, fingerprint in found:
        row = {
            "library_id": library_id,
            "path": file.path,
            "role": file.role.value,
            "confidence": file.confidence,
            "rule": file.rule,
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "inode": file.inode,
            "fingerprint": fingerprint,
            "details": dict(file.details),
            "missing_since": None,
        }
        statement = upsert(tx, _FILE, ["library_id", "path"], row).returning(_FILE.c.id)
        ids[file.path] = FileId(tx.execute(statement).scalar_one())
    linked = {row["file_id"] for row in tx.rows(sa.select(_LINK.c.file_id).where(_LINK.c.item_id == item_id))}
    gone = linked - set(ids.values())
    if gone:
        tx.execute(sa.delete(_LINK).where(_LINK.c.item_id == item_id, _LINK.c.file_id.in_(gone)))
        unowned = ~sa.exists().where(_LINK.c.file_id == _FILE.c.id)
        tx.execute(sa.update(_FILE).where(_FILE.c.id.in_(gone), unowned).values(missing_since=NOW))
    fresh = [{"item_id": item_id, "file_id": file_id} for file_id in ids.values() if file_id not in linked]
    if fresh:
        tx.execute(sa.insert(_LINK), fresh)
    return ids


def folder_fingerprints(tx: Tx, library_id: LibraryId) -> dict[str, str]:
    """Every known folder's fingerprint."""
    query = sa.select(_FOLDER.c.path, _FOLDER.c.fingerprint).where(_FOLDER.c.library_id == library_id)
    return {row["path"]: row["fingerprint"] for row in tx.rows(query)}


def fingerprints_of(tx: Tx, library_id: LibraryId, paths: Iterable[str]) -> dict[str, str]:
    """The fingerprints of these folders, as far as they are known."""
    query = sa.select(_FOLDER.c.path, _FOLDER.c.fingerprint).where(
        _FOLDER.c.library_id == library_id, _FOLDER.c.path.in_(list(paths))
    )
    return {row["path"]: row["fingerprint"] for row in tx.rows(query)}


def save_folders(tx: Tx, library_id: LibraryId, fingerprints: Mapping[str, str]) -> None:
    """These folders were recorded in this state."""
    for path, fingerprint in fingerprints.items():
        row = {"library_id": library_id, "path": path, "fingerprint": fingerprint, "scanned_at": NOW}
        tx.execute(upsert(tx, _FOLDER, ["library_id", "path"], row))


def forget_folders(tx: Tx, library_id: LibraryId, paths: Sequence[str]) -> None:
    """These folders are gone."""
    for start in range(0, len(paths), 500):
        which = _FOLDER.c.path.in_(paths[start : start + 500])
        tx.execute(sa.delete(_FOLDER).where(_FOLDER.c.library_id == library_id, which))


def _file(row: sa.RowMapping) -> MediaFile:
    return MediaFile(
        path=row["path"],
        role=FileRole(row["role"]),
        confidence=row["confidence"],
        rule=row["rule"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        inode=row["inode"],
        details=row["details"],
        id=FileId(row["id"]),
    )
