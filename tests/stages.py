"""Small real phases, a library with items, and a worker that runs while a block runs."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from metarr.jobs.policy import Conditions
from metarr.model.job import Done, JobKind, NewJob
from metarr.model.media import ExternalIds, Identity, ItemId, ItemKind, LibraryId, LibraryKind, Metadata
from metarr.settings import Settings
from metarr.store import items, libraries, schema
from metarr.store.db import JOBS
from metarr.worker import Worker
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from metarr.model.job import Job, Snooze
    from metarr.phases.base import JobContext, Phase
    from metarr.store.db import Store, Tx


KNOWS_ALL = {"tmdb": frozenset(ItemKind)}


def conditions(
    *, providers: Mapping[str, frozenset[ItemKind]] | None = None, can_sync: bool = True, **sections: Any
) -> Conditions:
    """What decides about the chain; `sections` are settings, in camelCase inside."""
    known = KNOWS_ALL if providers is None else providers
    return Conditions(Settings.model_validate(sections), known, can_sync=can_sync)


ALL_ON = conditions(phase_config={"playerSync": {"autoSync": True}})


async def _nothing(_job: Job, _context: JobContext) -> Done[Any]:
    return Done(None, "done")


def _nobody(_tx: Tx, job: Job, _result: Any) -> Sequence[ItemId]:
    return [] if job.item_id is None else [job.item_id]


@dataclass
class Stage:
    """A phase made of two functions. `ran` lists the targets in the order in which they were run."""

    kind: JobKind
    work: Callable[[Job, JobContext], Awaitable[Done[Any] | Snooze]] = _nothing
    write: Callable[[Tx, Job, Any], Sequence[ItemId]] = _nobody
    ran: list[str] = field(default_factory=list)

    async def run(self, job: Job, context: JobContext, /) -> Done[Any] | Snooze:
        self.ran.append(target(job))
        return await self.work(job, context)

    def record(self, tx: Tx, job: Job, result: Any, /) -> Sequence[ItemId]:
        return self.write(tx, job, result)


def target(job: Job) -> str:
    """What a job of these tests works on."""
    return str(job.item_id or job.payload.get("target", job.kind))


def new(name: str = "x", kind: JobKind = JobKind.CLEAN, priority: int = 5, **rest: Any) -> NewJob:
    """A job that works on `name`."""
    return NewJob(kind, priority, payload={"target": name}, **rest)


def worker(store: Store, *stages: Stage, now: Conditions = ALL_ON, **options: Any) -> Worker:
    """A worker over these phases."""
    # mypy wants a phase's kind to be its class's; here one class plays them all.
    phases = cast("dict[JobKind, Phase[Any]]", {stage.kind: stage for stage in stages})
    return Worker(store, phases, lambda _tx: now, **options)


@asynccontextmanager
async def working(store: Store, *stages: Stage, now: Conditions = ALL_ON, **options: Any) -> AsyncIterator[Worker]:
    """A worker that runs while the block runs, and then stops in good order."""
    made = worker(store, *stages, now=now, **options)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        made.stop()
        async with asyncio.timeout(PATIENCE):
            await task


async def until(store: Store, question: Callable[[Tx], Any]) -> Any:
    """The first true answer; asked again whenever something may have changed."""
    async with asyncio.timeout(PATIENCE):
        while not (answer := await store.read(question)):
            store.hear(JOBS)  # time that a test lets pass wakes nobody by itself
            await asyncio.sleep(0.01)
    return answer


def rows(tx: Tx, table: sa.Table = schema.job) -> list[dict[str, Any]]:
    """Every row of a table, oldest first."""
    return [dict(row) for row in tx.rows(sa.select(table).order_by(*table.primary_key.columns))]


def states(tx: Tx) -> dict[str, int]:
    """How many jobs are in each state."""
    counts = sa.select(schema.job.c.state, sa.func.count().label("jobs")).group_by(schema.job.c.state)
    return {row["state"]: row["jobs"] for row in tx.rows(counts)}


def ended(tx: Tx) -> bool:
    """Whether no job is open."""
    return not {"pending", "running"} & states(tx).keys()


def library(tx: Tx, name: str = "Movies", root: str = "/media/movies") -> LibraryId:
    """An empty library."""
    return libraries.add(tx, name, LibraryKind.MOVIES, root).id


def movie(tx: Tx, library_id: LibraryId, title: str = "Heat", identity: Identity = Identity.IDENTIFIED) -> ItemId:
    """A movie that is known, but neither enriched nor published."""
    item = items.add(tx, library_id, ItemKind.MOVIE, title, title)
    items.save_metadata(tx, item, Metadata(title=title, ids=ExternalIds(tmdb=949)), {}, identity)
    return item.id
