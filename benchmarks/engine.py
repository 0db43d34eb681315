"""The job engine against its goals: dispatches, latency, idle CPU, bulk submit, the cost of a claim in a long queue.

    python benchmarks/engine.py [postgresql://user@host/database …]

SQLite is measured in a temporary folder; every URL names an empty PostgreSQL database to be measured as well.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from figures import Figure, show
from sqlalchemy.engine import make_url
from working import working

from metarr.jobs import ledger
from metarr.jobs.ledger import Slots
from metarr.jobs.reach import EVERYTHING, Reach
from metarr.jobs.wake import listening
from metarr.model.job import Done, Job, JobKind, NewJob
from metarr.model.media import ItemKind
from metarr.store import facts, migrate, schema
from metarr.store.db import JOBS, Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.store.db import Tx

_JOBS, _PROBES, _BULK, _SCHEDULED, _BLOCKED = 5000, 200, 50_000, 50_000, 10_000
_IDLE = 10.0  # seconds
_OTHERS = Reach(frozenset({JobKind.NOTIFY}))


class Nothing:
    """A phase without work; it notes when it was started."""

    kind: ClassVar[JobKind] = JobKind.CLEAN

    def __init__(self) -> None:
        self.started: asyncio.Queue[float] = asyncio.Queue()

    async def run(self, _job: Job, _context: JobContext, /) -> Done[None]:
        self.started.put_nowait(time.perf_counter())
        return Done(None)

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        return ()


def _job(name: str, delay: timedelta | None = None) -> NewJob:
    return NewJob(JobKind.CLEAN, 5, payload={"target": name}, delay=delay)


def submit(store: Store, count: int, prefix: str, delay: timedelta | None = None) -> float:
    """Seconds that it took."""
    jobs = [_job(f"{prefix}{number}", delay) for number in range(count)]
    begun = time.perf_counter()
    store.write_now(lambda tx: ledger.submit_many(tx, jobs))
    return time.perf_counter() - begun


def _empty(store: Store) -> None:
    store.write_now(lambda tx: tx.execute(sa.delete(schema.job)).rowcount)


async def _dispatches(store: Store) -> Figure:
    phase = Nothing()
    submit(store, _JOBS, "dispatch")
    begun = time.perf_counter()
    async with working(store, phase):
        ends = [await phase.started.get() for _ in range(_JOBS)]
    _empty(store)
    return Figure("no-op jobs, 4 slots", _JOBS / (ends[-1] - begun), "/s", 1200 if store.is_sqlite else 700, True)


async def _pass_through(store: Store) -> Figure:
    """Jobs of a phase that has nothing to do, as there is no player: no slot is used, and the next would follow."""
    jobs = [NewJob(JobKind.SYNC, 5, payload={"target": f"pass{number}"}) for number in range(_JOBS)]
    store.write_now(lambda tx: ledger.submit_many(tx, jobs))
    done = sa.select(sa.func.count()).where(schema.job.c.state == "completed")
    begun = time.perf_counter()
    async with working(store, Nothing()):
        with listening(store, JOBS) as wake:
            while await store.read(lambda tx: tx.execute(done).scalar_one()) < _JOBS:
                await wake.wait(0.01)
    spent = time.perf_counter() - begun
    _empty(store)
    return Figure("passed through", _JOBS / spent, "/s")


async def _latency(store: Store) -> list[Figure]:
    phase = Nothing()
    waits: list[float] = []
    async with working(store, phase):
        for number in range(_PROBES):
            name = f"probe{number}"
            begun = time.perf_counter()
            await store.write(partial(ledger.submit, new=_job(name)))
            waits.append((await phase.started.get() - begun) * 1000)
            await asyncio.sleep(0.005)  # the worker is idle again
        begun_cpu, begun = time.process_time(), time.perf_counter()
        await asyncio.sleep(_IDLE)
        idle = (time.process_time() - begun_cpu) / (time.perf_counter() - begun) * 100
    _empty(store)
    cuts = statistics.quantiles(waits, n=100)
    return [
        Figure("submit to start, median", statistics.median(waits), "ms", 5 if store.is_sqlite else 10),
        Figure("submit to start, p99", cuts[98], "ms"),
        Figure("idle CPU", idle, "%", 1),
    ]


def _claim_cost(store: Store, name: str, reach: Reach = EVERYTHING) -> Figure:
    """Claim and give up the transaction, again and again."""
    spent: list[float] = []

    def body(tx: Tx) -> None:
        begun = time.perf_counter()
        assert len(ledger.claim(tx, "benchmark", Slots(1, 1), reach)) == 1
        spent.append((time.perf_counter() - begun) * 1000)
        tx.execute(sa.update(schema.job).where(schema.job.c.worker_id == "benchmark").values(state="completed"))

    for _ in range(20):
        store.write_now(body)
    return Figure(f"claim, {name}", statistics.median(spent), "ms")


def _queues(store: Store) -> list[Figure]:
    figures = [Figure(f"submit {_BULK:,} jobs", submit(store, _BULK, "bulk"), "s", 5)]
    figures.append(_claim_cost(store, f"{_BULK:,} ready"))
    late = [NewJob(JobKind.NOTIFY, 1, payload={"target": f"late{number}"}) for number in range(50)]
    store.write_now(lambda tx: ledger.submit_many(tx, late))
    figures.append(_claim_cost(store, f"{_BULK:,} out of reach ahead", _OTHERS))
    _empty(store)
    submit(store, _SCHEDULED, "scheduled", timedelta(hours=1))
    submit(store, 50, "ready")
    figures.append(_claim_cost(store, f"{_SCHEDULED:,} scheduled ahead"))
    _empty(store)
    submit(store, 1, "lock")
    store.write_now(lambda tx: ledger.claim(tx, "holder", Slots(1, 1)))
    submit(store, _BLOCKED, "blocked")
    store.write_now(
        lambda tx: tx.execute(sa.update(schema.job).where(_PENDING).values(lock_key="clean:lock0")).rowcount
    )
    submit(store, 50, "behind")
    figures.append(_claim_cost(store, f"{_BLOCKED:,} blocked ahead"))
    _empty(store)
    return figures


_PENDING = schema.job.c.state == "pending"


async def _measure(url: str) -> list[Figure]:
    store = Store(url)
    migrate.upgrade(store)
    store.write_now(lambda tx: facts.save_providers(tx, {"tmdb": ItemKind}))
    try:
        return [
            await _dispatches(store),
            await _pass_through(store),
            *await _latency(store),
            *_queues(store),
        ]
    finally:
        store.close()


def _bare_commit(folder: Path) -> float:
    """Milliseconds for a transaction of one row, as SQLite makes it durable here."""
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.executescript("PRAGMA journal_mode = wal; CREATE TABLE bare (number INTEGER)")
    spent = []
    for number in range(_PROBES):
        begun = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO bare VALUES (?)", (number,))
        database.execute("COMMIT")
        spent.append((time.perf_counter() - begun) * 1000)
    database.close()
    return statistics.median(spent)


async def _asked_for(url: str) -> list[Figure]:
    """What the goals' table asks for, without the long queues."""
    store = Store(url)
    migrate.upgrade(store)
    store.write_now(lambda tx: facts.save_providers(tx, {"tmdb": ItemKind}))
    try:
        return [await _dispatches(store), *await _latency(store)]
    finally:
        store.close()


def against_goals(work: Path, _size: int) -> list[Figure]:
    """A row of the goals' table. Nothing starts before its submission and its claim are committed."""
    jobs, start, *rest = asyncio.run(_asked_for(sqlite_url(work / "engine.db")))
    return [jobs, replace(start, limit=2 * _bare_commit(work)), *rest]


def postgresql_against_goals(_work: Path, _size: int) -> list[Figure]:
    """A row of the goals' table, in the empty database that METARR_BENCHMARK_POSTGRESQL names."""
    return asyncio.run(_asked_for(_address(os.environ["METARR_BENCHMARK_POSTGRESQL"])))


def _address(url: str) -> str:
    address: Any = make_url(url).set(drivername="postgresql+psycopg")
    return str(address.render_as_string(hide_password=False))


def main(urls: Sequence[str]) -> None:
    """Measure and print a table for each database."""
    with tempfile.TemporaryDirectory() as folder:
        show("SQLite", asyncio.run(_measure(sqlite_url(Path(folder) / "engine.db"))))
    for url in urls:
        show("PostgreSQL", asyncio.run(_measure(_address(url))))


if __name__ == "__main__":
    main(sys.argv[1:])
