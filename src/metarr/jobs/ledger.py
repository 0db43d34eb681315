"""The truth about every job: submit, claim, settle, retry, cancel. Functions of a transaction; they never commit.

A claim is fenced by a fresh token: whoever settles must still hold it, else `ClaimLost` and nothing is written.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from metarr.errors import ClaimLost
from metarr.jobs.policy import GiveUp, Retry
from metarr.model.job import Job, JobId, JobKind, JobState, NewJob, Snooze
from metarr.store import schema
from metarr.store.db import JOBS, NOW, Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.store.db import Tx

MAX_LOSSES = 3  # a job that was lost with its worker so often is poison
_JOB = schema.job
_READY = sa.text("job.state = 'pending' AND job.run_at IS NULL")
_EXPRESS = sa.text("job.state = 'pending' AND job.run_at IS NULL AND NOT job.is_bulk")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Completed:
    """The phase did its work, or the job passed through; `summary` is what a person reads, `report` its figures."""

    summary: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A person asked for it."""


Ending = Completed | Cancelled | Retry | GiveUp | Snooze


@dataclass(frozen=True, slots=True)
class Slots:
    """How many jobs a worker can take now, and how many of those may be library-wide work."""

    free: int
    bulk: int


# --- submit -----------------------------------------------------------------------------------------------------------


def submit(tx: Tx, new: NewJob, parent: Job | None = None) -> JobId:
    """One job; a pending twin takes over its urgency instead. Returns the id of the job that will do the work."""
    job_id: int = tx.execute(_upsert(tx).returning(_JOB.c.id), _row(new, parent)).scalar_one()
    tx.announce(JOBS)
    return JobId(job_id)


def submit_many(tx: Tx, jobs: Iterable[NewJob], parent: Job | None = None) -> int:
    """Many jobs at once, deduplicated among themselves and against pending twins. Returns how many went in."""
    unique: dict[str, NewJob] = {}
    for new in jobs:
        twin = unique.get(new.dedupe_key)
        if twin is None or new.priority > twin.priority:
            unique[new.dedupe_key] = new
    rows = [_row(new, parent) for new in unique.values()]
    for start in range(0, len(rows), _BATCH):
        tx.execute(_upsert(tx), rows[start : start + _BATCH])
    if rows:
        tx.announce(JOBS)
    return len(rows)


def _row(new: NewJob, parent: Job | None) -> dict[str, Any]:
    return {
        "kind": new.kind,
        "item_id": new.item_id,
        "library_id": new.library_id,
        "payload": dict(new.payload),
        "priority": int(new.priority),
        "is_bulk": new.is_bulk,
        "is_forced": new.is_forced,
        "is_alone": new.is_alone,
        "delay": None if new.delay is None else new.delay.total_seconds(),
        "dedupe_key": new.dedupe_key,
        "lock_key": new.lock_key,
        "parent_id": parent.id if parent else None,
        "root_id": parent.root_id if parent else None,
    }


def _upsert(tx: Tx) -> sqlite.Insert | postgresql.Insert:
    return _UPSERT_SQLITE if tx.is_sqlite else _UPSERT_POSTGRES


def _with_conflict(insert: Any) -> Any:  # noqa: ANN401  both dialects' Insert, which share no base with this method
    delay = sa.bindparam("delay", type_=sa.Float())
    fields = ("kind", "item_id", "library_id", "payload", "priority", "is_bulk", "is_forced", "is_alone")
    keys = ("dedupe_key", "lock_key", "parent_id", "root_id")
    statement = insert.values(
        **{name: sa.bindparam(name, type_=_JOB.c[name].type) for name in fields + keys},
        state=JobState.PENDING.value,
        run_at=sa.case((delay.is_(None), None), else_=Clock(delay)),
        attempts=0,
        losses=0,
        is_cancel_requested=False,
        message="",
        created_at=NOW,
    )
    new = statement.excluded
    # DO UPDATE locks the twin until commit; DO NOTHING would lose the trigger when the twin is claimed meanwhile.
    return statement.on_conflict_do_update(
        index_elements=[_JOB.c.dedupe_key],
        index_where=sa.text("state = 'pending'"),
        set_={
            "priority": sa.case((new.priority > _JOB.c.priority, new.priority), else_=_JOB.c.priority),
            "run_at": sa.case((new.run_at.is_(None), None), else_=_JOB.c.run_at),
            "payload": new.payload,
            "is_bulk": sa.and_(_JOB.c.is_bulk, new.is_bulk),
            "is_forced": sa.or_(_JOB.c.is_forced, new.is_forced),
            "is_alone": sa.and_(_JOB.c.is_alone, new.is_alone),
        },
    )


_UPSERT_SQLITE: sqlite.Insert = _with_conflict(sqlite.insert(_JOB))
_UPSERT_POSTGRES: postgresql.Insert = _with_conflict(postgresql.insert(_JOB))


# --- claim ------------------------------------------------------------------------------------------------------------

_running = sa.alias(_JOB, "running")
_unlocked = ~sa.exists(
    sa.select(sa.literal(1))
    .select_from(_running)
    .where(sa.text("running.state = 'running'"), _running.c.lock_key == _JOB.c.lock_key)
)


def _candidates(condition: sa.TextClause) -> sa.Select[Any]:
    return (
        sa.select(_JOB)
        .where(condition, _unlocked)
        .order_by(sa.text("job.priority DESC, job.id"))
        .limit(sa.bindparam("most", type_=sa.Integer()))
        .with_for_update(skip_locked=True, of=_JOB)
    )


_ANY_CANDIDATES = _candidates(_READY)
_EXPRESS_CANDIDATES = _candidates(_EXPRESS)
_TAKE = (
    sa.update(_JOB)
    .where(_JOB.c.id == sa.bindparam("b_id"))
    .values(
        state=JobState.RUNNING.value,
        claim=sa.bindparam("b_claim"),
        worker_id=sa.bindparam("b_worker"),
        started_at=NOW,
        progress=None,
        message="",
    )
)


def claim(tx: Tx, worker_id: str, slots: Slots) -> list[Job]:
    """The most urgent ready jobs, oldest first among equals, no two with one lock key; each with a fresh token."""
    most = slots.free
    for _ in range(3):
        try:
            with tx.savepoint():
                return _claim_up_to(tx, worker_id, Slots(most, min(slots.bulk, most)))
        except IntegrityError:
            # Another machine just took a job with the same lock key. Asking for a batch again could fail for ever.
            most = min(most, 1)
    return []


def _claim_up_to(tx: Tx, worker_id: str, slots: Slots) -> list[Job]:
    chosen: dict[str, sa.RowMapping] = {}
    bulk_left = slots.bulk
    if bulk_left > 0:
        for row in tx.execute(_ANY_CANDIDATES, {"most": slots.free}).mappings():
            if row["is_bulk"] and bulk_left == 0:
                continue
            if chosen.setdefault(row["lock_key"], row) is row:
                bulk_left -= bool(row["is_bulk"])
    if len(chosen) < slots.free:
        for row in tx.execute(_EXPRESS_CANDIDATES, {"most": slots.free}).mappings():
            if len(chosen) < slots.free:
                chosen.setdefault(row["lock_key"], row)
    return [_take(tx, row, worker_id) for row in chosen.values()]


def _take(tx: Tx, row: sa.RowMapping, worker_id: str) -> Job:
    token = uuid.uuid4().hex
    tx.execute(_TAKE, {"b_id": row["id"], "b_claim": token, "b_worker": worker_id})
    return job_of({**row, "claim": token})


def job_of(row: Any) -> Job:  # noqa: ANN401  a row or a mapping alike
    """A ledger row as a phase sees it."""
    return Job(
        id=JobId(row["id"]),
        kind=JobKind(row["kind"]),
        priority=row["priority"],
        item_id=row["item_id"],
        library_id=row["library_id"],
        payload=row["payload"],
        is_bulk=row["is_bulk"],
        is_forced=row["is_forced"],
        is_alone=row["is_alone"],
        attempt=row["attempts"] + 1,
        claim=row["claim"],
        parent_id=row["parent_id"],
        root_id=JobId(row["root_id"] or row["id"]),
        waits_for=row["waits_for"],
    )


# --- settle -----------------------------------------------------------------------------------------------------------

_END = (
    sa.update(_JOB)
    .where(_JOB.c.id == sa.bindparam("b_id"), _JOB.c.claim == sa.bindparam("b_claim"))
    .values(
        state=sa.bindparam("b_state"),
        message=sa.bindparam("b_message"),
        result=sa.bindparam("b_result", type_=_JOB.c.result.type),
        claim=None,
        worker_id=None,
        waits_for=None,
        is_cancel_requested=False,
        finished_at=NOW,
    )
)
_AGAIN = (
    sa.update(_JOB)
    .where(_JOB.c.id == sa.bindparam("b_id"), _JOB.c.claim == sa.bindparam("b_claim"))
    .values(
        state=JobState.PENDING.value,
        message=sa.bindparam("b_message"),
        attempts=_JOB.c.attempts + sa.bindparam("b_spent"),
        waits_for=sa.bindparam("b_cause"),
        run_at=Clock(sa.bindparam("b_delay", type_=sa.Float())),
        claim=None,
        worker_id=None,
        progress=None,
    )
)
_ATTEMPT = sa.insert(schema.job_attempt).from_select(
    ["job_id", "claim", "worker_id", "outcome", "error", "started_at", "ended_at"],
    sa.select(
        _JOB.c.id,
        sa.bindparam("b_claim", type_=sa.Text()),
        _JOB.c.worker_id,
        sa.bindparam("b_outcome", type_=sa.Text()),
        sa.bindparam("b_error", type_=sa.Text()),
        _JOB.c.started_at,
        NOW,
    ).where(_JOB.c.id == sa.bindparam("b_id"), _JOB.c.claim == sa.bindparam("b_claim")),
)


def settle(tx: Tx, job: Job, ending: Ending, error: str = "") -> JobState:
    """Write how this attempt ended. Raises ClaimLost when the job is no longer held under this claim."""
    outcome = _OUTCOMES[type(ending)]
    record = {"b_id": job.id, "b_claim": job.claim, "b_outcome": outcome, "b_error": error or None}
    if tx.execute(_ATTEMPT, record).rowcount == 0:
        raise ClaimLost(f"job {job.id} ({job.kind}) is no longer held by this worker")
    match ending:
        case Completed(summary=summary, report=report):
            return _end(tx, job, JobState.COMPLETED, summary, report)
        case Cancelled():
            return _end(tx, job, JobState.CANCELLED, "cancelled")
        case GiveUp():
            return _end(tx, job, JobState.FAILED, error)
        case Retry(delay=delay):
            return _again(
                tx, job, {"b_delay": delay.total_seconds(), "b_message": error, "b_spent": 1, "b_cause": None}
            )
        case Snooze(delay=delay, reason=reason, cause=cause):
            return _again(
                tx, job, {"b_delay": delay.total_seconds(), "b_message": reason, "b_spent": 0, "b_cause": cause}
            )


_OUTCOMES = {Completed: "completed", Cancelled: "cancelled", GiveUp: "failed", Retry: "retried", Snooze: "snoozed"}


def _end(tx: Tx, job: Job, state: JobState, message: str, report: Mapping[str, Any] | None = None) -> JobState:
    values = {"b_id": job.id, "b_claim": job.claim, "b_state": state.value, "b_message": message}
    tx.execute(_END, {**values, "b_result": dict(report) if report else None})
    return state


def _again(tx: Tx, job: Job, values: dict[str, Any]) -> JobState:
    """Back to pending; a twin that is pending already will do the same work, and this one ends as superseded."""
    try:
        with tx.savepoint():
            tx.execute(_AGAIN, {"b_id": job.id, "b_claim": job.claim, **values})
    except IntegrityError:
        return _end(tx, job, JobState.SUPERSEDED, "a newer job does the same")
    return JobState.PENDING


def was_settled(tx: Tx, job: Job) -> bool:
    """Whether this very claim was settled before: a COMMIT whose answer got lost looks like a lost claim."""
    attempt = schema.job_attempt
    return tx.one(sa.select(attempt.c.id).where(attempt.c.claim == job.claim)) is not None


def assert_held(tx: Tx, job: Job) -> None:
    """Raise ClaimLost unless this worker still holds the job; makes rows written between beats safe."""
    held = sa.select(_JOB.c.id).where(_JOB.c.id == job.id, _JOB.c.claim == job.claim).with_for_update()
    if tx.one(held) is None:
        raise ClaimLost(f"job {job.id} ({job.kind}) is no longer held by this worker")


# --- time -------------------------------------------------------------------------------------------------------------

_PROMOTE = (
    sa.update(_JOB)
    .where(sa.text("job.state = 'pending' AND job.run_at IS NOT NULL"), _JOB.c.run_at <= NOW)
    .values(run_at=None)
)
_NEXT_DUE = sa.select(sa.func.min(_JOB.c.run_at).label("due"), NOW.label("now")).where(
    sa.text("job.state = 'pending' AND job.run_at IS NOT NULL")
)


def promote_due(tx: Tx) -> int:
    """Jobs whose time has come become ready. Returns how many."""
    return tx.execute(_PROMOTE).rowcount


def seconds_until_due(tx: Tx) -> float | None:
    """How long until the next waiting job is due (0 or less: now); None when nothing waits."""
    row = tx.execute(_NEXT_DUE).one()
    return None if row.due is None else float((row.due - row.now).total_seconds())


def set_progress(tx: Tx, job: Job, percent: float | None, message: str) -> None:
    """What a page shows beside a running job."""
    mine = sa.and_(_JOB.c.id == job.id, _JOB.c.claim == job.claim)
    tx.execute(sa.update(_JOB).where(mine).values(progress=percent, message=message))


def count_open(tx: Tx, root: JobId | None = None) -> int:
    """How many jobs (of one workflow) are pending or running."""
    query = sa.select(sa.func.count()).select_from(_JOB).where(sa.text("job.state IN ('pending', 'running')"))
    if root is not None:
        query = query.where(sa.or_(_JOB.c.root_id == root, _JOB.c.id == root))
    count: int = tx.execute(query).scalar_one()
    return count


def requested_cancels(tx: Tx, held: Sequence[Job]) -> list[JobId]:
    """Which of these running jobs were asked to stop."""
    wanted = sa.select(_JOB.c.id).where(_JOB.c.claim.in_([job.claim for job in held]), _JOB.c.is_cancel_requested)
    return [JobId(row["id"]) for row in tx.rows(wanted)]
