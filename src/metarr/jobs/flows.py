"""Workflows as people see them: what each began with, how far it has come; and what waits, for what, until when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.jobs.summary import PACE, SHOWN_STATE, WAITING, remaining
from metarr.model.job import JobKind, JobState
from metarr.store import schema
from metarr.store.db import NOW, after

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from metarr.model.job import Trigger
    from metarr.store.db import Row, Tx

_JOB, _HEALTH = schema.job, schema.health
_ROOT = sa.func.coalesce(_JOB.c.root_id, _JOB.c.id)
_MANY = 100  # libraries
_OVER = frozenset({"completed", "failed", "cancelled", "superseded"})
_SHOWN = (*(column for column in _JOB.c if column is not _JOB.c.state), SHOWN_STATE.label("state"))


class FlowState(StrEnum):
    """How a workflow stands. One can be several of these at once."""

    OPEN = "open"
    RUNNING = "running"
    WAITING = "waiting"
    FAULTY = "faulty"  # a job of it lies in the dead letter
    CANCELLED = "cancelled"
    ENDED = "ended"  # and nothing of it failed


# Literal SQL, as the indexes have it.
_WITH: Mapping[FlowState, sa.ColumnElement[bool]] = {
    FlowState.OPEN: sa.and_(sa.text("job.state IN ('pending', 'running')")),
    FlowState.RUNNING: sa.and_(sa.text("job.state = 'running'")),
    FlowState.WAITING: sa.and_(
        sa.text("job.state = 'pending' AND job.run_at IS NOT NULL AND job.waits_for IS NOT NULL")
    ),
    FlowState.FAULTY: sa.and_(_JOB.c.kind.in_(list(JobKind)), _JOB.c.state == JobState.FAILED),
    FlowState.CANCELLED: sa.and_(_JOB.c.kind.in_(list(JobKind)), _JOB.c.state == JobState.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which workflows; nothing set: all but the messages to channels. `kind`: of the phase that it began with."""

    state: FlowState | None = None
    kind: JobKind | None = None
    library_id: int | None = None
    trigger: Trigger | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow. `row`: its first job; `counts`: jobs by state, as they are shown; `running`: what runs of it now.

    `per_minute`: jobs that were done, over the last minutes; `ends_in` None: nobody can say, or it is over.
    """

    row: Row
    counts: Mapping[str, int]
    running: Sequence[Row]
    per_minute: float
    ends_in: timedelta | None

    @property
    def all(self) -> int:
        return sum(self.counts.values())

    @property
    def over(self) -> int:
        return sum(count for state, count in self.counts.items() if state in _OVER)


def page(tx: Tx, asked: Asked, before: int | None, limit: int) -> list[Flow]:
    """Workflows, newest first; `before`: the number of the last one of the page before."""
    query = sa.select(*_SHOWN).where(sa.text("job.root_id IS NULL"), *_conditions(asked))
    query = query if before is None else query.where(_JOB.c.id < before)
    return _flows(tx, tx.rows(query.order_by(_JOB.c.id.desc()).limit(limit)))


def one(tx: Tx, root: int) -> Flow | None:
    """The workflow that began with this job; None: that job is forgotten."""
    return next(iter(_flows(tx, tx.rows(sa.select(*_SHOWN).where(_JOB.c.id == root)))), None)


def firsts(tx: Tx, roots: Collection[int]) -> dict[int, Row]:
    """The first jobs of these workflows, as far as they are remembered."""
    return {row["id"]: row for row in tx.rows(sa.select(*_SHOWN).where(_JOB.c.id.in_(roots)))}


def of_schedule(tx: Tx, schedule_id: int, since: datetime) -> tuple[int | None, Mapping[str, int]]:
    """What a line of the timetable has begun since then: its first job, and all of their jobs by state."""
    begun = sa.select(_ROOT.label("root")).where(_JOB.c.schedule_id == schedule_id, _JOB.c.created_at >= since)
    roots = [row["root"] for row in tx.rows(begun.distinct().order_by("root").limit(_MANY))]
    rows = tx.rows(sa.select(*_SHOWN).where(_JOB.c.id.in_(roots))) if roots else []
    return next(iter(roots), None), sum(_counts(tx, rows).values(), Counter())


def _conditions(asked: Asked) -> Iterator[sa.ColumnElement[bool]]:
    yield _JOB.c.kind != JobKind.NOTIFY if asked.kind is None else _JOB.c.kind == asked.kind
    if asked.library_id is not None:
        yield _JOB.c.library_id == asked.library_id
    if asked.trigger is not None:
        yield _JOB.c.trigger == asked.trigger
    if asked.state is FlowState.ENDED:
        for state in (FlowState.OPEN, FlowState.FAULTY):
            yield _JOB.c.id.not_in(_roots_with(state))
    elif asked.state is not None:
        yield _JOB.c.id.in_(_roots_with(asked.state))


def _roots_with(state: FlowState) -> sa.Select[Any]:
    # A table of the same name inside: the literals mean that one.
    return sa.select(_ROOT).select_from(_JOB).where(_WITH[state]).correlate(None)


def _flows(tx: Tx, rows: Sequence[Row]) -> list[Flow]:
    roots = [row["id"] for row in rows]
    if not roots:
        return []
    counts = _counts(tx, rows)
    running: dict[int, list[Row]] = {}
    for row in tx.rows(sa.select(*_SHOWN).where(_WITH[FlowState.RUNNING]).order_by(_JOB.c.id)):
        running.setdefault(row["root_id"] or row["id"], []).append(row)
    paces = _paces(tx, [root for root in roots if counts[root].get("pending") or counts[root].get("running")])
    return [_flow(row, counts[row["id"]], running.get(row["id"], []), paces.get(row["id"])) for row in rows]


def _flow(row: Row, counts: Mapping[str, int], running: Sequence[Row], pace: tuple[int, timedelta] | None) -> Flow:
    if pace is None:
        return Flow(row, counts, running, 0.0, None)
    done, elapsed = pace
    left = counts.get("pending", 0) + counts.get("running", 0)
    return Flow(row, counts, running, 60 * done / max(1.0, elapsed.total_seconds()), remaining(left, done, elapsed))


def _counts(tx: Tx, rows: Sequence[Row]) -> dict[int, Counter[str]]:
    """Jobs of these workflows by their shown states. The first jobs are known already, the others counted in an index
    that knows nothing of waiting.
    """
    counts = {row["id"]: Counter({row["state"]: 1}) for row in rows}
    inside = _JOB.c.root_id.in_(list(counts))
    columns = (_JOB.c.root_id, _JOB.c.state, sa.func.count().label("jobs"))
    for row in tx.rows(sa.select(*columns).where(inside).group_by(_JOB.c.root_id, _JOB.c.state)):
        counts[row["root_id"]][row["state"]] += row["jobs"]
    waiting = sa.select(_JOB.c.root_id, sa.func.count().label("jobs")).where(_WITH[FlowState.WAITING], inside)
    for row in tx.rows(waiting.group_by(_JOB.c.root_id)):
        counts[row["root_id"]].subtract({JobState.PENDING: row["jobs"]})
        counts[row["root_id"]][WAITING] += row["jobs"]
    return {root: +found for root, found in counts.items()}


def _paces(tx: Tx, roots: Sequence[int]) -> dict[int, tuple[int, timedelta]]:
    """Of each workflow how many jobs were done lately, in what time."""
    if not roots:
        return {}
    ended = sa.and_(_JOB.c.state == JobState.COMPLETED, _JOB.c.finished_at > after(-PACE))
    first = sa.func.min(_JOB.c.started_at).label("first")
    query = sa.select(_ROOT.label("root"), sa.func.count().label("jobs"), first, NOW.label("now"))
    query = query.where(ended, _ROOT.in_(roots)).group_by(_ROOT)
    return {row["root"]: (row["jobs"], min(row["now"] - row["first"], PACE)) for row in tx.rows(query)}


def nodes(tx: Tx, root: int, states: Sequence[str], after_id: int | None, limit: int) -> Sequence[Row]:
    """Jobs of a workflow, oldest first, as far as they are in one of these states (nothing: in any)."""
    query = sa.select(*_SHOWN).where(sa.or_(_JOB.c.id == root, _JOB.c.root_id == root))
    query = query.where(SHOWN_STATE.in_(states)) if states else query
    query = query if after_id is None else query.where(_JOB.c.id > after_id)
    return tx.rows(query.order_by(_JOB.c.id).limit(limit))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs that wait for one thing; `cause` None: for nothing but their time. `since`: of the health line, if any."""

    cause: str | None
    reason: str
    jobs: int
    first: int
    next_at: datetime
    since: datetime | None


def waiting(tx: Tx) -> list[Waiting]:
    """What waits: by its cause in the world outside, then what is put off to a later time, by phase."""
    is_put_off = sa.text("job.state = 'pending' AND job.run_at IS NOT NULL")
    columns = (
        _JOB.c.waits_for.label("cause"),
        sa.func.min(_JOB.c.message).label("reason"),
        sa.func.count().label("jobs"),
        sa.func.min(_JOB.c.id).label("first"),
        sa.func.min(_JOB.c.run_at).label("next_at"),
    )
    since = {row["cause"]: row["since"] for row in tx.rows(sa.select(_HEALTH.c.cause, _HEALTH.c.since))}
    query = sa.select(*columns).where(is_put_off, _JOB.c.waits_for.is_not(None)).group_by(_JOB.c.waits_for)
    return [Waiting(**row, since=since.get(row["cause"])) for row in tx.rows(query.order_by(_JOB.c.waits_for))]


def put_off(tx: Tx, after_id: int | None, limit: int) -> Sequence[Row]:
    """Jobs that wait for nothing but their time, oldest first."""
    is_put_off = sa.text("job.state = 'pending' AND job.run_at IS NOT NULL AND job.waits_for IS NULL")
    query = sa.select(*_SHOWN).where(is_put_off).order_by(_JOB.c.id).limit(limit)
    return tx.rows(query if after_id is None else query.where(_JOB.c.id > after_id))
