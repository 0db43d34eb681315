"""How far a body of work has come: counts, what runs, what waits and why. For pages, progress bars and `metarr run`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.job import JobKind, JobState
from metarr.store import schema
from metarr.store.columns import unindexed
from metarr.store.db import NOW, after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.db import Tx

_JOB = schema.job
_CHAIN_KINDS = [kind for kind in JobKind if kind not in {JobKind.NOTIFY, JobKind.CLEAN, JobKind.BACKUP}]
WAITING = "waiting"  # beside the ledger's own states, for people: pending, but the outside world has to come round
# A job that snoozed and whose time has not come: it holds up nobody.
_IS_WAITING = sa.text("job.state = 'pending' AND job.run_at IS NOT NULL AND job.waits_for IS NOT NULL")
PACE = timedelta(minutes=10)  # over which the pace of work is measured
_FEW = 10  # jobs that say nothing about the pace
_IS_OPEN = sa.text("job.state IN ('pending', 'running')")
# With the kinds, of which all are named, an index has them.
_OF_ANY_KIND = _JOB.c.kind.in_([kind.value for kind in JobKind])
SHOWN_STATE: sa.ColumnElement[str] = sa.case((_IS_WAITING, WAITING), else_=_JOB.c.state)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which jobs: those of a workflow, an item, or a library's chain, from job `since` on. Nothing set: all."""

    root: int | None = None
    item_id: int | None = None
    library_id: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs that snooze for one cause, and what a person reads about it."""

    cause: str
    reason: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Summary:
    """`counts`: kind -> state -> jobs, where snoozed ones are "waiting". `open` counts those that are not waiting.

    `first_open` and `last` are ids: the oldest job of the scope that has not ended, and the newest job of all.
    `ends_in`: when the open ones will have ended, at the pace of the last minutes; None: nobody can say.
    """

    counts: dict[str, dict[str, int]]
    open: int
    running: Sequence[sa.RowMapping]
    waiting: tuple[Waiting, ...]
    failed: Sequence[sa.RowMapping]
    first_open: int | None
    last: int
    ends_in: timedelta | None = None


def summary(tx: Tx, scope: Scope, *, limit: int = 20) -> Summary:
    """The state of the work in this scope now."""
    within = inside(scope)
    waiting = _waiting(tx, within)
    counts = _counts(tx, within, waiting)
    is_open = sum(states.get("pending", 0) + states.get("running", 0) for states in counts.values())
    # In the order of an expression: in that of the numbers, every job that has ended would be passed by.
    number = unindexed(_JOB.c.id)
    running = sa.select(_JOB).where(within, sa.text("job.state = 'running'")).order_by(number).limit(limit)
    failed = (
        sa.select(_JOB)
        .where(within, _OF_ANY_KIND, _JOB.c.state == JobState.FAILED)
        .order_by(number.desc())
        .limit(limit)
    )
    first = tx.execute(sa.select(sa.func.min(number)).where(within, _OF_ANY_KIND, _IS_OPEN)).scalar_one()
    last = tx.execute(sa.select(sa.func.max(_JOB.c.id))).scalar_one()
    ends_in = _ends_in(tx, within, is_open) if is_open else None
    return Summary(counts, is_open, tx.rows(running), _causes(waiting), tx.rows(failed), first, last or 0, ends_in)


def is_open(tx: Tx, scope: Scope) -> bool:
    """Whether jobs of it are still to be done, but for notices and those that wait for the outside world."""
    is_over = sa.or_(_JOB.c.kind == JobKind.NOTIFY.value, _IS_WAITING)
    return tx.one(sa.select(_JOB.c.id).where(inside(scope), _IS_OPEN, sa.not_(is_over)).limit(1)) is not None


def pace(tx: Tx) -> dict[str, float]:
    """How many jobs of each kind ended per minute, over the last ten; kinds of which none did are left out."""
    ended = sa.and_(_JOB.c.state == JobState.COMPLETED, _JOB.c.finished_at > after(-PACE))
    # By an expression: else SQLite reads every job of these kinds, because an index has them in order.
    kind = unindexed(_JOB.c.kind)
    query = sa.select(kind.label("kind"), sa.func.count().label("jobs")).where(ended).group_by(kind)
    return {row["kind"]: row["jobs"] / (PACE.total_seconds() / 60) for row in tx.rows(query)}


def remaining(left: int, done: int, elapsed: timedelta) -> timedelta | None:
    """How long `left` jobs take when `done` took that long; None where too few were done to tell."""
    if done < _FEW or elapsed <= timedelta():
        return None
    return elapsed * (left / done)


def _ends_in(tx: Tx, within: sa.ColumnElement[bool], left: int) -> timedelta | None:
    ended = sa.and_(within, _JOB.c.state == JobState.COMPLETED, _JOB.c.finished_at > after(-PACE))
    columns = (sa.func.count().label("jobs"), sa.func.min(_JOB.c.started_at).label("first"), NOW.label("now"))
    row = tx.execute(sa.select(*columns).select_from(_JOB).where(ended)).one()
    return None if row.first is None else remaining(left, row.jobs, min(row.now - row.first, PACE))


def _counts(tx: Tx, within: sa.ColumnElement[bool], waiting: Sequence[sa.RowMapping]) -> dict[str, dict[str, int]]:
    """By kind and state. Those that wait are counted apart: `ix_job_kind_state` has the others without their rows."""
    columns = (_JOB.c.kind, _JOB.c.state)
    grouped = sa.select(*columns, sa.func.count().label("jobs")).where(within).group_by(*columns)
    counts: dict[str, dict[str, int]] = {}
    for row in tx.rows(grouped):
        counts.setdefault(row["kind"], {})[row["state"]] = row["jobs"]
    for row in waiting:
        states = counts[row["kind"]]
        states[WAITING] = states.get(WAITING, 0) + row["jobs"]
        states[JobState.PENDING] -= row["jobs"]
    return {kind: {state: jobs for state, jobs in states.items() if jobs} for kind, states in counts.items()}


def _waiting(tx: Tx, within: sa.ColumnElement[bool]) -> Sequence[sa.RowMapping]:
    columns = (_JOB.c.waits_for, _JOB.c.kind)
    counted = (sa.func.min(_JOB.c.message).label("reason"), sa.func.count().label("jobs"))
    query = sa.select(*columns, *counted).where(within, _IS_WAITING).group_by(*columns).order_by(*columns)
    return tx.rows(query)


def _causes(waiting: Sequence[sa.RowMapping]) -> tuple[Waiting, ...]:
    found: dict[str, Waiting] = {}
    for row in waiting:
        known = found.get(row["waits_for"], Waiting(row["waits_for"], row["reason"], 0))
        found[known.cause] = Waiting(known.cause, min(known.reason, row["reason"]), known.jobs + row["jobs"])
    return tuple(found.values())


def inside(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that a job belongs to this scope."""
    conditions: list[sa.ColumnElement[bool]] = []
    if scope.root is not None:
        conditions.append(sa.or_(_JOB.c.id == scope.root, _JOB.c.root_id == scope.root))
    if scope.item_id is not None:
        conditions.append(_JOB.c.item_id == scope.item_id)
    if scope.library_id is not None:
        conditions += [_JOB.c.library_id == scope.library_id, _JOB.c.kind.in_(_CHAIN_KINDS)]
    if scope.since is not None:
        conditions.append(_JOB.c.id >= scope.since)
    if scope.root is None and (scope.item_id is not None or scope.library_id is not None):
        return sa.or_(sa.and_(*conditions), _tells_players(scope.since))
    return sa.and_(sa.true(), *conditions)


def _tells_players(since: int | None) -> sa.ColumnElement[bool]:
    """Jobs that tell players, of whatever items and libraries: whose work is followed ends with them."""
    is_one = sa.and_(_JOB.c.kind == JobKind.SYNC.value, _JOB.c.item_id.is_(None), _JOB.c.library_id.is_(None))
    return sa.and_(is_one, _IS_OPEN if since is None else sa.or_(_JOB.c.id >= since, _IS_OPEN))
