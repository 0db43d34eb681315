"""Who works: registration, heartbeats, and taking back the jobs of workers that died or froze."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.jobs.ledger import MAX_LOSSES
from metarr.model.job import JobState
from metarr.store import schema
from metarr.store.db import JOBS, NOW, after

if TYPE_CHECKING:
    from metarr.store.db import Tx

BEAT = timedelta(seconds=5)
LEASE = timedelta(seconds=20)  # a worker unseen for so long has lost its jobs
_WORKER = schema.worker
_JOB = schema.job


def register(tx: Tx, worker_id: str, host: str, pid: int, slots: int) -> None:
    """Before the first claim: a worker without a row looks dead, and its jobs would be swept."""
    row = {"id": worker_id, "host": host, "pid": pid, "slots": slots}
    tx.execute(sa.insert(_WORKER).values(**row, started_at=NOW, seen_at=NOW))


def beat(tx: Tx, worker_id: str) -> bool:
    """Still here. False: the row is gone, so the jobs are too; cancel what runs and register anew."""
    return tx.execute(sa.update(_WORKER).where(_WORKER.c.id == worker_id).values(seen_at=NOW)).rowcount == 1


def retire(tx: Tx, worker_id: str) -> None:
    """A worker that stops in good order hands back what it still holds; nothing counts as lost."""
    mine = sa.and_(_JOB.c.state == JobState.RUNNING, _JOB.c.worker_id == worker_id)
    _free(tx, mine, losses=0, error="its worker stopped")
    tx.execute(sa.delete(_WORKER).where(_WORKER.c.id == worker_id))


def take_back(tx: Tx, unseen_for: timedelta = LEASE) -> int:
    """Free the jobs of workers unseen for that long (or without a row), drop those workers. Returns how many jobs."""
    dead = sa.select(_WORKER.c.id).where(_WORKER.c.seen_at < after(-unseen_for))
    tx.execute(sa.delete(_WORKER).where(_WORKER.c.id.in_(dead)))
    alive = sa.select(_WORKER.c.id)
    orphaned = sa.and_(_JOB.c.state == JobState.RUNNING, _JOB.c.worker_id.not_in(alive))
    return _free(tx, orphaned, losses=1, error="its worker died")


def _free(tx: Tx, which: sa.ColumnElement[bool], *, losses: int, error: str) -> int:
    attempt = schema.job_attempt
    columns = ["job_id", "claim", "worker_id", "outcome", "error", "started_at", "ended_at"]
    values = (_JOB.c.id, _JOB.c.claim, _JOB.c.worker_id, sa.literal("lost"), sa.literal(error), _JOB.c.started_at, NOW)
    tx.execute(sa.insert(attempt).from_select(columns, sa.select(*values).where(which)))
    twin = sa.alias(_JOB, "twin")
    has_twin = sa.exists().where(twin.c.state == JobState.PENDING, twin.c.dedupe_key == _JOB.c.dedupe_key)
    is_poison = _JOB.c.losses + losses >= MAX_LOSSES if losses else sa.false()
    ended = sa.or_(has_twin, is_poison, _JOB.c.is_cancel_requested)
    freed = tx.execute(
        sa.update(_JOB)
        .where(which)
        .values(
            state=sa.case(
                (_JOB.c.is_cancel_requested, JobState.CANCELLED.value),
                (has_twin, JobState.SUPERSEDED.value),
                (is_poison, JobState.FAILED.value),
                else_=JobState.PENDING.value,
            ),
            losses=_JOB.c.losses + losses,
            message=sa.case((is_poison, f"lost with its worker {MAX_LOSSES} times"), else_=error),
            run_at=None,
            claim=None,
            worker_id=None,
            progress=None,
            finished_at=sa.case((ended, NOW), else_=None),
        )
    ).rowcount
    if freed:
        tx.announce(JOBS)
    return freed


def take_back_all(tx: Tx) -> int:
    """Free every running job: for whoever holds the data folder alone, to whom all workers before are dead."""
    tx.execute(sa.delete(_WORKER))
    return _free(tx, _JOB.c.state == JobState.RUNNING, losses=1, error="its worker died")
