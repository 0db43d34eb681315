"""Putting back what publishing did: a whole run, or single files out of the recycle bin; and going on afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from metarr.actions.phases import Submitted, watched
from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.jobs import desk, ledger, triggers
from metarr.jobs.summary import Scope
from metarr.jobs.triggers import Order
from metarr.model.audit import Deed
from metarr.model.job import JobKind
from metarr.store import audit, items, kinship, published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.job import NewJob
    from metarr.store.db import Tx
    from metarr.store.published import InBin


def undo(tx: Tx, job_id: int, *, is_whole: bool = False) -> Submitted:
    """Put the files back that a job wrote, replaced or removed (`is_whole`: every job of its workflow).

    Publishing of those items then waits until they are released. Raises NotFound, and InvalidInput when it wrote
    nothing.
    """
    runs = desk.workflow_ids(tx, job_id) if is_whole else [desk.get(tx, job_id)["id"]]
    touched = published.items_of_runs(tx, runs)
    if not touched:
        raise InvalidInput(f"Job {job_id} changed no file, so there is nothing to undo. metarr jobs show {job_id}")
    scope = watched(tx, items.get(tx, min(touched)).library_id) if len(touched) > 1 else None
    audit.record(tx, Deed.JOB_UNDONE, f"job {job_id}", workflow=is_whole, items=len(touched))
    new = [_job(tx, item_id, {"undo": its_runs}) for item_id, its_runs in touched.items()]
    return _submit(tx, new, scope)


def restore(tx: Tx, row_ids: Sequence[int]) -> Submitted:
    """Put files of the recycle bin back where they were; what lies there now goes into the bin."""
    rows = {row["id"]: row for row in published.bin_rows(tx, row_ids)}
    missing = [row_id for row_id in row_ids if row_id not in rows]
    if missing:
        raise NotFound(f"Number {missing[0]} is not in the recycle bin (any more). metarr bin list")
    orphan = next((row for row in rows.values() if row["item_id"] is None), None)
    if orphan is not None:
        raise Conflict(
            f"What {orphan['path']} belonged to is no longer known. Scan its folder first (metarr scan PATH), or "
            f"take the bytes from the cache: {orphan['sha256']}."
        )
    audit.record(tx, Deed.BIN_RESTORED, files=[row["path"] for row in rows.values()])
    by_item: dict[int, list[int]] = {}
    for row in rows.values():
        by_item.setdefault(row["item_id"], []).append(row["id"])
    scope = watched(tx, next(iter(rows.values()))["library_id"]) if len(by_item) > 1 else None
    return _submit(tx, [_job(tx, item_id, {"restore": found}) for item_id, found in by_item.items()], scope)


def release(tx: Tx, item_id: int) -> Submitted:
    """Publish an item again that an undo put on hold, with the episodes that share its file."""
    item = items.get(tx, item_id)
    for one in kinship.of_same_file(tx, item):
        items.update(tx, one.id, is_held=False)
    return _submit(tx, [triggers.item_job(Order(JobKind.PUBLISH), item.library_id, item.id)], None)


def page(tx: Tx, wanted: InBin, *, before: int | None, limit: int) -> dict[str, Any]:
    """What can be put back, newest first; `before` is where the next page begins."""
    rows = published.bin_page(tx, wanted, before=before, limit=limit)
    return {"files": rows, "before": rows[-1]["id"] if len(rows) == limit else None}


def _job(tx: Tx, item_id: int, payload: Mapping[str, Any]) -> NewJob:
    item = items.get(tx, item_id)
    return replace(triggers.item_job(Order(JobKind.PUBLISH), item.library_id, item.id), payload=payload)


def _submit(tx: Tx, new: Sequence[NewJob], scope: Scope | None) -> Submitted:
    numbers = [ledger.submit(tx, job) for job in new]
    first = new[0]
    return Submitted(len(new), scope or Scope(item_id=first.item_id, since=numbers[0]), int(first.library_id or 0))
