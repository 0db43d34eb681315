"""Faults below the engine, in one process: a COMMIT whose answer is lost, a full disk, a clock that jumps."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from machines import CHAIN, Ledger, complete
from metarr.errors import Transient
from metarr.jobs import ledger as jobs
from metarr.jobs import workers
from metarr.model.job import Done, Job, JobKind
from metarr.store.db import Store
from patience import PATIENCE
from stages import Stage, ended, until, working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.phases.base import JobContext

QUICK = workers.Pace(beat=timedelta(milliseconds=50), lease=timedelta(seconds=5))
_SOCKET = ".s.PGSQL.5432"  # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-HOST


def stages(work: Any = None) -> list[Stage]:
    """The whole chain, each phase writing its completion."""
    return [Stage(kind, work, complete) if work else Stage(kind, write=complete) for kind in CHAIN]


# --- a connection that breaks at COMMIT -------------------------------------------------------------------------------


class Cutter:
    """Stands between a client and PostgreSQL's socket, and cuts connections at every so manieth COMMIT.

    By turns before the server hears of it, and after the server has done it but before the client hears of that.
    """

    def __init__(self, server: str, every: int) -> None:
        self._server = server
        self._every = every
        self.commits = 0
        self.cuts = {"before": 0, "after": 0}
        self.connections: set[asyncio.Task[None]] = set()

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._server)
        answering = asyncio.create_task(self._pass_on(from_server, writer))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if b"COMMIT" in data and self._is_cut():
                    await self._cut(data, to_server, answering)
                    break
                to_server.write(data)
                await to_server.drain()
        answering.cancel()
        await asyncio.wait([answering])
        for end in (to_server, writer):
            end.close()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()

    def _is_cut(self) -> bool:
        self.commits += 1
        return self.commits % self._every == 0

    async def _cut(self, commit: bytes, to_server: asyncio.StreamWriter, answering: asyncio.Task[None]) -> None:
        if self.commits // self._every % 2:
            self.cuts["before"] += 1
            return
        answering.cancel()  # the client will not hear of it
        to_server.write(commit)
        to_server.write(b"X\x00\x00\x00\x04")  # Terminate: the server reads on to here, so it has committed before
        await to_server.drain()
        self.cuts["after"] += 1

    @staticmethod
    async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def cutting(store: Store, folder: Path, every: int) -> AsyncIterator[tuple[Store, Cutter]]:
    """The same database behind a cutter."""
    url = make_url(store.url)
    cutter = Cutter(f"{url.query['host']}/{_SOCKET}", every)
    server = await asyncio.start_unix_server(cutter, folder / _SOCKET)
    behind = Store(url.set(query={"host": str(folder)}).render_as_string(hide_password=False))
    try:
        yield behind, cutter
    finally:
        await asyncio.to_thread(behind.close)
        server.close()
        await asyncio.wait(cutter.connections)


@pytest.mark.postgres
async def test_a_connection_that_breaks_at_commit_loses_and_doubles_nothing(
    postgres_store: Store, tmp_path: Path
) -> None:
    ledger = Ledger(postgres_store)
    ledger.submit(25)
    async with (
        cutting(postgres_store, tmp_path, every=6) as (behind, cutter),
        working(behind, *stages(), pace=QUICK),
    ):
        await until(postgres_store, ended)
    ledger.check()
    assert min(cutter.cuts.values()) >= 5


# --- a full disk ------------------------------------------------------------------------------------------------------


async def test_a_full_disk_loses_and_doubles_nothing(sqlite_store: Store) -> None:
    """SQLite's own limit of pages gives the same error as a full file system, exactly where it is wanted."""
    ledger = Ledger(sqlite_store)
    most: int | None = None

    def limit(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={most or 2**30}")

    async def talk(_job: Job, _context: JobContext) -> Done[Any]:
        return Done(None, report={"much": "x" * 3000})

    sa.event.listen(sqlite_store.engine, "checkout", limit)
    ledger.submit(20)
    pages = sqlite_store.write_now(lambda tx: tx.execute(sa.text("PRAGMA page_count")).scalar_one())
    most = pages + 20
    async with working(sqlite_store, *stages(talk)):
        with pytest.raises(OperationalError, match="full"):
            await fill(sqlite_store)
        await asyncio.sleep(0.3)  # the worker tries again and again
        assert not sqlite_store.write_now(ended)
        most = None
        await until(sqlite_store, ended)
    ledger.check()


async def fill(store: Store) -> None:
    """Write until it is refused."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await store.write(lambda tx: tx.execute(_FILLER).rowcount)
            await asyncio.sleep(0.01)


_FILLER = sa.text(
    "INSERT INTO health (cause, message, since, seen_at) VALUES (hex(randomblob(8)), hex(zeroblob(4000)), '', '')"
)


# --- a clock that jumps -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jumps",
    [
        pytest.param([timedelta(days=400)], id="far ahead"),
        pytest.param([timedelta(hours=-3)], id="back"),
        pytest.param([timedelta(days=30), timedelta(), timedelta(days=-30), timedelta()], id="to and fro"),
    ],
)
async def test_a_clock_that_jumps_loses_and_doubles_nothing(store: Store, jumps: list[timedelta]) -> None:
    ledger = Ledger(store)
    failed: set[str] = set()

    async def fail_once(job: Job, _context: JobContext) -> Done[Any]:
        await asyncio.sleep(0.005)
        if job.kind is JobKind.ENRICH and job.item_id is not None and job.item_id % 3 == 0 and job.attempt == 1:
            failed.add(str(job.item_id))
            raise Transient("try again in a while")
        return Done(None)

    async with working(store, *stages(fail_once), pace=QUICK), working(store, *stages(fail_once), pace=QUICK):
        for jump in jumps:
            ledger.submit(8)
            store.skew = jump
            await asyncio.sleep(0.15)
        await until(store, _is_ready_to_wait)
        store.skew += timedelta(days=31)  # until after the pause of every retry, whenever it began
        await until(store, ended)
    ledger.check()
    assert failed


def _is_ready_to_wait(tx: Any) -> bool:
    """Whether everything has ended or waits for its next attempt."""
    job = sa.table("job", sa.column("state"), sa.column("run_at"))
    busy = sa.select(job.c.state).where(
        sa.or_(job.c.state == "running", sa.and_(job.c.state == "pending", job.c.run_at.is_(None)))
    )
    return not tx.rows(busy)


async def test_a_worker_that_died_before_the_clock_was_set_back_is_dead(store: Store) -> None:
    ledger = Ledger(store)
    ledger.submit(1)

    def die(tx: Any) -> None:
        workers.register(tx, "dead", "host", 1, 4)
        assert jobs.claim(tx, "dead", jobs.Slots(1, 1))

    await store.write(die)
    store.skew = timedelta(hours=-2)
    async with working(store, *stages(), pace=QUICK):
        await until(store, ended)
    ledger.check()
