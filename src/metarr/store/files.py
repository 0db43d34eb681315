"""Files of a library as the last scan saw them, and the fingerprints by which a scan skips unchanged folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.media import FileId, FileRole, ItemId, ItemKind, MediaFile
from metarr.store import pruning, schema, traits
from metarr.store.columns import document, escape_path, signed, unescape_path
from metarr.store.db import NOW
from metarr.store.prepared import Prepared, PreparedQuery, prepared_insert, prepared_upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_FILE = schema.media_file
_LINK = schema.item_file
_FOLDER = schema.folder
_COLUMNS = ("library_id", "path", "role", "confidence", "rule", "size", "mtime_ns", "inode", "fingerprint", "details")
_UPSERT_FILE = prepared_upsert(_FILE, ["library_id", "path"], _COLUMNS, returning=["id"], missing_since=None)
_SAVE_FILE = prepared_upsert(_FILE, ["library_id", "path"], _COLUMNS, missing_since=None)
_INSERT_LINK = prepared_insert(_LINK, ["item_id", "file_id"])
_LINK_PATH = Prepared(
    sa.insert(_LINK).from_select(
        ["item_id", "file_id"],
        sa.select(sa.bindparam("item_id", type_=_LINK.c.item_id.type), _FILE.c.id).where(
            _FILE.c.library_id == sa.bindparam("library_id", type_=_FILE.c.library_id.type),
            _FILE.c.path == sa.bindparam("path", type_=sa.Text()),
        ),
    )
)
_UPSERT_FOLDER = prepared_upsert(_FOLDER, ["library_id", "path"], ["library_id", "path", "fingerprint"], scanned_at=NOW)
_FOLDERS = Prepared(
    sa.select(_FOLDER.c.path, _FOLDER.c.fingerprint).where(
        _FOLDER.c.library_id == sa.bindparam("library_id", type_=_FOLDER.c.library_id.type)
    )
)
_FINGERPRINTS = sa.select(_FOLDER.c.path, _FOLDER.c.fingerprint).where(
    _FOLDER.c.library_id == sa.bindparam("library_id"),
    _FOLDER.c.path.in_(sa.bindparam("paths", expanding=True)),
)
_DELETE_FILE = Prepared(
    sa.delete(_FILE).where(_FILE.c.library_id == sa.bindparam("library_id"), _FILE.c.path == sa.bindparam("path"))
)


_OF_ITEM = PreparedQuery(
    sa.select(_FILE)
    .join(_LINK, _LINK.c.file_id == _FILE.c.id)
    .where(_LINK.c.item_id == sa.bindparam("item_id", type_=_LINK.c.item_id.type), _FILE.c.missing_since.is_(None))
    .order_by(_FILE.c.path)
)


def of_item(tx: Tx, item_id: int) -> list[MediaFile]:
    """The files of an item that are not missing, by path."""
    return [file for file, _ in with_fingerprints(tx, item_id).values()]


def has_any(tx: Tx, item_id: int) -> bool:
    """Whether any file is known to belong to an item."""
    return tx.one(sa.select(_LINK.c.file_id).where(_LINK.c.item_id == item_id).limit(1)) is not None


def with_fingerprints(tx: Tx, item_id: int) -> dict[str, tuple[MediaFile, str | None]]:
    """The files of an item that are not missing, by path, with what identifies their content."""
    rows = tx.fetch(_OF_ITEM, {"item_id": item_id})
    return {row["path"]: (_file(row), row["fingerprint"]) for row in rows}


def of_items(tx: Tx, item_ids: Sequence[ItemId]) -> dict[ItemId, dict[str, tuple[MediaFile, str | None]]]:
    """The same of many items: by item, then by path."""
    found: dict[ItemId, dict[str, tuple[MediaFile, str | None]]] = {}
    for start in range(0, len(item_ids), 500):
        query = (
            sa.select(_FILE, _LINK.c.item_id)
            .join(_LINK, _LINK.c.file_id == _FILE.c.id)
            .where(_LINK.c.item_id.in_(item_ids[start : start + 500]), _FILE.c.missing_since.is_(None))
        )
        for row in tx.rows(query):
            found.setdefault(row["item_id"], {})[row["path"]] = (_file(row), row["fingerprint"])
    return found


def add(
    tx: Tx, library_id: LibraryId, item_id: ItemId, found: Iterable[tuple[MediaFile, str | None]]
) -> dict[str, FileId]:
    """Files of a new item, each with its content fingerprint if known. Returns their ids by path."""
    known = list(found)
    ids = _save(tx, library_id, known)
    for file_id in ids.values():
        tx.run(_INSERT_LINK, {"item_id": item_id, "file_id": file_id})
    traits.add(tx, [(item_id, traits.of_files(file for file, _ in known))])
    return ids


def add_many(
    tx: Tx, library_id: LibraryId, found: Iterable[tuple[ItemId, Sequence[tuple[MediaFile, str | None]]]]
) -> None:
    """The same for many new items, with two statements in all."""
    rows, links, shown = [], [], []
    for item_id, theirs in found:
        shown.append((item_id, traits.of_files(file for file, _ in theirs)))
        for file, fingerprint in theirs:
            row = _row(library_id, file, fingerprint)
            rows.append(row)
            links.append({"item_id": item_id, "library_id": library_id, "path": row["path"]})
    if rows:
        tx.run_many(_SAVE_FILE, rows)
        tx.run_many(_LINK_PATH, links)
        traits.add(tx, shown)


def ids_at(tx: Tx, library_id: LibraryId, paths: Sequence[str]) -> dict[str, FileId]:
    """The ids of the files at these paths."""
    found: dict[str, FileId] = {}
    for start in range(0, len(paths), 500):
        which = _FILE.c.path.in_(paths[start : start + 500])
        rows = tx.rows(sa.select(_FILE.c.path, _FILE.c.id).where(_FILE.c.library_id == library_id, which))
        found.update((row["path"], FileId(row["id"])) for row in rows)
    return found


def replace(
    tx: Tx, library_id: LibraryId, item_id: ItemId, found: Iterable[tuple[MediaFile, str | None]]
) -> dict[str, FileId]:
    """The files that make up an item now, each with its content fingerprint if known; others are no longer its own."""
    known = list(found)
    ids = _save(tx, library_id, known)
    traits.replace(tx, item_id, traits.OF_FILES, traits.of_files(file for file, _ in known))
    linked = {row["file_id"] for row in tx.rows(sa.select(_LINK.c.file_id).where(_LINK.c.item_id == item_id))}
    gone = linked - set(ids.values())
    if gone:
        tx.execute(sa.delete(_LINK).where(_LINK.c.item_id == item_id, _LINK.c.file_id.in_(gone)))
        unowned = ~sa.exists().where(_LINK.c.file_id == _FILE.c.id)
        tx.execute(sa.update(_FILE).where(_FILE.c.id.in_(gone), unowned).values(missing_since=NOW))
    for file_id in ids.values():
        if file_id not in linked:
            tx.run(_INSERT_LINK, {"item_id": item_id, "file_id": file_id})
    return ids


def _save(tx: Tx, library_id: LibraryId, found: Iterable[tuple[MediaFile, str | None]]) -> dict[str, FileId]:
    ids: dict[str, FileId] = {}
    for file, fingerprint in found:
        [[file_id]] = tx.run(_UPSERT_FILE, _row(library_id, file, fingerprint))
        ids[file.path] = FileId(file_id)
    return ids


def _row(library_id: LibraryId, file: MediaFile, fingerprint: str | None) -> dict[str, Any]:
    return {
        "library_id": library_id,
        "path": escape_path(file.path),
        "role": file.role.value,
        "confidence": file.confidence,
        "rule": file.rule,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "inode": signed(file.inode),
        "fingerprint": fingerprint,
        "details": document(dict(file.details)),
    }


def forget(tx: Tx, library_id: LibraryId, paths: Iterable[str]) -> None:
    """These files turned out not to be the owner's: what we published is no file of an item."""
    rows = [{"library_id": library_id, "path": escape_path(path)} for path in paths]
    if rows:
        tx.run_many(_DELETE_FILE, rows)


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget files that are no item's: those of items that are deleted, and those that went longer ago than that.

    Returns how many.
    """
    is_old = sa.or_(_FILE.c.missing_since.is_(None), _FILE.c.missing_since < pruning.ago(keep))
    unowned = ~sa.exists().where(_LINK.c.file_id == _FILE.c.id)
    return pruning.prune(tx, _FILE, unowned, is_old)


def probed_sizes(tx: Tx) -> frozenset[int]:
    """The sizes of all videos that were probed: only a file of such a size can be one of them at another place."""
    query = sa.select(_FILE.c.size).distinct().where(_FILE.c.fingerprint.is_not(None))
    return frozenset(row["size"] for row in tx.rows(query))


def with_content(tx: Tx, fingerprint: str) -> list[MediaFile]:
    """Files that have, or had, this content; the one seen last comes first."""
    query = sa.select(_FILE).where(_FILE.c.fingerprint == fingerprint).order_by(_FILE.c.id.desc())
    return [_file(row) for row in tx.rows(query)]


def contents(tx: Tx, item_ids: Sequence[ItemId]) -> dict[str, ItemId]:
    """What identifies the content of these items' videos: fingerprint -> item."""
    found: dict[str, ItemId] = {}
    for start in range(0, len(item_ids), 500):
        query = (
            sa.select(_FILE.c.fingerprint, _LINK.c.item_id)
            .join(_LINK, _LINK.c.file_id == _FILE.c.id)
            .where(_LINK.c.item_id.in_(item_ids[start : start + 500]), _FILE.c.role == FileRole.VIDEO)
            .where(_FILE.c.fingerprint.is_not(None))
            .order_by(_LINK.c.item_id.desc())
        )
        found.update((row["fingerprint"], ItemId(row["item_id"])) for row in tx.rows(query))
    return found


def episodes_by_content(tx: Tx, item_ids: Sequence[ItemId]) -> dict[str, list[ItemId]]:
    """The same of items that share files: fingerprint -> episodes, in the order of their numbers."""
    item = schema.item
    found: dict[str, list[ItemId]] = {}
    for start in range(0, len(item_ids), 500):
        query = (
            sa.select(_FILE.c.fingerprint, _LINK.c.item_id)
            .join(_LINK, _LINK.c.file_id == _FILE.c.id)
            .join(item, item.c.id == _LINK.c.item_id)
            .where(_LINK.c.item_id.in_(item_ids[start : start + 500]), _FILE.c.role == FileRole.VIDEO)
            .where(_FILE.c.fingerprint.is_not(None))
            .order_by(item.c.season_number, item.c.episode_number, item.c.id)
        )
        for row in tx.rows(query):
            found.setdefault(row["fingerprint"], []).append(ItemId(row["item_id"]))
    return found


def count_episode_videos(tx: Tx, library_id: LibraryId) -> int:
    """How many videos the episodes of a library have that are not missing."""
    item = schema.item
    query = (
        sa.select(sa.func.count(_FILE.c.id.distinct()).label("videos"))
        .join(_LINK, _LINK.c.file_id == _FILE.c.id)
        .join(item, item.c.id == _LINK.c.item_id)
        .where(item.c.library_id == library_id, item.c.kind == ItemKind.EPISODE, item.c.missing_since.is_(None))
        .where(_FILE.c.role == FileRole.VIDEO, _FILE.c.missing_since.is_(None))
    )
    row = tx.one(query)
    return 0 if row is None else int(row["videos"])


def folder_fingerprints(tx: Tx, library_id: LibraryId) -> dict[str, str]:
    """Every known folder's fingerprint."""
    return {unescape_path(path): fingerprint for path, fingerprint in tx.run(_FOLDERS, {"library_id": library_id})}


def fingerprints_of(tx: Tx, library_id: LibraryId, paths: Iterable[str]) -> dict[str, str]:
    """The fingerprints of these folders, as far as they are known."""
    rows = tx.execute(_FINGERPRINTS, {"library_id": library_id, "paths": list(paths)})
    return {row.path: row.fingerprint for row in rows}


def save_folders(tx: Tx, library_id: LibraryId, fingerprints: Mapping[str, str]) -> None:
    """These folders were recorded in this state."""
    rows = [
        {"library_id": library_id, "path": escape_path(path), "fingerprint": fingerprint}
        for path, fingerprint in fingerprints.items()
    ]
    if rows:
        tx.run_many(_UPSERT_FOLDER, rows)


def forget_folders(tx: Tx, library_id: LibraryId, paths: Sequence[str]) -> None:
    """These folders are gone."""
    for start in range(0, len(paths), 500):
        which = _FOLDER.c.path.in_(paths[start : start + 500])
        tx.execute(sa.delete(_FOLDER).where(_FOLDER.c.library_id == library_id, which))


def _file(row: sa.RowMapping | Mapping[str, Any]) -> MediaFile:
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
