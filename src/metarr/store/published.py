"""What publishing did: the files we own, the history, and the recycle bin's rows (its bytes are blobs in the cache)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.artwork import Blob, BlobOrigin
from metarr.model.published import HistoryLine, Owned, Purpose, Recycled
from metarr.store import artwork, pruning, schema
from metarr.store.columns import escape_path, signed, unescape_path, unsigned
from metarr.store.db import NOW
from metarr.store.prepared import Prepared, prepared_insert, prepared_upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from metarr.model.job import JobId
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_FILE = schema.published_file
_HISTORY = schema.history
_RECYCLED = schema.recycled
_BLOB = schema.blob
_KEPT = (
    _RECYCLED.c.path, _RECYCLED.c.sha256, _BLOB.c.extension, _BLOB.c.size, _BLOB.c.origin, _RECYCLED.c.uid,
    _RECYCLED.c.gid, _RECYCLED.c.mode, _RECYCLED.c.mtime_ns, _RECYCLED.c.reason,
)  # fmt: skip
_BIN = sa.select(
    _RECYCLED.c.id, _RECYCLED.c.library_id, _RECYCLED.c.item_id, _RECYCLED.c.job_id, _RECYCLED.c.path,
    _RECYCLED.c.sha256, _BLOB.c.size, _BLOB.c.extension, _RECYCLED.c.reason, _RECYCLED.c.recycled_at,
).join(_BLOB, _BLOB.c.sha256 == _RECYCLED.c.sha256)  # fmt: skip

_OWNED = ("path", "sha256", "size", "mtime_ns", "inode", "purpose")
_OWN = prepared_upsert(_FILE, ["library_id", "path"], ["library_id", "item_id", *_OWNED], published_at=NOW)
_OWNED_BY = Prepared(
    sa.select(*(_FILE.c[name] for name in _OWNED))
    .where(_FILE.c.item_id == sa.bindparam("item_id", type_=_FILE.c.item_id.type))
    .order_by(_FILE.c.path)
)
_TOLD = ("item_id", "job_id", "action", "path", "reason", "before", "after", "source")
_TELL = prepared_insert(_HISTORY, _TOLD, at=NOW)


def owned(tx: Tx, item_id: int) -> list[Owned]:
    """The files that we published for an item."""
    rows = tx.run(_OWNED_BY, {"item_id": item_id})
    return [
        Owned(unescape_path(path), sha256, size, mtime_ns, unsigned(inode), is_edited=kind == Purpose.EDITED)
        for path, sha256, size, mtime_ns, inode, kind in rows
    ]


def owned_at(tx: Tx, library_id: LibraryId, paths: Iterable[str]) -> list[Owned]:
    """Those of these files that we published, for whichever item."""
    wanted = sorted(paths)
    found: list[Owned] = []
    for start in range(0, len(wanted), 500):
        which = sa.and_(_FILE.c.library_id == library_id, _FILE.c.path.in_(wanted[start : start + 500]))
        found += [_owned(row) for row in tx.rows(sa.select(_FILE).where(which).order_by(_FILE.c.path))]
    return found


def _owned(row: sa.RowMapping) -> Owned:
    is_edited = row["purpose"] == Purpose.EDITED
    return Owned(row["path"], row["sha256"], row["size"], row["mtime_ns"], row["inode"], is_edited)


def owned_by(tx: Tx, item_ids: Sequence[ItemId]) -> list[Owned]:
    """The files that we published for any of these items."""
    found: list[Owned] = []
    for start in range(0, len(item_ids), 500):
        query = sa.select(_FILE).where(_FILE.c.item_id.in_(item_ids[start : start + 500])).order_by(_FILE.c.path)
        found += [_owned(row) for row in tx.rows(query)]
    return found


def rename(tx: Tx, library_id: LibraryId, path: str, now: str) -> None:
    """A file of ours has another path now."""
    which = sa.and_(_FILE.c.library_id == library_id, _FILE.c.path == path)
    tx.execute(sa.update(_FILE).where(which).values(path=now))


def own(tx: Tx, library_id: LibraryId, item_id: ItemId, purpose: Purpose, file: Owned) -> None:
    """This file is ours now."""
    own_many(tx, library_id, item_id, [(purpose, file)])


def own_many(tx: Tx, library_id: LibraryId, item_id: ItemId, ours: Iterable[tuple[Purpose, Owned]]) -> None:
    """These files are ours now."""
    rows = [
        {
            "library_id": library_id,
            "item_id": item_id,
            "purpose": purpose.value,
            "path": escape_path(file.path),
            "sha256": file.sha256,
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "inode": signed(file.inode),
        }
        for purpose, file in ours
    ]
    if rows:
        tx.run_many(_OWN, rows)


def disown(tx: Tx, library_id: LibraryId, path: str) -> None:
    """This file is no longer ours."""
    tx.execute(sa.delete(_FILE).where(_FILE.c.library_id == library_id, _FILE.c.path == path))


def write_history(tx: Tx, item_id: ItemId, job_id: JobId | None, lines: Iterable[HistoryLine]) -> None:
    """What was done to the files of an item, and why."""
    about = {"item_id": item_id, "job_id": job_id}
    rows = [{**about, **asdict(line), "path": escape_path(line.path)} for line in lines]
    if rows:
        tx.run_many(_TELL, rows)


def occasion(tx: Tx, job_id: JobId) -> str | None:
    """What made a job, or the first of its workflow, look at files, where it was somebody else's doing."""
    job, root = schema.job.alias(), schema.job.alias()
    query = sa.select(job.c.payload, root.c.payload.label("of_root"))
    row = tx.one(query.outerjoin(root, root.c.id == job.c.root_id).where(job.c.id == job_id))
    told: str | None = {**(row["of_root"] or {}), **row["payload"]}.get("because") if row is not None else None
    return told


def history(tx: Tx, item_id: int, limit: int = 200) -> Sequence[sa.RowMapping]:
    """What happened to an item's files, newest first."""
    return tx.rows(sa.select(_HISTORY).where(_HISTORY.c.item_id == item_id).order_by(_HISTORY.c.id.desc()).limit(limit))


def run_lines(tx: Tx, item_id: ItemId, job_ids: Sequence[int]) -> list[HistoryLine]:
    """What these jobs did to the files of an item, oldest first."""
    which = sa.and_(_HISTORY.c.item_id == item_id, _HISTORY.c.job_id.in_(list(job_ids)))
    names = ("action", "path", "reason", "before", "after")
    rows = tx.rows(sa.select(_HISTORY).where(which, _HISTORY.c.path.is_not(None)).order_by(_HISTORY.c.id))
    return [HistoryLine(**{name: row[name] for name in names}) for row in rows]


def items_of_runs(tx: Tx, job_ids: Sequence[int]) -> dict[ItemId, list[int]]:
    """The items whose files these jobs touched, each with its jobs among them."""
    found: dict[ItemId, list[int]] = {}
    columns = (_HISTORY.c.item_id, _HISTORY.c.job_id)
    for start in range(0, len(job_ids), 500):
        these = _HISTORY.c.job_id.in_(job_ids[start : start + 500])
        for row in tx.rows(sa.select(*columns).where(these).distinct().order_by(*columns)):
            found.setdefault(row["item_id"], []).append(row["job_id"])
    return found


def kept_by_runs(tx: Tx, item_id: ItemId, job_ids: Sequence[int]) -> list[Recycled]:
    """What these jobs put into the recycle bin for an item, and is still there, oldest first."""
    which = sa.and_(_RECYCLED.c.item_id == item_id, _RECYCLED.c.job_id.in_(list(job_ids)))
    return _bin(tx, sa.select(*_KEPT).where(which, _RECYCLED.c.restored_at.is_(None)))


def kept(tx: Tx, row_ids: Sequence[int]) -> list[Recycled]:
    """These rows of the recycle bin."""
    return _bin(tx, sa.select(*_KEPT).where(_RECYCLED.c.id.in_(list(row_ids)), _RECYCLED.c.restored_at.is_(None)))


@dataclass(frozen=True, slots=True)
class InBin:
    """Which rows of the recycle bin; nothing set: all. `part`: of their paths."""

    library_id: int | None = None
    item_id: int | None = None
    job_id: int | None = None
    part: str = ""


def bin_page(tx: Tx, wanted: InBin, *, before: int | None, limit: int) -> list[dict[str, Any]]:
    """What can be put back, newest first: id, library_id, item_id, job_id, path, sha256, size, reason, recycled_at."""
    query = _BIN.where(_RECYCLED.c.restored_at.is_(None))
    values = (
        (_RECYCLED.c.library_id, wanted.library_id),
        (_RECYCLED.c.item_id, wanted.item_id),
        (_RECYCLED.c.job_id, wanted.job_id),
    )
    query = query.where(*(column == value for column, value in values if value is not None))
    if wanted.part:
        query = query.where(sa.type_coerce(_RECYCLED.c.path, sa.Text).icontains(wanted.part, autoescape=True))
    query = query if before is None else query.where(_RECYCLED.c.id < before)
    return [dict(row) for row in tx.rows(query.order_by(_RECYCLED.c.id.desc()).limit(limit))]


def bin_size(tx: Tx) -> tuple[int, int]:
    """How many files it holds, and the bytes of their contents; what lies there twice takes its room once."""
    kept = sa.select(_RECYCLED.c.sha256).where(_RECYCLED.c.restored_at.is_(None))
    files: int = tx.execute(sa.select(sa.func.count()).select_from(kept.subquery())).scalar_one()
    size = sa.select(sa.func.coalesce(sa.func.sum(_BLOB.c.size), 0)).where(_BLOB.c.sha256.in_(kept))
    return files, int(tx.execute(size).scalar_one())


def bin_rows(tx: Tx, row_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those of these rows that can be put back, with the same columns."""
    query = _BIN.where(_RECYCLED.c.restored_at.is_(None), _RECYCLED.c.id.in_(list(row_ids)))
    return [dict(row) for row in tx.rows(query.order_by(_RECYCLED.c.id))]


def mark_restored(tx: Tx, library_id: LibraryId, files: Iterable[Recycled]) -> None:
    """These lie in the library again."""
    for file in files:
        same = sa.and_(
            _RECYCLED.c.library_id == library_id,
            _RECYCLED.c.path == file.path,
            _RECYCLED.c.sha256 == file.sha256,
            _RECYCLED.c.restored_at.is_(None),
        )
        tx.execute(sa.update(_RECYCLED).where(same).values(restored_at=NOW))


def _bin(tx: Tx, query: sa.Select[Any]) -> list[Recycled]:
    rows = tx.rows(query.join(_BLOB, _BLOB.c.sha256 == _RECYCLED.c.sha256).order_by(_RECYCLED.c.id))
    return [Recycled(**{**row, "origin": BlobOrigin(row["origin"])}) for row in rows]


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
    return pruning.prune(tx, _RECYCLED, _RECYCLED.c.recycled_at < pruning.ago(older_than))


def prune_history(tx: Tx, keep: timedelta) -> int:
    """Forget what was done longer ago than that. Returns how many lines.

    Lines stand in the order of their time: only the first ones are looked at.
    """
    first = sa.select(_HISTORY.c.id, _HISTORY.c.at).order_by(_HISTORY.c.id).limit(pruning.MOST).subquery("first")
    return pruning.prune(tx, _HISTORY, _HISTORY.c.id.in_(sa.select(first.c.id).where(first.c.at < pruning.ago(keep))))
