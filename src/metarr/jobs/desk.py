"""What a person does with jobs: look at them, cancel, retry. Beside the ledger, which the engine itself uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.jobs import triggers
from metarr.jobs.summary import SHOWN_STATE, WAITING, inside
from metarr.model.job import JobId, JobKind, JobState, NewJob, Priority
from metarr.store import schema
from metarr.store.db import CANCEL, JOBS, NOW
from metarr.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from metarr.jobs.summary import Scope
    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_JOB = schema.job
# As people see them: what waits for the outside world is "waiting", not "pending".
_SHOWN = sa.select(*(column for column in _JOB.c if column is not _JOB.c.state), SHOWN_STATE.label("state"))
# With the kinds, of which all are named, an index holds the answer. Made once: every page asks.
_IS_FAILED = sa.and_(_JOB.c.kind.in_(list(JobKind)), _JOB.c.state == JobState.FAILED)
_FAILED = sa.select(sa.func.count()).select_from(_JOB).where(_IS_FAILED)
_PENDING_ROOT = Prepared(
    sa.select(sa.func.coalesce(_JOB.c.root_id, _JOB.c.id)).where(
        _JOB.c.dedupe_key == sa.bindparam("b_key"), sa.text("job.state = 'pending'")
    )
)


def get(tx: Tx, job_id: int) -> sa.RowMapping:
    """One job's row, or NotFound."""
    row = tx.one(_SHOWN.where(_JOB.c.id == job_id))
    if row is None:
        raise NotFound(f"There is no job {job_id}.")
    return row


def page(
    tx: Tx,
    *,
    states: Sequence[str] = (),
    kinds: Sequence[JobKind] = (),
    scope: Scope | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[sa.RowMapping]:
    """Jobs, newest first; `before` is the last id of the page before this one. `states`: as they are shown."""
    query = _SHOWN.order_by(_JOB.c.id.desc()).limit(limit)
    if states:
        kept = [JobState.PENDING.value if state == WAITING else state for state in states]
        query = query.where(_JOB.c.state.in_(kept), SHOWN_STATE.in_(states))
    if kinds:
        query = query.where(_JOB.c.kind.in_(kinds))
    if scope is not None:
        query = query.where(inside(scope))
    if before is not None:
        query = query.where(_JOB.c.id < before)
    return tx.rows(query)


@dataclass(frozen=True, slots=True)
class Node:
    """A job in the tree of its workflow. `depth`: how far below the trigger; `children`: what it led to itself."""

    row: sa.RowMapping
    depth: int
    children: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """What one trigger led to: its jobs, each followed by those that it led to; and how many more there are.

    `ended`: how many of all of them are over, in percent.
    """

    root: JobId
    nodes: Sequence[Node]
    more: int
    ended: float


def workflow(tx: Tx, job_id: int, *, limit: int = 200) -> Workflow:
    """The workflow that a job belongs to, from its trigger on. The job itself and what led to it are always shown."""
    asked = get(tx, job_id)
    root = JobId(asked["root_id"] or asked["id"])
    inside = sa.or_(_JOB.c.id == root, _JOB.c.root_id == root)
    first = sa.select(_JOB.c.id).where(inside).order_by(_JOB.c.id).limit(limit)
    shown = {row["id"] for row in tx.rows(first)} | set(_line_of(tx, asked))
    jobs = tx.rows(_SHOWN.where(_JOB.c.id.in_(shown)).order_by(_JOB.c.id))
    is_over = sa.case((_JOB.c.state.in_([JobState.PENDING, JobState.RUNNING]), 0), else_=1)
    counted = sa.select(sa.func.count().label("jobs"), sa.func.sum(is_over).label("over")).select_from(_JOB)
    [sums] = tx.rows(counted.where(inside))
    more = max(0, sums["jobs"] - len(jobs))
    return Workflow(root, in_tree_order(jobs), more, 100 * int(sums["over"] or 0) / max(1, sums["jobs"]))


def in_tree_order(jobs: Sequence[sa.RowMapping]) -> list[Node]:
    """Every job with what it led to right below it. One whose parent is not among them stands at the top."""
    known = {row["id"] for row in jobs}
    below: dict[int | None, list[sa.RowMapping]] = {}
    for row in jobs:
        below.setdefault(row["parent_id"] if row["parent_id"] in known else None, []).append(row)
    nodes: list[Node] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        children = below.get(row["id"], [])
        nodes.append(Node(row, depth, tuple(child["id"] for child in children)))
        waiting += [(child, depth + 1) for child in reversed(children)]
    return nodes


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


def last_end(tx: Tx) -> datetime | None:
    """When a job last came to its end; None: none has."""
    found: datetime | None = tx.execute(sa.select(sa.func.max(_JOB.c.finished_at))).scalar_one()
    return found


def count_failed(tx: Tx) -> int:
    """How many jobs lie in the dead letter."""
    found: int = tx.execute(_FAILED).scalar_one()
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
    get(tx, job_id)
    if not _cancel(tx, _JOB.c.id == job_id):
        raise Conflict(f"Job {job_id} is {get(tx, job_id)['state']} already.")


def cancel_each(tx: Tx, job_ids: Sequence[int]) -> int:
    """The same for several, but for those that have ended. Returns how many. Raises NotFound."""
    for job_id in job_ids:
        get(tx, job_id)
    return _cancel(tx, _JOB.c.id.in_(job_ids))


def cancel_workflow(tx: Tx, job_id: int) -> int:
    """The same for all that the trigger behind a job led to. Returns how many. Raises NotFound."""
    asked = get(tx, job_id)
    root = asked["root_id"] or asked["id"]
    return _cancel(tx, sa.or_(_JOB.c.id == root, _JOB.c.root_id == root))


def cancel_library(tx: Tx, library_id: int) -> None:
    """The same for all that concerns a library."""
    _cancel(tx, _JOB.c.library_id == library_id)


def running_in(tx: Tx, library_id: int) -> list[int]:
    """The jobs of a library that run at this moment."""
    running = sa.select(_JOB.c.id).where(sa.text("job.state = 'running'"), _JOB.c.library_id == library_id)
    return [row["id"] for row in tx.rows(running.order_by(_JOB.c.id))]


def _cancel(tx: Tx, which: sa.ColumnElement[bool]) -> int:
    is_pending = _JOB.c.state == JobState.PENDING
    awaited = tx.rows(sa.select(_JOB.c.waits_for).distinct().where(which, is_pending, _JOB.c.waits_for.is_not(None)))
    ended: dict[str, Any] = {"state": JobState.CANCELLED.value, "finished_at": NOW, "message": "cancelled"}
    count = tx.execute(sa.update(_JOB).where(which, is_pending).values(**ended, run_at=None, waits_for=None)).rowcount
    for row in awaited:
        triggers.forget_cause(tx, row["waits_for"])
    running = sa.update(_JOB).where(which, _JOB.c.state == JobState.RUNNING).values(is_cancel_requested=True)
    asked = tx.execute(running).rowcount
    if asked:
        tx.announce(CANCEL)
    return count + asked


def run_now(tx: Tx, job_id: int) -> None:
    """A job that waits for its time, or for the world outside, is ready now. Raises NotFound, or Conflict."""
    row = get(tx, job_id)
    is_put_off = sa.and_(_JOB.c.id == job_id, sa.text("job.state = 'pending' AND job.run_at IS NOT NULL"))
    ready = {"run_at": None, "waits_for": None, "message": ""}
    if not tx.execute(sa.update(_JOB).where(is_put_off).values(**ready)).rowcount:
        raise Conflict(f"Job {job_id} is {row['state']} and waits for nothing.")
    if row["waits_for"] is not None:
        triggers.forget_cause(tx, row["waits_for"])
    tx.announce(JOBS)


def retry(tx: Tx, *, job_id: int | None = None, kind: JobKind | None = None, root: int | None = None) -> int:
    """Failed jobs (one, those of a kind or of a workflow, or all) start over with all their attempts. Returns how many.

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
    if root is not None:
        failed = sa.and_(failed, sa.or_(_JOB.c.id == root, _JOB.c.root_id == root))
    superseded = {"state": JobState.SUPERSEDED.value, "message": "a newer job does the same"}
    again = {"state": JobState.PENDING.value, "run_at": None, "attempts": 0, "losses": 0, "finished_at": None}
    tx.execute(sa.update(_JOB).where(failed, doomed).values(**superseded))
    count = tx.execute(sa.update(_JOB).where(failed).values(**again)).rowcount
    if count:
        tx.announce(JOBS)
    return count
