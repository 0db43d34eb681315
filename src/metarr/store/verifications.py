"""Runs of verification, what they compare, and what they remember of earlier ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.media import Identity, ItemId
from metarr.model.published import Owned
from metarr.model.verification import Known, Mode, Verification
from metarr.store import pruning, schema
from metarr.store.db import NOW, after
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import timedelta

    from metarr.model.job import Job
    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_RUN = schema.verification
_FINDING = schema.finding
_FILE = schema.published_file
_ITEM = schema.item
_HISTORY = schema.history
_FOUND = sa.select(sa.func.count()).where(_FINDING.c.job_id == _RUN.c.id).correlate(_RUN)
_RUNS = sa.select(
    *_RUN.columns,
    _FOUND.scalar_subquery().label("found"),
    _FOUND.where(_FINDING.c.is_repaired).scalar_subquery().label("repaired"),
)


# --- runs -------------------------------------------------------------------------------------------------------------


def begin(tx: Tx, job: Job, library_id: LibraryId, mode: Mode, *, is_repairing: bool) -> int:
    """A run begins, or begins again after it was broken off: then what it repaired before counts. Returns how much."""
    row = {
        "id": job.id,
        "library_id": library_id,
        "item_id": job.item_id,
        "mode": mode.value,
        "is_repairing": is_repairing,
        "started_at": NOW,
        "ended_at": None,
        "checked": 0,
    }
    tx.execute(upsert(tx, _RUN, ["id"], row, keep=["started_at"]))
    tx.execute(sa.delete(_FINDING).where(_FINDING.c.job_id == job.id, ~_FINDING.c.is_repaired))
    return get(tx, job.id).repaired


def end(tx: Tx, run_id: int, checked: int) -> None:
    """It is complete."""
    tx.execute(sa.update(_RUN).where(_RUN.c.id == run_id).values(ended_at=NOW, checked=checked))


def get(tx: Tx, run_id: int) -> Verification:
    """One run, or NotFound."""
    row = tx.one(_RUNS.where(_RUN.c.id == run_id))
    if row is None:
        raise NotFound(f"There is no verification {run_id}.")
    return _run(row)


def page(
    tx: Tx, *, library_id: int | None, item_id: int | None = None, before: int | None, limit: int
) -> list[Verification]:
    """Runs, newest first; `item_id`: those of one item alone."""
    query = _RUNS if library_id is None else _RUNS.where(_RUN.c.library_id == library_id)
    query = query if item_id is None else query.where(_RUN.c.item_id == item_id)
    query = query if before is None else query.where(_RUN.c.id < before)
    return [_run(row) for row in tx.rows(query.order_by(_RUN.c.id.desc()).limit(limit))]


def previous(tx: Tx, run: Verification) -> Verification | None:
    """The complete run of the same scope before that one."""
    scope = _RUN.c.item_id.is_(None) if run.item_id is None else _RUN.c.item_id == run.item_id
    query = _RUNS.where(_RUN.c.library_id == run.library_id, scope, _RUN.c.id < run.id, _RUN.c.ended_at.is_not(None))
    row = tx.one(query.order_by(_RUN.c.id.desc()).limit(1))
    return None if row is None else _run(row)


def _last() -> sa.Select[Any]:
    is_whole = sa.and_(_RUN.c.item_id.is_(None), _RUN.c.ended_at.is_not(None))
    last = sa.select(sa.func.max(_RUN.c.id)).where(is_whole).group_by(_RUN.c.library_id)
    return _RUNS.where(_RUN.c.id.in_(last)).order_by(_RUN.c.library_id)


_LAST = _last()  # made once: every page asks


def unsolved(tx: Tx) -> list[Verification]:
    """Of each library the last complete run over all of it, where that left something as it found it."""
    runs = [_run(row) for row in tx.rows(_LAST)]
    return [run for run in runs if run.found > run.repaired]


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget runs of longer ago. Returns how many."""
    return pruning.prune(tx, _RUN, _RUN.c.started_at < pruning.ago(keep))


def _run(row: sa.RowMapping) -> Verification:
    return Verification(**{**row, "mode": Mode(row["mode"])})


# --- what is compared -------------------------------------------------------------------------------------------------


def to_check(tx: Tx, library_id: LibraryId) -> list[tuple[ItemId, bool]]:
    """Items that were published and are not missing; whether nothing changed since that publishing depends on."""
    query = sa.select(_ITEM.c.id, _ITEM.c.revision == _ITEM.c.published_revision).where(
        _ITEM.c.library_id == library_id,
        _ITEM.c.published_revision.is_not(None),
        _ITEM.c.missing_since.is_(None),
        _ITEM.c.identity.in_([Identity.IDENTIFIED.value, Identity.LOCAL.value]),
    )
    found: Iterable[Any] = tx.execute(query.order_by(_ITEM.c.id))
    return [(ItemId(item_id), bool(is_same)) for item_id, is_same in found]


def known(tx: Tx, items: Sequence[tuple[ItemId, bool]], read_within: timedelta) -> list[Known]:
    """What the database says of these neighbours (in the order of their ids), in one statement."""
    columns = (_FILE.c.item_id, _FILE.c.path, _FILE.c.sha256, _FILE.c.size, _FILE.c.mtime_ns, _FILE.c.inode)
    oldest = sa.select(after(-read_within)).scalar_subquery()  # the clock is asked once, not for every row
    is_due = sa.func.coalesce(_FILE.c.checked_at < oldest, sa.true())
    which = _FILE.c.item_id.between(items[0][0], items[-1][0])
    found: dict[int, list[Owned]] = {}
    due: set[int] = set()
    rows: Iterable[Any] = tx.execute(sa.select(*columns, is_due).where(which))
    for item_id, path, sha256, size, mtime_ns, inode, must_read in rows:
        found.setdefault(item_id, []).append(Owned(path, sha256, size, mtime_ns, inode))
        if must_read:
            due.add(item_id)
    return [Known(one, is_same, one in due or one not in found, tuple(found.get(one, ()))) for one, is_same in items]


def mark_read(tx: Tx, item_ids: Collection[ItemId]) -> None:
    """Every byte of these items' files was right just now."""
    tx.execute(sa.update(_FILE).where(_FILE.c.item_id.in_(item_ids)).values(checked_at=NOW))


# --- what earlier runs did --------------------------------------------------------------------------------------------


def repairs(tx: Tx, item_id: ItemId, within: timedelta) -> dict[str, int]:
    """How often verification put back each file of an item lately."""
    query = (
        sa.select(_HISTORY.c.path, sa.func.count().label("times"))
        .where(
            _HISTORY.c.item_id == item_id,
            _HISTORY.c.action == "restore",
            _HISTORY.c.at > after(-within),
            _HISTORY.c.job_id.in_(sa.select(_RUN.c.id)),
        )
        .group_by(_HISTORY.c.path)
    )
    return {row["path"]: row["times"] for row in tx.rows(query)}


def usual_writers(tx: Tx, item_id: ItemId, within: timedelta) -> dict[str, str]:
    """Who was mostly found to have written each file of an item lately, where that was known."""
    query = sa.select(_FINDING.c.path, _FINDING.c.writer).where(
        _FINDING.c.item_id == item_id, _FINDING.c.found_at > after(-within), _FINDING.c.writer.is_not(None)
    )
    found: dict[str, Counter[str]] = {}
    for row in tx.rows(query.order_by(_FINDING.c.id)):
        found.setdefault(row["path"], Counter())[row["writer"]] += 1
    return {path: writers.most_common(1)[0][0] for path, writers in found.items()}


def written(tx: Tx, item_id: ItemId) -> set[str]:
    """The hashes of everything that we ever wrote into the library for an item."""
    by_us = _HISTORY.c.action.in_(["create", "replace", "restore", "backup_replace"])
    query = sa.select(_HISTORY.c.after).where(_HISTORY.c.item_id == item_id, by_us, _HISTORY.c.after.is_not(None))
    return {row["after"] for row in tx.rows(query)}
