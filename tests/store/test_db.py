"""Transactions: all or nothing, one after the other, and nothing announced before it is committed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from metarr.errors import InvalidInput
from metarr.store import db, health, mounts, schema, writer
from metarr.store.db import EVENTS, JOBS, NOW, Store, after, is_passing
from patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Tx


MINUTE = timedelta(minutes=1)


def causes(tx: Tx) -> list[str]:
    return [line["cause"] for line in health.lines(tx)]


def blow_up(tx: Tx) -> None:
    health.report(tx, "half", "half")
    tx.announce(JOBS)
    raise LookupError("no")


async def test_a_write_is_there_for_the_next_reader(store: Store) -> None:
    def body(tx: Tx) -> str:
        health.report(tx, "a", "x")
        return "answer"

    assert await store.write(body) == "answer"
    assert await store.read(causes) == ["a"]


async def test_a_fault_rolls_everything_back_and_passes_through(store: Store) -> None:
    with pytest.raises(LookupError):
        await store.write(blow_up)
    assert await store.read(causes) == []


async def test_what_a_reader_writes_does_not_stay(store: Store) -> None:
    try:
        await store.read(lambda tx: health.report(tx, "a", "x"))
    except DBAPIError:
        assert not store.is_sqlite  # PostgreSQL refuses it
    assert await store.read(causes) == []


async def test_a_reader_sees_one_moment(store: Store) -> None:
    reads, wrote = threading.Event(), threading.Event()

    def look_twice(tx: Tx) -> list[list[str]]:
        before = causes(tx)
        reads.set()
        assert wrote.wait(PATIENCE)
        return [before, causes(tx)]

    reading = asyncio.create_task(store.read(look_twice))
    await asyncio.to_thread(reads.wait, PATIENCE)
    await store.write(lambda tx: health.report(tx, "a", "x"))
    wrote.set()
    assert await reading == [[], []]


async def test_bodies_that_wait_together_fail_alone(store: Store) -> None:
    """On SQLite they share a transaction."""
    hold = threading.Event()
    heard: list[str] = []
    store.on(JOBS, lambda: heard.append(JOBS))
    store.on(EVENTS, lambda: heard.append(EVENTS))

    def good(tx: Tx, name: str) -> str:
        health.report(tx, name, name)
        tx.announce(EVENTS)
        return name

    def refused(tx: Tx) -> None:
        tx.execute(sa.insert(schema.health).values(cause="bad", message=None))

    first = asyncio.create_task(store.write(lambda _tx: hold.wait(PATIENCE)))
    await asyncio.sleep(0)
    others = [
        asyncio.create_task(store.write(body))
        for body in (lambda tx: good(tx, "a"), blow_up, refused, lambda tx: good(tx, "b"))
    ]
    await asyncio.sleep(0)
    hold.set()
    await first
    results = await asyncio.gather(*others, return_exceptions=True)
    assert results[0] == "a"
    assert isinstance(results[1], LookupError)
    assert isinstance(results[2], IntegrityError)
    assert results[3] == "b"
    assert sorted(await store.read(causes)) == ["a", "b"]
    assert JOBS not in heard
    assert EVENTS in heard


async def test_a_full_disk_takes_all_that_a_group_wrote_along_and_each_hears_of_it(sqlite_store: Store) -> None:
    """SQLite rolls back the whole transaction then, by itself: https://www.sqlite.org/lang_transaction.html.

    What comes after that is written in the next one.
    """
    begun, hold = threading.Event(), threading.Event()

    def wait(_tx: Tx) -> None:
        begun.set()
        hold.wait(PATIENCE)

    def fill(tx: Tx) -> None:
        pages = tx.execute(sa.text("PRAGMA page_count")).scalar_one()
        tx.execute(sa.text(f"PRAGMA max_page_count={pages + 5}")).scalar_one()
        try:
            health.report(tx, "large", "x" * 100_000)
        finally:
            tx.execute(sa.text("PRAGMA max_page_count=1000000")).scalar_one()

    def keep(tx: Tx) -> None:
        health.report(tx, "a", "x")

    first = asyncio.create_task(sqlite_store.write(wait))
    await asyncio.to_thread(begun.wait, PATIENCE)
    bodies = (keep, blow_up, fill, lambda tx: health.report(tx, "late", "x"))
    others = [asyncio.create_task(sqlite_store.write(body)) for body in bodies]
    await asyncio.sleep(0)
    hold.set()
    await first
    results = await asyncio.gather(*others, return_exceptions=True)
    assert [type(result) for result in results] == [OperationalError, LookupError, OperationalError, type(None)]
    assert all(is_passing(result) for result in results if isinstance(result, OperationalError))
    assert await sqlite_store.read(causes) == ["late"]
    await sqlite_store.write(keep)
    assert sorted(await sqlite_store.read(causes)) == ["a", "late"]


class _Noted:
    """Bodies that note their order; one that holds the writer up; and how often there was a commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begun, self._hold = threading.Event(), threading.Event()
        self.order: list[str] = []
        self.commits = 0

        @sa.event.listens_for(store.engine, "commit")
        def count(_connection: sa.Connection) -> None:
            self.commits += 1

    async def hold(self, *, is_urgent: bool = False) -> asyncio.Task[None]:
        def wait(_tx: Tx) -> None:
            self.order.append("held")
            self._begun.set()
            self._hold.wait(PATIENCE)

        task = asyncio.create_task(self._store.write(wait, is_urgent=is_urgent))
        await asyncio.to_thread(self._begun.wait, PATIENCE)
        return task

    def queue(self, name: str, *, is_urgent: bool = False) -> asyncio.Task[int]:
        """Answers with the number of commits before its own."""

        def note(tx: Tx) -> int:
            self.order.append(name)
            health.report(tx, name, name)
            return self.commits

        return asyncio.create_task(self._store.write(note, is_urgent=is_urgent))

    async def let_go(self, *tasks: asyncio.Task[int]) -> list[int]:
        await asyncio.sleep(0)  # all of them are queued
        self._hold.set()
        return await asyncio.gather(*tasks)


async def test_who_is_urgent_is_written_next_and_answered_before_the_others_are_written(sqlite_store: Store) -> None:
    noted = _Noted(sqlite_store)
    held = await noted.hold()
    plain = [noted.queue(name) for name in ("one", "two")]
    urgent = [noted.queue(name, is_urgent=True) for name in ("bell", "phone")]
    before = await noted.let_go(*plain, *urgent)
    await held
    assert noted.order == ["held", "bell", "phone", "one", "two"]
    assert before == [2, 2, 1, 1]  # both urgent ones share a commit, and so do the others after it


async def test_nobody_waits_behind_urgent_ones_for_ever(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_LONGEST", -1.0)
    noted = _Noted(sqlite_store)
    held = await noted.hold()
    await noted.let_go(noted.queue("bell", is_urgent=True), noted.queue("one"))
    await held
    assert noted.order == ["held", "one", "bell"]


async def test_nothing_is_announced_before_the_commit_or_after_a_rollback(store: Store) -> None:
    seen: list[list[str]] = []

    def look() -> None:
        with store.engine.connect() as connection:
            seen.append(list(connection.execute(sa.select(schema.health.c.cause)).scalars()))

    stop = store.on(JOBS, look)

    def announce(tx: Tx) -> None:
        tx.announce(JOBS)
        health.report(tx, "a", "x")

    if store.is_sqlite:  # a second connection would wait for the writer's lock
        stop()
        stop = store.on(JOBS, lambda: seen.append(["a"]))
    await store.write(announce)
    with pytest.raises(LookupError):
        await store.write(blow_up)
    assert seen == [["a"]]
    stop()
    await store.write(announce)
    assert len(seen) == 1


async def test_a_cancelled_caller_does_not_stop_the_write(store: Store) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        begun.set()
        assert go.wait(PATIENCE)
        health.report(tx, "a", "x")

    writing = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(begun.wait, PATIENCE)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    go.set()
    await store.write(lambda _tx: None)
    assert await store.read(causes) in (["a"], [])
    store.close()
    again = Store(store.url)
    assert again.write_now(causes) == ["a"]
    again.close()


def test_a_savepoint_undoes_only_its_own_part(store: Store) -> None:
    def body(tx: Tx) -> None:
        health.report(tx, "outer", "x")
        with pytest.raises(LookupError), tx.savepoint():
            blow_up(tx)
        with tx.savepoint():
            health.report(tx, "kept", "x")

    store.write_now(body)
    assert sorted(store.write_now(causes)) == ["kept", "outer"]


def test_a_closed_store_takes_no_more(sqlite_store: Store) -> None:
    sqlite_store.close()
    with pytest.raises(RuntimeError, match="closed"):
        sqlite_store.write_now(causes)


@pytest.mark.parametrize("skew", [timedelta(), timedelta(days=3), timedelta(hours=-5)], ids=["now", "later", "earlier"])
def test_the_clock_is_the_databases_and_tests_can_move_it(store: Store, skew: timedelta) -> None:
    store.skew = skew
    row = store.write_now(lambda tx: tx.execute(sa.select(NOW.label("now"), after(MINUTE).label("later"))).one())
    now, later = row.now, row.later
    assert abs(now - (datetime.now(UTC) + skew)) < timedelta(seconds=5)
    assert timedelta(seconds=59) < later - now < timedelta(seconds=61)


def test_moved_time_does_not_leak_into_the_next_transaction(store: Store) -> None:
    store.skew = timedelta(days=300)
    store.write_now(causes)
    store.skew = timedelta()
    now = store.write_now(lambda tx: tx.execute(sa.select(NOW)).scalar_one())
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_sqlite_is_kept_off_network_file_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"server:/export {tmp_path} nfs4 rw 0 0\n/dev/sda1 / ext4 rw 0 0\n")
    assert mounts.network_file_system(tmp_path / "metarr.db", table) == "nfs4"
    assert mounts.network_file_system(tmp_path.parent, table) is None
    monkeypatch.setattr(mounts, "network_file_system", lambda _path: "nfs4")
    with pytest.raises(InvalidInput, match="METARR_DATABASE_URL"):
        db.sqlite_url(tmp_path / "metarr.db")


def test_power_loss_takes_no_commit(sqlite_store: Store) -> None:
    pragmas = sqlite_store.write_now(
        lambda tx: [tx.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")]
    )
    assert pragmas == ["wal", 2]  # 2: FULL, an fsync with every commit


class _PostgresFault(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def _sqlite_fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("fault")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("x", None, _sqlite_fault(sqlite3.SQLITE_FULL)), True),
        (OperationalError("x", None, _sqlite_fault(sqlite3.SQLITE_IOERR_FSYNC)), True),
        (OperationalError("x", None, _sqlite_fault(sqlite3.SQLITE_BUSY)), True),
        (OperationalError("x", None, _sqlite_fault(sqlite3.SQLITE_ERROR)), False),
        (OperationalError("x", None, _PostgresFault(None)), True),
        (OperationalError("x", None, _PostgresFault("57P01")), True),
        (OperationalError("x", None, _PostgresFault("53100")), True),
        (OperationalError("x", None, _PostgresFault("40P01")), True),
        (IntegrityError("x", None, _PostgresFault("23505")), False),
        (DBAPIError("x", None, _PostgresFault("XX000"), connection_invalidated=True), True),
        (LookupError("x"), False),
    ],
    ids=[
        "disk full",
        "disk fault",
        "busy",
        "a wrong statement",
        "cannot connect",
        "shut down",
        "PostgreSQL's disk full",
        "deadlock",
        "a constraint",
        "connection lost",
        "not the database's",
    ],
)
def test_which_faults_of_the_database_pass(error: BaseException, *, expected: bool) -> None:
    assert is_passing(error) is expected


def test_errors_do_not_show_the_values_of_a_statement(store: Store) -> None:
    def refused(tx: Tx) -> None:
        tx.execute(sa.insert(schema.health).values(cause="secret-token", message=None, since=NOW, seen_at=NOW))

    with pytest.raises(IntegrityError) as caught:
        store.write_now(refused)
    assert "secret-token" not in str(caught.value).split("DETAIL")[0]
