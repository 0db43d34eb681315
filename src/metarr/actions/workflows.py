"""Ending and restarting jobs, several at a time: those named, those of a kind, or all that one trigger led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.errors import InvalidInput
from metarr.jobs import desk, ledger, triggers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.job import JobKind
    from metarr.store.db import Tx


def retry(tx: Tx, job_ids: Sequence[int] = (), kind: JobKind | None = None, workflow: int | None = None) -> int:
    """Failed jobs start over: those named, those of a kind or of the workflow that a job belongs to, or all. Returns
    how many.
    """
    if sum((bool(job_ids), kind is not None, workflow is not None)) > 1:
        raise InvalidInput("Name jobs, a kind or a workflow, not both.")
    if workflow is not None:
        asked = desk.get(tx, workflow)
        return desk.retry(tx, root=asked["root_id"] or asked["id"])
    if not job_ids:
        return desk.retry(tx, kind=kind)
    return sum(desk.retry(tx, job_id=one) for one in dict.fromkeys(job_ids))


def wake(tx: Tx, cause: str) -> int:
    """Jobs that wait for this are tried now; what is still not so puts them off again. Returns how many."""
    woken = ledger.wake(tx, cause)
    triggers.forget_cause(tx, cause)
    return woken


def cancel(tx: Tx, job_ids: Sequence[int] = (), workflow: int | None = None) -> int:
    """End the jobs named, or everything of the workflow that a job belongs to. Returns how many that concerns."""
    if bool(job_ids) is (workflow is not None):
        raise InvalidInput("Name the jobs to cancel, or one of a workflow.")
    return desk.cancel_each(tx, job_ids) if workflow is None else desk.cancel_workflow(tx, workflow)
