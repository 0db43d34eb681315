"""Who works: registration, heartbeats, and taking back the jobs of workers that died or froze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from metarr.jobs.ledger import MAX_LOSSES
from metarr.model.job import JobState
from metarr.store import schema
from metarr.store.db import JOBS, NOW, Clash, after

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metarr.store.db import Tx

BEAT = timedelta(seconds=5)
LEASE = timedelta(seconds=20)
_WORKER = schema.worker
_JOB = schema.job
_IS_RUNNING = sa.text("job.state = 'running'")
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker shows that it lives, after how long unseen a worker has lost its jobs, and how often one looks
    for work that nobody told it of: the net under a lost wake-up.
    """

    beat: timedelta = BEAT
    lease: timedelta = LEASE
    look: timedelta = timedelta(seconds=5)


PACE = Pace()


def register(tx: Tx, worker_id: str, host: str, pid: int, slots: int) -> None:
    """Before the first claim: a worker without a row looks dead, and its jobs would be swept."""
    row = {"id": worker_id, "host": host, "pid": pid, "slots": slots}
    tx.execute(sa.insert(_WORKER).values(**row, started_at=NOW, seen_at=NOW))


def beat(tx: Tx, worker_id: str) -> bool:
    """Still here. False: the row is gone, so the jobs are too; cancel what runs and register anew."""
    return tx.execute(sa.update(_WORKER).where(_WORKER.c.id == worker_id).values(seen_at=NOW)).rowcount == 1


def claims(tx: Tx, worker_id: str) -> set[str]:
    """Under which claims this worker holds jobs."""
    mine = sa.select(_JOB.c.claim).where(_IS_RUNNING, _JOB.c.worker_id == worker_id)
    return {row["claim"] for row in tx.rows(mine)}


def hand_back(tx: Tx, worker_id: str, claims: Collection[str]) -> int:
    """Free these jobs of a living worker; nothing counts as lost. Returns how many."""
    if not claims:
        return 0
    mine = sa.and_(_JOB.c.worker_id == worker_id, _JOB.c.claim.in_(claims))
    return _free(tx, mine, losses=0, error="its worker lost sight of it")


def retire(tx: Tx, worker_id: str) -> None:
    """A worker that stops in good order hands back what it still holds; nothing counts as lost."""
    _free(tx, _JOB.c.worker_id == worker_id, losses=0, error="its worker stopped")
    tx.execute(sa.delete(_WORKER).where(_WORKER.c.id == worker_id))


def take_back(tx: Tx, unseen_for: timedelta = LEASE) -> int:
    """Free the jobs of workers unseen for that long (or without a row), drop those workers. Returns how many jobs.

    Who was last seen in the future was seen before the clock was set back, and not since.
    """
    is_dead = sa.or_(_WORKER.c.seen_at < after(-unseen_for), _WORKER.c.seen_at > after(unseen_for))
    dead = sa.select(_WORKER.c.id).where(is_dead).with_for_update(skip_locked=True)
    tx.execute(sa.delete(_WORKER).where(_WORKER.c.id.in_(dead)))
    alive = sa.exists().where(_WORKER.c.id == _JOB.c.worker_id)
    return _free(tx, ~alive, losses=1, error="its worker died")


def take_back_all(tx: Tx) -> int:
    """Free every running job: for whoever holds the data folder alone, to whom all workers before are dead."""
    tx.execute(sa.delete(_WORKER))
    return _free(tx, sa.true(), losses=1, error="its worker died")


def listed(tx: Tx, lease: timedelta = LEASE) -> Sequence[sa.RowMapping]:
    """Every worker that is registered, with how many jobs it runs, and whether it was seen lately."""
    running = sa.select(sa.func.count()).where(_IS_RUNNING, _JOB.c.worker_id == _WORKER.c.id).correlate(_WORKER)
    is_seen = sa.case((_WORKER.c.seen_at >= after(-lease), sa.true()), else_=sa.false()).label("is_alive")
    columns = (*_WORKER.c, running.scalar_subquery().label("running"), is_seen)
    return tx.rows(sa.select(*columns).order_by(_WORKER.c.started_at, _WORKER.c.id))


def _free(tx: Tx, which: sa.ColumnElement[bool], *, losses: int, error: str) -> int:
    """Running jobs go back to pending, or end. What another machine frees or settles at this moment is left to it."""
    columns = (_JOB.c.id, _JOB.c.claim, _JOB.c.worker_id, _JOB.c.started_at)
    found = tx.rows(sa.select(*columns).where(_IS_RUNNING, which).with_for_update(skip_locked=True))
    if not found:
        return 0
    for start in range(0, len(found), _CHUNK):
        ids = [row["id"] for row in found[start : start + _CHUNK]]
        try:
            tx.execute(_freeing(ids, losses=losses, error=error))
        except IntegrityError as clash:
            raise Clash("a twin of a freed job was submitted at the same moment") from clash
    attempts = [
        {
            "job_id": row["id"],
            "claim": row["claim"],
            "worker_id": row["worker_id"],
            "outcome": "lost",
            "error": error,
            "started_at": row["started_at"],
        }
        for row in found
    ]
    tx.execute(sa.insert(schema.job_attempt).values(ended_at=NOW), attempts)
    tx.announce(JOBS)
    return len(found)


def _freeing(ids: Sequence[int], *, losses: int, error: str) -> sa.Update:
    twin = sa.alias(_JOB, "twin")
    has_twin = sa.exists().where(twin.c.state == JobState.PENDING, twin.c.dedupe_key == _JOB.c.dedupe_key)
    is_poison = _JOB.c.losses + losses >= MAX_LOSSES if losses else sa.false()
    ended = sa.or_(has_twin, is_poison, _JOB.c.is_cancel_requested)
    return (
        sa.update(_JOB)
        .where(_JOB.c.id.in_(ids))
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
            progress=None,
            finished_at=sa.case((ended, NOW), else_=None),
        )
    )
