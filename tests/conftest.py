"""What every test may ask for: stores on both databases, shared recorded data, ways to let time pass."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import sqlalchemy as sa

from chain import Chain, Setup
from metarr.actions import passwords
from metarr.app import logs
from metarr.store import migrate
from metarr.store.db import Store, sqlite_url
from plain_logs import log_plainly
from postgres import PostgresServer, find_programs
from running import PROBER
from shares import pytest_collection_modifyitems, pytest_xdist_make_scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metarr.phases.scan.probe import Prober

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]
REQUIRE_POSTGRES = "METARR_TEST_REQUIRE_POSTGRES"


log_plainly()
hypothesis.settings.register_profile("untimed", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`: what takes too long for every change, above all hundreds of kills and a fault at every single step."""
    parser.addoption("--long", action="store_true", default=False, help="also run what takes very long")


def pytest_collection_finish() -> None:
    """What stays until the end, seven thousand tests, no collection of garbage need look through."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def strong_passwords() -> Iterator[tuple[int, int]]:
    """What a password's hash costs really. Here it costs next to nothing: thousands of them are made."""
    real = passwords.COST
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", (1, 8))
        yield real


@pytest.fixture
def own_log() -> Iterator[None]:
    """A test may configure the log: afterwards it is as before."""
    yield
    log_plainly()
    for handler in logging.getLogger().handlers[:]:
        if type(handler).__module__ == logs.__name__:
            logging.getLogger().removeHandler(handler)
            handler.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded data of others, where it is at hand."""
    folder = Path(os.environ.get("METARR_TEST_SHARED", Path(__file__).parents[1] / ".." / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the shared recorded data is not here (METARR_TEST_SHARED)")
    return folder.resolve()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A private PostgreSQL server on a socket of its own, for the whole run."""
    programs = find_programs()
    if programs is None:
        if os.environ.get(REQUIRE_POSTGRES):
            pytest.fail("PostgreSQL's programs are not installed, and this run requires them")
        pytest.skip("PostgreSQL's programs are not installed (Debian: apt-get install postgresql)")
    server = PostgresServer(programs)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly migrated database file, copied by each test that wants one."""
    path = tmp_path_factory.mktemp("template") / "metarr.db"
    store = Store(sqlite_url(path))
    migrate.upgrade(store)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    store.close()
    return path


@pytest.fixture
def data(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A data folder whose database is made already: migrating is tested elsewhere, and takes its time."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return folder


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Store]:
    """An empty SQLite database."""
    path = tmp_path / "metarr.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = Store(sqlite_url(path))
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres_server: PostgresServer) -> Iterator[Store]:
    """An empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    store = Store(postgres_server.url(name))
    yield store
    store.close()
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty database of each kind."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture(scope="session", autouse=True)
def _no_process_stays() -> Iterator[None]:
    yield
    asyncio.run(PROBER.close())


@pytest.fixture(scope="session")
def prober() -> Prober:
    """The probing processes that all installations of the run share."""
    return PROBER


@pytest.fixture
def install(tmp_path: Path, migrated_sqlite: Path, prober: Prober) -> Callable[..., Chain]:
    """Make a complete installation, not yet started: `async with install(phase_config=...) as chain:`."""
    made = 0

    def make(**choices: Any) -> Chain:
        nonlocal made
        made += 1
        return Chain(tmp_path / f"installation{made}", migrated_sqlite, prober, Setup(**choices))

    return make


def all_rows(store: Store, table: sa.Table) -> list[dict[str, object]]:
    """Every row of a table, by its primary key."""
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
        return [dict(row) for row in rows]
