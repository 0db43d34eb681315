"""What a person does with jobs: look at them, cancel, retry. Beside the ledger, which the engine itself uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.jobs import triggers
from metarr.jobs.summary import inside
from metarr.model.job import JobId, JobKind, JobState, NewJob, Priority
from metarr.store import schema
from metarr.store.db import CANCEL, JOBS, NOW
from metarr.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from metarr.jobs.summary import Scope
    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_JOB = schema.job
_PENDING_ROOT = Prepared(
    sa.select(sa.func.coalesce(_JOB.c.root_id, _JOB.c.id)).where(
        _JOB.c.dedupe_key == sa.bindparam("b_key"), sa.text("job.state = 'pending'")
    )
)


def get(tx: Tx, job_id: int) -> sa.RowMapping:
    """One job's row, or NotFound."""
    row = tx.one(sa.select(_JOB).where(_JOB.c.id == job_id))
    if row is None:
        raise NotFound(f"There is no job {job_id}.")
    return row


def page(
    tx: Tx,
    *,
    states: Sequence[JobState] = (),
    kinds: Sequence[JobKind] = (),
    scope: Scope | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[sa.RowMapping]:
    """Jobs, newest first; `before` is the last id of the page before this one."""
    query = sa.select(_JOB).order_by(_JOB.c.id.desc()).limit(limit)
    if states:
        query = query.where(_JOB.c.state.in_(states))
    if kinds:
        query = query.where(_JOB.c.kind.in_(kinds))
    if scope is not None:
        query = query.where(inside(scope))
    if before is not None:
        query = query.where(_JOB.c.id < before)
    return tx.rows(query)


@dataclass(frozen=True, slots=True)
class Workflow:
    """What one trigger led to: its jobs, oldest first, and how many more there are."""

    root: JobId
    jobs: Sequence[sa.RowMapping]
    more: int


def workflow(tx: Tx, job_id: int, *, limit: int = 200) -> Workflow:
    """The workflow that a job belongs to, from its trigger on. The job itself and what led to it are always shown."""
    asked = get(tx, job_id)
    root = JobId(asked["root_id"] or asked["id"])
    inside = sa.or_(_JOB.c.id == root, _JOB.c.root_id == root)
    first = sa.select(_JOB.c.id).where(inside).order_by(_JOB.c.id).limit(limit)
    shown = {row["id"] for row in tx.rows(first)} | set(_line_of(tx, asked))
    jobs = tx.rows(sa.select(_JOB).where(_JOB.c.id.in_(shown)).order_by(_JOB.c.id))
    total: int = tx.execute(sa.select(sa.func.count()).select_from(_JOB).where(inside)).scalar_one()
    return Workflow(root, jobs, max(0, total - len(jobs)))


def root_of_scan(tx: Tx, library_id: LibraryId, folder: str) -> int | None:
    """The root of the workflow that the pending scan of a folder belongs to; None: there is none."""
    wanted = NewJob(JobKind.SCAN, Priority.WEBHOOK, library_id=library_id, payload={"path": folder} if folder else {})
    rows = tx.run(_PENDING_ROOT, {"b_key": wanted.dedupe_key})
    return int(rows[0][0]) if rows else None


def workflow_ids(tx: Tx, job_id: int) -> list[int]:
    """The numbers of every job of the workflow that a job belongs to."""
    asked = get(tx, job_id)
    root = asked["root_id"] or asked["id"]
    inside = sa.or_(_JOB.c.id == root, _JOB.c.root_id == root)
    return [row["id"] for row in tx.rows(sa.select(_JOB.c.id).where(inside).order_by(_JOB.c.id))]


def _line_of(tx: Tx, row: sa.RowMapping | None) -> Iterator[int]:
    """A job and its parents, up to the trigger."""
    while row is not None:
        yield row["id"]
        row = tx.one(sa.select(_JOB).where(_JOB.c.id == row["parent_id"]))


def attempts(tx: Tx, job_ids: Collection[int]) -> dict[int, list[sa.RowMapping]]:
    """Every attempt of each of these jobs with how it ended, oldest first."""
    table = schema.job_attempt
    found: dict[int, list[sa.RowMapping]] = {job_id: [] for job_id in job_ids}
    for row in tx.rows(sa.select(table).where(table.c.job_id.in_(job_ids)).order_by(table.c.id)):
        found[row["job_id"]].append(row)
    return found


def counts(tx: Tx) -> dict[str, dict[str, int]]:
    """How many jobs of each kind are in each state."""
    query = sa.select(_JOB.c.kind, _JOB.c.state, sa.func.count().label("count")).group_by(_JOB.c.kind, _JOB.c.state)
    found: dict[str, dict[str, int]] = {}
    for row in tx.rows(query):
        found.setdefault(row["kind"], {})[row["state"]] = row["count"]
    return found


def cancel(tx: Tx, job_id: int) -> None:
    """A pending job ends at once; a running one is asked to stop. Raises NotFound, or Conflict when it has ended."""
    is_it = _JOB.c.id == job_id
    waits_for = get(tx, job_id)["waits_for"]
    ended: dict[str, Any] = {"state": JobState.CANCELLED.value, "finished_at": NOW, "message": "cancelled"}
    pending = sa.update(_JOB).where(is_it, _JOB.c.state == JobState.PENDING)
    if tx.execute(pending.values(**ended, run_at=None, waits_for=None)).rowcount:
        if waits_for is not None:
            triggers.forget_cause(tx, waits_for)
        return
    running = sa.update(_JOB).where(is_it, _JOB.c.state == JobState.RUNNING)
    if tx.execute(running.values(is_cancel_requested=True)).rowcount:
        tx.announce(CANCEL)
        return
    raise Conflict(f"Job {job_id} is {get(tx, job_id)['state']} already.")


def retry(tx: Tx, *, job_id: int | None = None, kind: JobKind | None = None) -> int:
    """Failed jobs (one, those of a kind, or all) start over with all their attempts. Returns how many.

    A failed job whose twin is pending is superseded by it; of several failed twins the newest goes on.
    """
    twin = sa.alias(_JOB, "twin")
    doomed: sa.ColumnElement[bool] = sa.exists().where(
        twin.c.state == JobState.PENDING, twin.c.dedupe_key == _JOB.c.dedupe_key
    )
    failed = _JOB.c.state == JobState.FAILED
    if job_id is not None:
        if get(tx, job_id)["state"] != JobState.FAILED:
            raise Conflict(f"Job {job_id} has not failed, so there is nothing to retry.")
        failed = sa.and_(failed, _JOB.c.id == job_id)
    else:
        newest = sa.select(sa.func.max(twin.c.id)).where(
            twin.c.state == JobState.FAILED, twin.c.dedupe_key == _JOB.c.dedupe_key
        )
        doomed = sa.or_(doomed, _JOB.c.id != newest.scalar_subquery())
    if kind is not None:
        failed = sa.and_(failed, _JOB.c.kind == kind)
    superseded = {"state": JobState.SUPERSEDED.value, "message": "a newer job does the same"}
    again = {"state": JobState.PENDING.value, "run_at": None, "attempts": 0, "losses": 0, "finished_at": None}
    tx.execute(sa.update(_JOB).where(failed, doomed).values(**superseded))
    count = tx.execute(sa.update(_JOB).where(failed).values(**again)).rowcount
    if count:
        tx.announce(JOBS)
    return count
