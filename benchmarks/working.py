"""A worker for as long as something is measured, and waiting until it has nothing left to do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.jobs import conditions
from metarr.jobs.wake import listening
from metarr.store import schema
from metarr.store.db import JOBS
from metarr.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from metarr.jobs.policy import Conditions
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.store.db import Store, Tx

_STATE = schema.job.c.state
# A job that failed waits for its next attempt, which nobody wants to measure.
_IS_OPEN = sa.or_(_STATE == "running", sa.and_(_STATE == "pending", schema.job.c.run_at.is_(None)))


@asynccontextmanager
async def working(
    store: Store, *phases: Phase[Any], told: Callable[[Tx], Conditions] = conditions.current
) -> AsyncIterator[None]:
    """Jobs of these phases are done meanwhile, four at a time."""
    worker = Worker(store, {phase.kind: phase for phase in phases}, told, slots=4)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


async def ended(store: Store, kind: JobKind | None = None) -> None:
    """Until no job (of this kind) runs or could."""
    which = sa.true() if kind is None else schema.job.c.kind == kind
    count = sa.select(sa.func.count()).where(which, _IS_OPEN)
    with listening(store, JOBS) as wake:
        while await store.read(lambda tx: tx.execute(count).scalar_one()):
            await wake.wait(0.05)
