"""`Store.read(fn)` and `Store.write(fn)`: every transaction's body is a plain function, so nothing can wait inside one.

SQLite: one writer thread with BEGIN IMMEDIATE, readers beside it on the write-ahead log. PostgreSQL: a pool of threads.
Nothing is announced before it is committed: `Tx.announce` collects topics that listeners hear after the commit.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from metarr.errors import InvalidInput
from metarr.store import columns, mounts
from metarr.store.columns import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection, CursorResult, Engine
    from sqlalchemy.pool import ConnectionPoolEntry
    from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")
JOBS = "jobs"  # topic: a job was submitted or freed
EVENTS = "events"  # topic: an event was written
_POSTGRES_THREADS = 8
_READERS = 4


class Tx:
    """A running transaction. Functions of `store` and `jobs` take one and never commit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        self.topics: set[str] = set()

    def execute(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement, or one statement over many rows."""
        return self._connection.execute(statement, parameters)

    def rows(self, statement: sa.Executable) -> Sequence[sa.RowMapping]:
        """All rows as mappings."""
        return self._connection.execute(statement).mappings().all()

    def one(self, statement: sa.Executable) -> sa.RowMapping | None:
        """The first row, or None."""
        return self._connection.execute(statement).mappings().first()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside is undone without losing what came before."""
        with self._connection.begin_nested():
            yield

    def announce(self, topic: str) -> None:
        """Wake the listeners of `topic` once this transaction is committed."""
        self.topics.add(topic)


class Clock(sa.sql.functions.GenericFunction[datetime]):
    """`Clock(seconds)`: the database's clock, that many seconds from now. On SQLite the database lives in this process,
    and so does its clock.
    """

    type = Instant()
    inherit_cache = True
    name = "metarr_clock"


@compiles(Clock, "postgresql")
def _postgres_clock(element: Clock, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  an interface
    seconds = compiler.process(element.clauses, **options)
    return f"(clock_timestamp() + make_interval(secs => {seconds} + current_setting('metarr.skew')::float8))"


NOW = Clock(sa.literal_column("0.0"))


def after(delay: timedelta) -> Clock:
    """The database's clock, `delay` from now (negative: ago)."""
    return Clock(sa.literal(delay.total_seconds(), sa.Float()))


class Store:
    """The database of one installation."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy takes it: `sqlite:////path/metarr.db` or `postgresql+psycopg://…`."""
        self.url = url
        self.skew = timedelta()  # moves the clock: tests let time pass with it
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _sqlite_engine(url, self._clock) if self.is_sqlite else _postgres_engine(url)
        writers = 1 if self.is_sqlite else _POSTGRES_THREADS
        self._write_threads = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._read_threads = (
            ThreadPoolExecutor(_READERS, thread_name_prefix="store-read") if self.is_sqlite else self._write_threads
        )
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    async def read(self, body: Callable[[Tx], T]) -> T:
        """Run `body` on a consistent snapshot; what it writes is refused or rolled back."""
        work = functools.partial(self._run, body, writes=False)
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, work)

    async def write(self, body: Callable[[Tx], T]) -> T:
        """Run `body` and commit; any exception rolls back and passes through. Never cancelled half way."""
        work = functools.partial(self._run, body, writes=True)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._write_threads, work))

    def write_now(self, body: Callable[[Tx], T]) -> T:
        """Like `write`, for start-up and commands that run before there is a loop."""
        return self._write_threads.submit(self._run, body, writes=True).result()

    def on(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` (from any thread) after each commit that announced `topic`; returns how to stop."""
        with self._lock:
            self._listeners.setdefault(topic, []).append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners[topic].remove(listener)

        return stop

    def close(self) -> None:
        """Wait for what runs and close every connection."""
        self._read_threads.shutdown()
        self._write_threads.shutdown()
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """For migrations and backups, which work on connections."""
        return self._engine

    def _run(self, body: Callable[[Tx], T], *, writes: bool) -> T:
        with self._engine.connect() as connection:
            if not writes:
                connection = connection.execution_options(metarr_read_only=True)  # noqa: PLW2901  the same connection
            with connection.begin() as transaction:
                if self.skew and not self.is_sqlite:
                    connection.exec_driver_sql(f"SET LOCAL metarr.skew = '{self.skew.total_seconds()}'")
                tx = Tx(connection)
                result = body(tx)
                if not writes:
                    transaction.rollback()
        for topic in tx.topics if writes else ():
            self.hear(topic)
        return result

    def _clock(self, seconds: float) -> str | None:
        now = datetime.now(UTC) + self.skew + timedelta(seconds=seconds)
        return now.strftime(columns.SQLITE_FORMAT)

    def hear(self, topic: str) -> None:
        """Call the listeners of `topic` in this process."""
        with self._lock:
            listeners = tuple(self._listeners.get(topic, ()))
        for listener in listeners:
            listener()


def sqlite_url(path: Path) -> str:
    """The URL of a database file; refuses a file system on which SQLite's locks are not reliable."""
    kind = mounts.network_file_system(path)
    if kind is not None:
        raise InvalidInput(
            f"{path} lies on a network file system ({kind}), where SQLite loses data. "
            "Put the data folder on a local disk, or use PostgreSQL (METARR_DATABASE_URL)."
        )
    return f"sqlite:///{path}"


def _sqlite_engine(url: str, clock: Callable[[float], str | None]) -> Engine:
    engine = sa.create_engine(
        url,
        pool_size=_READERS + 1,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 30},
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401  the driver's own type
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("metarr_clock", 1, clock)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A read lock cannot be upgraded under load: a writer says so from the start.
        is_reading = connection.get_execution_options().get("metarr_read_only", False)
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return engine


def _postgres_engine(url: str) -> Engine:
    return sa.create_engine(
        url,
        pool_size=_POSTGRES_THREADS,
        max_overflow=2,
        pool_pre_ping=False,
        isolation_level="READ COMMITTED",
        connect_args={"options": "-c timezone=UTC -c metarr.skew=0"},
    )
