"""What one process announces is heard in the others, also after the database was restarted."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from metarr.jobs import ledger
from metarr.jobs.wake import listening
from metarr.model.job import Done, JobKind
from metarr.store import migrate, schema
from metarr.store.db import CANCEL, EVENTS, JOBS, TOPICS, Store
from metarr.store.listen import relay
from patience import PATIENCE
from postgres import PostgresServer, find_programs
from stages import Stage, ended, new, rows, states, until, working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from metarr.model.job import Job
    from metarr.phases.base import JobContext

pytestmark = pytest.mark.postgres


@pytest.fixture
def other(postgres_store: Store) -> Iterator[Store]:
    """The same database as another process has it."""
    store = Store(postgres_store.url)
    yield store
    store.close()


@asynccontextmanager
async def relaying(store: Store) -> AsyncIterator[None]:
    """Run the relay; the block begins when it listens."""
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()

    def is_listening() -> None:
        loop.call_soon_threadsafe(heard.set)

    stop = store.on(TOPICS[-1], is_listening)
    task = asyncio.create_task(relay(store))
    async with asyncio.timeout(PATIENCE):
        await heard.wait()
    stop()
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_commit_elsewhere_wakes_this_process_at_once(postgres_store: Store, other: Store) -> None:
    async with relaying(other):
        with listening(other, JOBS) as wake:
            await postgres_store.write(lambda tx: ledger.submit(tx, new()))
            async with asyncio.timeout(PATIENCE):
                await wake.wait(2 * PATIENCE)


async def test_what_is_rolled_back_or_of_another_topic_wakes_nobody(postgres_store: Store, other: Store) -> None:
    heard: list[str] = []
    done = asyncio.Event()
    async with relaying(other):
        other.on(JOBS, lambda: heard.append(JOBS))
        other.on(CANCEL, done.set)

        def fail(tx: Any) -> None:
            tx.announce(JOBS)
            raise LookupError

        with pytest.raises(LookupError):
            await postgres_store.write(fail)
        await postgres_store.write(lambda tx: tx.announce(EVENTS))
        await postgres_store.write(lambda tx: tx.announce(CANCEL))
        async with asyncio.timeout(PATIENCE):
            await done.wait()
    assert heard == []


async def test_ones_own_announcements_are_heard_once(postgres_store: Store, other: Store) -> None:
    heard: list[str] = []
    done = asyncio.Event()
    async with relaying(postgres_store):
        postgres_store.on(JOBS, lambda: heard.append(JOBS))
        postgres_store.on(CANCEL, done.set)
        await postgres_store.write(lambda tx: tx.announce(JOBS))
        await other.write(lambda tx: tx.announce(CANCEL))
        async with asyncio.timeout(PATIENCE):
            await done.wait()
    assert heard == [JOBS]


async def test_a_job_submitted_elsewhere_is_started_by_a_waiting_worker(postgres_store: Store, other: Store) -> None:
    began = asyncio.Event()

    async def note(_job: Job, _context: JobContext) -> Done[Any]:
        began.set()
        return Done(None)

    async with relaying(other), working(other, Stage(JobKind.CLEAN, note)):
        await until(other, lambda tx: rows(tx, schema.worker))
        await postgres_store.write(lambda tx: ledger.submit(tx, new()))
        async with asyncio.timeout(PATIENCE):
            await began.wait()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may crash."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: apt-get install postgresql)")
    server = PostgresServer(programs)
    server.start()
    yield server
    server.stop()


async def _until_survived(store: Store, jobs: int) -> None:
    async with asyncio.timeout(2 * PATIENCE):
        while True:
            with contextlib.suppress(DBAPIError):
                if (await store.read(states)).get("completed", 0) >= jobs:
                    return
            await asyncio.sleep(0.02)


async def test_everything_survives_a_crash_and_restart_of_the_database(own_server: PostgresServer) -> None:
    own_server.create_database("survives")
    store = Store(own_server.url("survives"))
    migrate.upgrade(store)
    stage = Stage(JobKind.CLEAN)
    await store.write(lambda tx: ledger.submit_many(tx, [new(f"t{number}") for number in range(400)]))
    async with relaying(store), working(store, stage):
        for at_least in (50, 200):
            await _until_survived(store, at_least)
            await asyncio.to_thread(own_server.stop, "immediate")
            await asyncio.to_thread(own_server.start)
        await _until_survived(store, 400)
        with listening(store, JOBS) as wake:
            elsewhere = Store(own_server.url("survives"))
            await elsewhere.write(lambda tx: ledger.submit(tx, new("after the restart")))
            elsewhere.close()
            async with asyncio.timeout(PATIENCE):
                await wake.wait(2 * PATIENCE)
        await until(store, ended)
    assert await store.read(states) == {"completed": 401}
    attempts = await store.read(lambda tx: rows(tx, schema.job_attempt))
    completed = [attempt["job_id"] for attempt in attempts if attempt["outcome"] == "completed"]
    assert len(completed) == len(set(completed)) == 401
    assert set(stage.ran) == {f"t{number}" for number in range(400)} | {"after the restart"}
    store.close()
