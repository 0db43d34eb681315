"""The truth about every job: submit, claim, settle, retry, cancel. Functions of a transaction; they never commit.

A claim is fenced by a fresh token: whoever settles must still hold it, else `ClaimLost` and nothing is written.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from metarr.errors import ClaimLost
from metarr.jobs.policy import GiveUp, Retry
from metarr.jobs.reach import EVERYTHING, TAKEN, taking
from metarr.model.job import Job, JobId, JobKind, JobState, NewJob, Snooze
from metarr.store import schema
from metarr.store.db import JOBS, NOW, Clash, Clock, after
from metarr.store.prepared import Prepared
from metarr.store.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    from metarr.jobs.reach import Reach
    from metarr.store.db import Tx

MAX_LOSSES = 3  # a job that was lost with its worker so often is poison
_JOB = schema.job


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
    [(job_id,)] = tx.run(_SUBMIT, _row(new, parent))
    tx.announce(JOBS)
    return JobId(job_id)


def submit_later(tx: Tx, new: NewJob, delay: timedelta) -> None:
    """One job, not before `delay` from now: a pending twin that waits is put off until then."""
    job_id = submit(tx, replace(new, delay=delay))
    waits = sa.and_(_JOB.c.id == job_id, _JOB.c.run_at.is_not(None))
    tx.execute(sa.update(_JOB).where(waits).values(run_at=after(delay)))


def submit_within(tx: Tx, new: NewJob, delay: timedelta, parent: Job | None = None) -> None:
    """One job, not before `delay` from now: a pending twin that would come later comes then, unless it snoozes."""
    job_id = submit(tx, replace(new, delay=delay), parent)
    is_later = sa.and_(_JOB.c.id == job_id, _JOB.c.run_at > after(delay), _JOB.c.waits_for.is_(None))
    tx.execute(sa.update(_JOB).where(is_later).values(run_at=after(delay)))


def submit_many(tx: Tx, jobs: Iterable[NewJob], parent: Job | None = None) -> int:
    """Many jobs at once, deduplicated among themselves and against pending twins. Returns how many went in."""
    unique = _unique(jobs)
    if unique:
        tx.run_many(_SUBMIT_MANY, [_row(new, parent) for new in unique])
        tx.announce(JOBS)
    return len(unique)


def submit_together(tx: Tx, jobs: Iterable[NewJob]) -> int:
    """The same for what one trigger asks for, as one workflow: it is seen, summed up and cancelled as a whole."""
    unique = _unique(jobs)
    if not unique:
        return 0
    first = submit(tx, unique[0])
    root = tx.execute(sa.select(sa.func.coalesce(_JOB.c.root_id, _JOB.c.id)).where(_JOB.c.id == first)).scalar_one()
    if len(unique) > 1:
        tx.run_many(_SUBMIT_MANY, [{**_row(new, None), "root_id": root} for new in unique[1:]])
    return len(unique)


def _unique(jobs: Iterable[NewJob]) -> list[NewJob]:
    """Without twins; the most urgent of them stays."""
    unique: dict[str, NewJob] = {}
    for new in jobs:
        key = new.dedupe_key
        twin = unique.get(key)
        if twin is None or new.priority > twin.priority:
            unique[key] = new
    return list(unique.values())


def _row(new: NewJob, parent: Job | None) -> dict[str, Any]:
    """The statement's values as the driver takes them."""
    return {
        "kind": new.kind.value,
        "item_id": new.item_id,
        "library_id": new.library_id,
        "payload": json.dumps(dict(new.payload), separators=(",", ":")),
        "priority": int(new.priority),
        "is_bulk": new.is_bulk,
        "is_forced": new.is_forced,
        "is_alone": new.is_alone,
        "delay": None if new.delay is None else new.delay.total_seconds(),
        "waits_for": new.waits_for,
        "message": new.message,
        "dedupe_key": new.dedupe_key,
        "lock_key": new.lock_key,
        "parent_id": parent.id if parent else None,
        "root_id": parent.root_id if parent else None,
        "trigger": None if parent or new.trigger is None else new.trigger.value,
        "schedule_id": None if parent else new.schedule_id,
    }


def _upsert(is_sqlite: bool) -> Any:  # noqa: ANN401, FBT001  both dialects' Insert; as `Prepared` asks for it
    delay = sa.bindparam("delay", type_=sa.Float())
    texts = ("kind", "payload", "dedupe_key", "lock_key", "waits_for", "message", "trigger")
    fields = ("item_id", "library_id", "priority", "is_bulk", "is_forced", "is_alone")
    origin = ("parent_id", "root_id", "schedule_id")
    statement = insert_into(_JOB, is_sqlite=is_sqlite).values(
        **{name: sa.bindparam(name, type_=sa.Text()) for name in texts},
        **{name: sa.bindparam(name, type_=_JOB.c[name].type) for name in (*fields, *origin)},
        state=JobState.PENDING.value,
        run_at=sa.case((sa.cast(delay, sa.Float).is_(None), None), else_=Clock(delay)),
        attempts=0,
        losses=0,
        is_cancel_requested=False,
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


_SUBMIT = Prepared(lambda is_sqlite: _upsert(is_sqlite).returning(_JOB.c.id))
_SUBMIT_MANY = Prepared(_upsert)  # answers cost SQLite as much as the rows


# --- claim ------------------------------------------------------------------------------------------------------------


def claim(tx: Tx, worker_id: str, slots: Slots, reach: Reach = EVERYTHING) -> list[Job]:
    """The most urgent ready jobs, oldest first among equals, no two with one lock key; each with a fresh token.

    Raises Clash when another machine takes a job with the same lock key in this very moment.
    """
    jobs: list[Job] = []
    bulk_left = slots.bulk
    while len(jobs) < slots.free:
        statement = taking(reach, express=bulk_left <= 0)
        try:
            rows = tx.run(statement, {"b_claim": uuid.uuid4().hex, "b_worker": worker_id})
        except IntegrityError as error:
            raise Clash("two workers claimed jobs with one lock key") from error
        if not rows:
            break
        jobs.append(_job(dict(zip(TAKEN, rows[0], strict=True))))
        bulk_left -= jobs[-1].is_bulk
    return jobs


def _job(row: Mapping[str, Any]) -> Job:
    """A row as the driver has it: SQLite knows no booleans, and no database knows our JSON."""
    return Job(
        id=JobId(row["id"]),
        kind=JobKind(row["kind"]),
        priority=row["priority"],
        item_id=row["item_id"],
        library_id=row["library_id"],
        payload=json.loads(row["payload"]),
        is_bulk=bool(row["is_bulk"]),
        is_forced=bool(row["is_forced"]),
        is_alone=bool(row["is_alone"]),
        attempt=row["attempts"] + 1,
        claim=row["claim"],
        parent_id=row["parent_id"],
        root_id=JobId(row["root_id"] or row["id"]),
        waits_for=row["waits_for"],
        losses=row["losses"],
    )


# --- settle -----------------------------------------------------------------------------------------------------------

_MINE = sa.and_(_JOB.c.id == sa.bindparam("b_id"), _JOB.c.claim == sa.bindparam("b_claim"))
_SETTLED = (_JOB.c.state, _JOB.c.worker_id, _JOB.c.started_at)
_END = Prepared(
    sa.update(_JOB)
    .where(_MINE)
    .values(
        state=sa.bindparam("b_state"),
        message=sa.bindparam("b_message"),
        result=sa.bindparam("b_result", type_=sa.Text()),
        claim=None,
        waits_for=None,
        is_cancel_requested=False,
        finished_at=NOW,
    )
    .returning(*_SETTLED)
)
# Who was asked to cancel a job does not want to see it tried again.
_AGAIN = Prepared(
    sa.update(_JOB)
    .where(_MINE)
    .values(
        state=sa.case((_JOB.c.is_cancel_requested, JobState.CANCELLED.value), else_=JobState.PENDING.value),
        message=sa.bindparam("b_message"),
        attempts=_JOB.c.attempts + sa.bindparam("b_spent", type_=sa.Integer()),
        waits_for=sa.bindparam("b_cause"),
        run_at=Clock(sa.bindparam("b_delay", type_=sa.Float())),
        finished_at=sa.case((_JOB.c.is_cancel_requested, NOW), else_=None),
        claim=None,
        is_cancel_requested=False,
        progress=None,
    )
    .returning(*_SETTLED)
)
_EARLIER = sa.alias(schema.job_attempt, "earlier")
_ATTEMPT = Prepared(
    sa.insert(schema.job_attempt).values(
        job_id=sa.bindparam("b_id"),
        claim=sa.bindparam("b_claim"),
        worker_id=sa.bindparam("b_worker"),
        outcome=sa.bindparam("b_outcome"),
        error=sa.bindparam("b_error"),
        started_at=sa.bindparam("b_started_at"),
        ended_at=NOW,
    )
)
# Of the waits of a job, which may go on for years, the first and the last tell enough.
_FORGET_WAITS = Prepared(
    sa.delete(schema.job_attempt).where(
        schema.job_attempt.c.job_id == sa.bindparam("b_id", type_=sa.BigInteger()),
        schema.job_attempt.c.outcome == "snoozed",
        schema.job_attempt.c.id
        > sa.select(sa.func.min(_EARLIER.c.id))
        .where(_EARLIER.c.job_id == sa.bindparam("b_id", type_=sa.BigInteger()), _EARLIER.c.outcome == "snoozed")
        .scalar_subquery(),
    )
)


def settle(tx: Tx, job: Job, ending: Ending, error: str = "") -> JobState:
    """Write how this attempt ended. Raises ClaimLost when the job is no longer held under this claim."""
    rows: list[tuple[Any, ...]]
    match ending:
        case Completed(summary=summary, report=report):
            rows = _end(tx, job, JobState.COMPLETED, summary, report)
        case Cancelled():
            rows = _end(tx, job, JobState.CANCELLED, "cancelled")
        case GiveUp():
            rows = _end(tx, job, JobState.FAILED, error)
        case Retry(delay=delay):
            rows = _again(tx, job, delay, error, spent=1)
        case Snooze(delay=delay, reason=reason, cause=cause):
            rows = _again(tx, job, delay, reason, cause=cause)
            tx.run(_FORGET_WAITS, {"b_id": job.id})
    if not rows:
        raise ClaimLost(f"job {job.id} ({job.kind}) is no longer held by this worker")
    [(state, worker_id, started_at)] = rows
    attempt = {"b_id": job.id, "b_claim": job.claim, "b_worker": worker_id, "b_started_at": started_at}
    tx.run(_ATTEMPT, {**attempt, "b_outcome": _OUTCOMES[type(ending)], "b_error": error or None})
    return JobState(state)


_OUTCOMES = {Completed: "completed", Cancelled: "cancelled", GiveUp: "failed", Retry: "retried", Snooze: "snoozed"}


def _end(
    tx: Tx, job: Job, state: JobState, message: str, report: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    values = {"b_id": job.id, "b_claim": job.claim, "b_state": state.value, "b_message": message}
    return tx.run(_END, {**values, "b_result": json.dumps(dict(report)) if report else None})


def _again(
    tx: Tx, job: Job, delay: timedelta, message: str, *, spent: int = 0, cause: str | None = None
) -> list[tuple[Any, ...]]:
    """Back to pending; a twin that is pending already will do the same work, and this one ends as superseded."""
    values = {"b_delay": delay.total_seconds(), "b_message": message, "b_spent": spent, "b_cause": cause}
    try:
        with tx.savepoint():
            return tx.run(_AGAIN, {"b_id": job.id, "b_claim": job.claim, **values})
    except IntegrityError:
        return _end(tx, job, JobState.SUPERSEDED, "a newer job does the same")


def was_settled(tx: Tx, job: Job) -> bool:
    """Whether this very claim was settled before: a COMMIT whose answer got lost looks like a lost claim."""
    attempt = schema.job_attempt
    return tx.one(sa.select(attempt.c.id).where(attempt.c.claim == job.claim)) is not None


def assert_held(tx: Tx, job: Job) -> None:
    """Raise ClaimLost unless this worker still holds the job; makes rows written between beats safe.

    What is written stays written: a job that comes so far is no poison, and the workers it lost before are forgotten.
    """
    mine = sa.and_(_JOB.c.id == job.id, _JOB.c.claim == job.claim)
    if job.losses:
        is_held = tx.execute(sa.update(_JOB).where(mine).values(losses=0)).rowcount == 1
    else:
        is_held = tx.one(sa.select(_JOB.c.id).where(mine).with_for_update()) is not None
    if not is_held:
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


def wake(tx: Tx, cause: str) -> int:
    """Jobs that snooze for this cause become ready, whatever their time. Returns how many."""
    waiting = sa.text("job.state = 'pending' AND job.run_at IS NOT NULL")
    ready = sa.update(_JOB).where(waiting, _JOB.c.waits_for == cause).values(run_at=None, waits_for=None, message="")
    woken = tx.execute(ready).rowcount
    if woken:
        tx.announce(JOBS)
    return woken


def hasten(tx: Tx, kind: JobKind) -> int:
    """Jobs of a kind that wait for nothing but their time become ready. Returns how many."""
    delayed = sa.text("job.state = 'pending' AND job.run_at IS NOT NULL AND job.waits_for IS NULL")
    ready = tx.execute(sa.update(_JOB).where(delayed, _JOB.c.kind == kind).values(run_at=None)).rowcount
    if ready:
        tx.announce(JOBS)
    return ready


def seconds_until_due(tx: Tx) -> float | None:
    """How long until the next waiting job is due (0 or less: now); None when nothing waits."""
    row = tx.execute(_NEXT_DUE).one()
    return None if row.due is None else float((row.due - row.now).total_seconds())


def set_progress(tx: Tx, job: Job, percent: float | None, message: str) -> bool:
    """What a page shows beside a running job. False: it is not ours any more."""
    mine = sa.and_(_JOB.c.id == job.id, _JOB.c.claim == job.claim)
    return tx.execute(sa.update(_JOB).where(mine).values(progress=percent, message=message)).rowcount == 1


def is_awaited(tx: Tx, cause: str) -> bool:
    """Whether a pending job snoozes for this cause."""
    waiting = sa.text("job.state = 'pending' AND job.run_at IS NOT NULL")
    return tx.one(sa.select(_JOB.c.id).where(waiting, _JOB.c.waits_for == cause).limit(1)) is not None


def requested_cancels(tx: Tx, held: Sequence[Job]) -> list[JobId]:
    """Which of these running jobs were asked to stop."""
    wanted = sa.select(_JOB.c.id).where(_JOB.c.claim.in_([job.claim for job in held]), _JOB.c.is_cancel_requested)
    return [JobId(row["id"]) for row in tx.rows(wanted)]
