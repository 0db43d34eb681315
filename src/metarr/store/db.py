"""`Store.read(fn)` and `Store.write(fn)`: every transaction's body is a plain function, so nothing can wait inside one.

SQLite: one writer thread with BEGIN IMMEDIATE, readers beside it on the write-ahead log. PostgreSQL: a pool of threads.
Nothing is announced before it is committed: `Tx.announce` collects topics that listeners hear after the commit.
"""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles

from metarr.errors import InvalidInput
from metarr.store import columns, mounts
from metarr.store.columns import Instant
from metarr.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from sqlalchemy.engine import Connection, CursorResult, Engine
    from sqlalchemy.pool import ConnectionPoolEntry
    from sqlalchemy.sql.compiler import SQLCompiler

    from metarr.store.prepared import Prepared, PreparedQuery

T = TypeVar("T")
JOBS = "jobs"  # topic: a job was submitted or freed
EVENTS = "events"  # topic: an event was written
DatabaseFault = SQLAlchemyError  # for those who may not know SQL
Row = sa.RowMapping  # a row by its column names, for those who may not know SQL
CANCEL = "cancel"  # topic: a running job was asked to stop
TOPICS = (JOBS, EVENTS, CANCEL)
CHANNEL = "metarr"  # PostgreSQL's NOTIFY: what one process announces, the others hear
# A connection that broke without a word (a router's or a machine's end) is noticed within half a minute.
KEEPALIVE = {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}
# Milliseconds after which the locks of a machine that froze in the middle of a transaction are taken from it: less than
# a worker's lease, so that its jobs can be taken over then. Our transactions never wait for anything outside.
_FROZEN = 15_000
_POSTGRES_THREADS = 8
_READERS = 4
_READING: Mapping[bool, Mapping[str, Any]] = {
    True: {"metarr_read_only": True},
    False: {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}  # by is_sqlite
# https://www.sqlite.org/rescode.html
_PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
}
# Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, rollback (deadlock),
# resources (disk full, too many connections), lock not available, shutdown and start-up.
_PASSING_POSTGRES = ("08", "40", "53", "55P03", "57P")
_NOTIFY = sa.select(sa.func.pg_notify(CHANNEL, sa.func.unnest(sa.bindparam("payloads", type_=sa.ARRAY(sa.Text())))))


class Clash(Exception):
    """Two processes reached for the same row in the same moment: run the transaction again, it will see the other's."""


class Tx:
    """A running transaction. Functions of `store` and `jobs` take one and never commit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect: Any = connection.dialect
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

    def run(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement; its rows as the driver has them."""
        return self._run(*statement.bound(values, is_sqlite=self.is_sqlite))

    def fetch(self, query: PreparedQuery, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a prepared query; its rows as dictionaries, with the types of the columns."""
        return query.read(self.run(query, values), is_sqlite=self.is_sqlite)

    def run_many(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a prepared statement for every row, with one call of the driver."""
        sql, _ = statement.bound({}, is_sqlite=self.is_sqlite)
        bound = [statement.bound(row, is_sqlite=self.is_sqlite)[1] for row in rows]
        self._drive(lambda driver: driver.cursor().executemany(sql, bound), sql)

    @property
    def is_open(self) -> bool:
        """False: SQLite has rolled everything back by itself, as it does when the disk is full."""
        driver: Any = self._connection.connection.driver_connection
        return bool(driver.in_transaction) if self.is_sqlite else True

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside is undone without losing what came before."""
        self._run("SAVEPOINT inner_part")
        try:
            yield
        except BaseException:
            if self.is_open:
                self._run("ROLLBACK TO SAVEPOINT inner_part")
                self._run("RELEASE SAVEPOINT inner_part")
            raise
        self._run("RELEASE SAVEPOINT inner_part")

    def _run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        def rows(driver: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401  the driver's own type
            cursor = driver.execute(sql, parameters or {})
            return cursor.fetchall() if cursor.description else []

        return self._drive(rows, sql)

    def _drive(self, work: Callable[[Any], T], sql: str) -> T:
        """Work on the driver's connection; its errors become SQLAlchemy's."""
        driver: Any = self._connection.connection.driver_connection
        try:
            return work(driver)
        except self._dialect.loaded_dbapi.Error as error:
            if self._dialect.is_disconnect(error, driver, None):
                self.execute(sa.text("SELECT 1"))  # fails too, and SQLAlchemy drops the pool's broken connections
            raise DBAPIError.instance(
                sql, None, error, self._dialect.loaded_dbapi.Error, dialect=self._dialect
            ) from error

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
        self.sender = uuid.uuid4().hex  # marks this process's announcements, which it need not hear twice
        self.skew = timedelta()  # moves the clock: tests let time pass with it
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _sqlite_engine(url, self._clock) if self.is_sqlite else _postgres_engine(url)
        self._threads = ThreadPoolExecutor(_READERS if self.is_sqlite else _POSTGRES_THREADS, "store")
        self._writer = Writer(self._begin, self._hear_all) if self.is_sqlite else None
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    async def read(self, body: Callable[[Tx], T]) -> T:
        """Run `body` on a consistent snapshot; what it writes is refused or rolled back."""
        return await asyncio.wrap_future(self._threads.submit(self._read, body))

    async def write(self, body: Callable[[Tx], T], *, is_urgent: bool = False) -> T:
        """Run `body` and commit; any exception rolls back and passes through. Never cancelled half way.

        `is_urgent`: it is short, and somebody outside waits for the answer. SQLite's one writer takes it next.
        """
        return await asyncio.shield(asyncio.wrap_future(self._submit(body, is_urgent=is_urgent)))

    def write_now(self, body: Callable[[Tx], T]) -> T:
        """Like `write`, for start-up and commands that run before there is a loop."""
        return self._submit(body).result()

    def on(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` (from any thread) after each commit that announced `topic`; returns how to stop."""
        with self._lock:
            self._listeners.setdefault(topic, []).append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners[topic].remove(listener)

        return stop

    def hear(self, topic: str) -> None:
        """Call the listeners of `topic` in this process."""
        with self._lock:
            listeners = tuple(self._listeners.get(topic, ()))
        for listener in listeners:
            listener()

    def close(self) -> None:
        """Wait for what runs and close every connection."""
        if self._writer is not None:
            self._writer.close()
        self._threads.shutdown()
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """For migrations and backups, which work on connections."""
        return self._engine

    def _submit(self, body: Callable[[Tx], T], *, is_urgent: bool = False) -> Future[T]:
        """On behalf of whoever asks: what is bound to their task holds in the thread that writes."""
        context = contextvars.copy_context()

        def carried(tx: Tx) -> T:
            return context.run(body, tx)

        if self._writer is not None:
            return self._writer.submit(carried, is_urgent=is_urgent)
        return self._threads.submit(self._write, carried)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One moment of the database, for as long as it is looked at; what is written is refused or rolled back."""
        with self._engine.connect() as plain:
            connection = plain.execution_options(**_READING[self.is_sqlite])
            with connection.begin() as transaction:
                yield connection
                transaction.rollback()

    def _read(self, body: Callable[[Tx], T]) -> T:
        with self.snapshot() as connection:
            return body(self._tx(connection))

    def _write(self, body: Callable[[Tx], T]) -> T:
        """On PostgreSQL, in a thread of the pool."""
        with self._begin() as tx:
            result = body(tx)
            if tx.topics:
                payloads = [f"{topic} {self.sender}" for topic in sorted(tx.topics)]
                tx.execute(_NOTIFY, {"payloads": payloads})
        self._hear_all(tx.topics)
        return result

    @contextmanager
    def _begin(self) -> Iterator[Tx]:
        with self._engine.connect() as connection, connection.begin():
            yield self._tx(connection)

    def _tx(self, connection: Connection) -> Tx:
        if self.skew and not self.is_sqlite:
            connection.exec_driver_sql(f"SET LOCAL metarr.skew = '{self.skew.total_seconds()}'")
        return Tx(connection)

    def _clock(self, seconds: float) -> str | None:
        now = datetime.now(UTC) + self.skew + timedelta(seconds=seconds)
        return now.strftime(columns.SQLITE_FORMAT)

    def _hear_all(self, topics: set[str]) -> None:
        for topic in topics:
            self.hear(topic)


def is_passing(error: BaseException) -> bool:
    """Whether the same may succeed soon: the database restarts, its disk is full, it broke a deadlock."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _PASSING_SQLITE
    if not isinstance(error, OperationalError):
        return False
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(_PASSING_POSTGRES)  # no state: it could not connect at all


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
        hide_parameters=True,  # errors are logged; values may be secrets
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
        hide_parameters=True,  # errors are logged; values may be secrets
        isolation_level="READ COMMITTED",
        connect_args={
            "options": f"-c timezone=UTC -c metarr.skew=0 -c idle_in_transaction_session_timeout={_FROZEN}",
            **KEEPALIVE,
            "tcp_user_timeout": "30000",  # milliseconds
            "connect_timeout": "10",
        },
    )
