"""Migrations build exactly the schema that the program works with, on both databases."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from metarr.errors import InvalidInput
from metarr.store import item_pages, migrate, overview, people, schema
from metarr.store.columns import Instant
from metarr.store.db import Store, sqlite_url
from metarr.store.item_pages import Filter, Order, Sort
from metarr.store.traits import Trait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without any table."""
    if request.param == "sqlite":
        store = Store(sqlite_url(tmp_path / "blank.db"))
        yield store
        store.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"blank_{uuid.uuid4().hex}"
    server._sql(f"CREATE DATABASE {name}")
    store = Store(server.url(name))
    yield store
    store.close()
    server.drop_database(name)


def described(store: Store) -> dict[str, Any]:
    """Every table with its columns, constraints and indexes, as the database tells them."""
    with store.engine.connect() as connection:
        inspector = sa.inspect(connection)
        tables = set(inspector.get_table_names()) - {"alembic_version"}
        return {
            table: {
                "columns": {column["name"]: _column(dict(column)) for column in inspector.get_columns(table)},
                "key": inspector.get_pk_constraint(table)["constrained_columns"],
                "foreign": sorted(repr(sorted(dict(key).items())) for key in inspector.get_foreign_keys(table)),
                "unique": sorted(repr(unique["column_names"]) for unique in inspector.get_unique_constraints(table)),
                "indexes": _indexes(connection, table),
            }
            for table in tables
        }


def _column(column: dict[str, Any]) -> tuple[str, bool, str]:
    return str(column["type"]), column["nullable"], str(column["default"]).strip("'")


def _indexes(connection: sa.Connection, table: str) -> list[str]:
    """The statements that made them: conditions and orders included."""
    if connection.dialect.name == "sqlite":
        query = f"SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL"  # noqa: S608
    else:
        query = f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}'"  # noqa: S608
    return sorted(" ".join(row[0].split()) for row in connection.execute(sa.text(query)))


def test_all_migrations_make_what_the_tables_say(blank: Store, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    migrate.upgrade(blank)
    migrated = described(blank)
    with blank.engine.begin() as connection:
        schema.metadata.drop_all(connection)
        schema.metadata.create_all(connection)
    fresh = described(blank)
    assert migrated.keys() == fresh.keys()
    for table, description in fresh.items():
        assert migrated[table] == description, table


def test_the_program_knows_its_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


def test_an_upgrade_is_done_once(blank: Store) -> None:
    assert migrate.revision(blank) is None
    migrate.upgrade(blank)
    assert migrate.revision(blank) == schema.REVISION
    migrate.upgrade(blank)
    assert migrate.revision(blank) == schema.REVISION


def test_a_database_of_a_newer_version_is_refused(store: Store) -> None:
    store.write_now(lambda tx: tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
    with pytest.raises(InvalidInput, match=r"9999.*newer"):
        migrate.upgrade(store)


def test_what_lists_filter_by_is_filled_in_for_what_is_there(blank: Store) -> None:
    """From the first release on: its rows know nothing of searches and traits."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with blank.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with blank.engine.begin() as connection:
        for name, first in _OF_THE_FIRST_RELEASE:
            row = first | _FURTHER.get(name, {})
            table = sa.table(name, *(sa.column(one, _TYPES.get(one)) for one in row))
            connection.execute(sa.insert(table).values(**row))
    migrate.upgrade(blank)
    wanted = Filter(search="amelie", traits={Trait.GENRE: "Romance", Trait.RESOLUTION: "1080", Trait.AUDIO: "fr"})
    [(_, found)] = blank.write_now(lambda tx: item_pages.page(tx, wanted, Order(Sort.RATING), None, 10))
    assert (found["title"], found["rating"]) == ("Amélie", 8.3)
    counts = blank.write_now(overview.item_counts)[1]
    assert (counts.awaiting_choice, counts.confirmed) == (1, 1)
    [person] = blank.write_now(lambda tx: people.page(tx, "joao", None, 10))
    assert person["name"] == "João"


_AT = datetime(2025, 1, 1, tzinfo=UTC)
_TYPES = {"created_at": Instant(), "at": Instant()}
_METADATA = '{"title":"Amélie","genres":["Romance"],"ratings":[{"source":"imdb","value":8.3}]}'
_DETAILS = '{"video":[{"width":1920,"height":816,"hdr":""}],"audio":[{"language":"fr"}]}'
_OF_THE_FIRST_RELEASE: list[tuple[str, dict[str, Any]]] = [
    ("library", {"id": 1, "name": "M", "kind": "movies", "root": "/m", "profiles": "[]", "settings": "{}"}),
    ("item", {"id": 1, "kind": "movie", "library_id": 1, "folder": "A", "identity": "guessed", "title": "Amélie"}),
    ("media_file", {"id": 1, "library_id": 1, "path": "a.mkv", "role": "video", "confidence": 95, "rule": "x"}),
    ("item_file", {"item_id": 1, "file_id": 1}),
    ("person", {"id": 1, "key": "name:João", "name": "João", "ids": "{}"}),
    (
        "candidate",
        {"item_id": 1, "kind": "poster", "provider": "tmdb", "reference": "x", "vote_average": 5, "votes": 1},
    ),
    ("player", {"id": 1, "name": "kodi", "kind": "kodi", "settings": "{}"}),
    ("player_state", {"item_id": 1, "player_id": 1, "state": "confirmed", "art": "[]", "revision": 1, "detail": ""}),
]
_FURTHER: dict[str, dict[str, Any]] = {
    "library": {"created_at": _AT},
    "item": {"sort_title": "amélie", "metadata": _METADATA, "provenance": "{}", "evidence": "[]", "created_at": _AT},
    "candidate": {"vote_average": 5.0},
    "player_state": {"at": _AT},
    "media_file": {"size": 1, "mtime_ns": 1, "inode": 1, "details": _DETAILS},
}
