"""Machines are upgraded one by one: real processes of two releases on one PostgreSQL database.

Workers of this release go on beside the next one on its schema; those of the first release cannot, and this one waits
for their end. Nothing is lost, nothing is done twice, nobody dies of what it does not know, and an old program does not
start anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections import Counter
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

import previous_release
from metarr.demo.standin import server
from metarr.model.job import JobKind
from metarr.store import migrate, schema
from metarr.store.db import Store
from patience import PATIENCE
from running import make_film

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from postgres import PostgresServer

pytestmark = pytest.mark.postgres
_NEW = Path(__file__).parents[1] / "src"


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """One that no program has been at."""
    name = f"rolling_{uuid.uuid4().hex}"
    postgres_server.create_empty(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@dataclass(frozen=True, slots=True)
class House:
    """What all machines share, and the two programs."""

    home: Path
    database: str
    old: Path
    provider: dict[str, str]

    def begin(self, source: Path, *words: str, **more: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(source),
            "METARR_DATA": str(self.home / "data"),
            "METARR_DATABASE_URL": self.database.replace("postgresql+psycopg", "postgresql"),
            "METARR_LOG_LEVEL": "error",
            **self.provider,
            **more,
        }
        command = [sys.executable, "-m", "metarr", *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def done(self, source: Path, *words: str) -> Any:
        """The JSON that a command answers."""
        process = self.begin(source, *words, "--json")
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        return json.loads(out)

    def started(self, stack: ExitStack, source: Path, *words: str, **more: str) -> subprocess.Popen[str]:
        """A program that goes on until the block ends, and does so in good order."""
        process = self.begin(source, *words, **more)
        assert process.stderr is not None
        assert "Metarr" in (said := process.stderr.readline()), said + process.stderr.read()
        stack.callback(_stop, process)
        return process

    def films(self, folder: str, count: int) -> str:
        for number in range(count):
            make_film(self.home / folder, f"Film {folder} {number} (200{number})")
        return str(self.home / folder)

    def rows(self, table: sa.Table) -> Sequence[sa.RowMapping]:
        store = Store(self.database)
        try:
            return store.write_now(lambda tx: tx.rows(sa.select(table)))
        finally:
            store.close()

    def write(self, statements: Sequence[str]) -> None:
        engine = sa.create_engine(self.database, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def revision(self) -> str | None:
        store = Store(self.database)
        try:
            return migrate.revision(store)
        finally:
            store.close()


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err


@asynccontextmanager
async def house(home: Path, database: str, old: Path) -> AsyncIterator[House]:
    async with server() as tmdb:
        keys = {"URL": tmdb.url, "IMAGE_URL": tmdb.image_url, "API_KEY": tmdb.key}
        yield House(home, database, old, {f"METARR_TMDB_{name}": value for name, value in keys.items()})


def _all_well(report: Any, items: int) -> None:
    assert (report["summary"]["open"], report["summary"]["failed"]) == (0, [])
    assert report["library"]["counts"]["items"] == items


def _nothing_lost_or_doubled(house: House) -> None:
    jobs = {row["id"]: row for row in house.rows(schema.job)}
    assert {row["state"] for row in jobs.values()} == {"completed"}, jobs
    done = Counter(row["job_id"] for row in house.rows(schema.job_attempt) if row["outcome"] == "completed")
    assert set(done.values()) == {1}
    published = [row for row in house.rows(schema.item) if row["kind"] == "movie"]
    assert {row["identity"] for row in published} == {"identified"}


async def test_the_release_before_is_not_upgraded_under_its_workers(tmp_path: Path, database: str) -> None:
    old = previous_release.unpack(tmp_path / "previous")
    if old is None:
        pytest.skip("there is no history here to take the release before this one from")
    async with house(tmp_path, database, old) as found:
        await asyncio.to_thread(_after_the_first_release, found)


def _after_the_first_release(house: House) -> None:
    """0.1.0 cannot go on beside this one, which says so, waits for its end, and goes on with its work."""
    films = house.films("films", 3)
    with ExitStack() as stack:
        house.started(stack, house.old, "serve", "--port", "0")
        house.started(stack, house.old, "worker")
        _all_well(house.done(house.old, "run", films), 3)
        process = house.begin(_NEW, "worker")
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, "still at work on" in err) == (1, True), err
        assert house.revision() == "0001"
        for number in range(2):
            make_film(Path(films), f"Later {number} (201{number})")
    with ExitStack() as stack:
        house.started(stack, _NEW, "serve", "--port", "0")
        house.started(stack, _NEW, "worker")
        assert house.revision() == schema.REVISION
        assert [path.name for path in (house.home / "data" / "backups").iterdir()]
        _all_well(house.done(_NEW, "run", films), 5)
        _refused(house, house.old)
    _nothing_lost_or_doubled(house)


def _refused(house: House, source: Path) -> None:
    """A program that is older than its database does not start."""
    process = house.begin(source, "worker")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "newer than this program knows" in err


_NEXT = '''"""What a release after this one may add."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "next", "{now}", None, None


def upgrade() -> None:
    op.create_table("mood", sa.Column("id", sa.BigInteger, primary_key=True))
    op.add_column("job", sa.Column("mood", sa.Text, server_default="calm", nullable=False))
    op.add_column("worker", sa.Column("mood", sa.Text))
'''


def _next_release(folder: Path) -> Path:
    """The sources of this one, with a migration more."""
    source = folder / "src"
    shutil.copytree(_NEW / "metarr", source / "metarr", ignore=shutil.ignore_patterns("__pycache__"))
    tables = source / "metarr" / "store" / "schema" / "__init__.py"
    line = f'REVISION = "{schema.REVISION}"'
    assert line in tables.read_text()
    tables.write_text(tables.read_text().replace(line, 'REVISION = "next"'))
    migration = source / "metarr" / "store" / "migrations" / "versions" / "next.py"
    migration.write_text(_NEXT.format(now=schema.REVISION))
    return source


async def test_workers_of_this_release_go_on_beside_the_next(tmp_path: Path, database: str) -> None:
    source = await asyncio.to_thread(_next_release, tmp_path / "next")
    async with house(tmp_path, database, _NEW) as found:
        await asyncio.to_thread(_beside_the_next_release, found, source)


def _beside_the_next_release(house: House, after: Path) -> None:
    films = house.films("films", 2)
    with ExitStack() as stack:
        with ExitStack() as server:
            house.started(server, house.old, "serve", "--port", "0")
            _all_well(house.done(house.old, "run", films), 2)
            publisher = house.started(stack, house.old, "worker", "--kinds", "publish")
            everyone = house.started(stack, house.old, "worker")
        # The server of the next release does all but publishing, so that both have to work.
        kinds = ",".join(kind for kind in JobKind if kind is not JobKind.PUBLISH)
        house.started(stack, after, "serve", "--port", "0", METARR_WORKER_KINDS=kinds)
        assert house.revision() == "next"
        house.write(_UNKNOWN)
        for number in range(4):
            make_film(Path(films), f"Later {number} (201{number})")
        report = house.done(after, "run", films)
        assert report["library"]["counts"]["items"] == 6
        assert [process.poll() for process in (publisher, everyone)] == [None, None]
        [strange] = [row for row in house.rows(schema.job) if row["kind"] == "dance"]
        assert strange["state"] == "pending"
        house.write(["DELETE FROM job WHERE kind = 'dance'"])
        _refused(house, house.old)
    _nothing_lost_or_doubled(house)


# What programs of this release find beside them: a kind of job, an event and settings that they do not know.
_UNKNOWN = [
    (
        "INSERT INTO job (kind, state, priority, payload, dedupe_key, lock_key, is_bulk, is_forced, is_alone, attempts,"
        " losses, message, is_cancel_requested, created_at) VALUES"
        " ('dance', 'pending', 10, '{}', 'dance', 'dance', false, false, false, 0, 0, '', false, now())"
    ),
    "INSERT INTO event (type, data, at) VALUES ('danced', '{}', now())",
    "INSERT INTO setting (section, value, updated_at) VALUES ('dance', '{\"floor\": 1}', now())",
]
