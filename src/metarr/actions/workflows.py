"""Ending and restarting jobs, several at a time: those named, those of a kind, or all that one trigger led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.errors import InvalidInput
from metarr.jobs import desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.job import JobKind
    from metarr.store.db import Tx


def retry(tx: Tx, job_ids: Sequence[int] = (), kind: JobKind | None = None) -> int:
    """Failed jobs start over: those named, those of a kind, or all. Returns how many."""
    if kind is not None and job_ids:
        raise InvalidInput("Name jobs or a kind, not both.")
    if not job_ids:
        return desk.retry(tx, kind=kind)
    return sum(desk.retry(tx, job_id=one) for one in dict.fromkeys(job_ids))


def cancel(tx: Tx, job_ids: Sequence[int] = (), workflow: int | None = None) -> int:
    """End the jobs named, or everything of the workflow that a job belongs to. Returns how many that concerns."""
    if bool(job_ids) is (workflow is not None):
        raise InvalidInput("Name the jobs to cancel, or one of a workflow.")
    return desk.cancel_each(tx, job_ids) if workflow is None else desk.cancel_workflow(tx, workflow)
