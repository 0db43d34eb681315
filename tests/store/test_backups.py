"""Backups: made while the program works, proven, kept in bounds, restored elsewhere, moved to PostgreSQL."""

from __future__ import annotations

import resource
import uuid
import zipfile
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from conftest import all_rows
from metarr.errors import Conflict, InvalidInput, MetarrError, NotFound, Transient
from metarr.model.media import LibraryKind
from metarr.store import libraries, migrate, schema
from metarr.store.backups import archive, making, restoring
from metarr.store.backups.archive import Reason
from metarr.store.backups.making import Source
from metarr.store.blobs import Blobs
from metarr.store.columns import FilePath, Instant, Json, Unsigned
from metarr.store.db import Store, sqlite_url
from metarr.store.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from metarr.store.db import Tx
    from postgres import PostgresServer

_ROWS = 3


_VALUES: tuple[tuple[type[sa.types.TypeEngine[Any]], Callable[[int], object]], ...] = (
    (FilePath, lambda row: f"film {row} \udcff é/\uf7aa"),
    (Json, lambda row: {"row": row, "text": ["ü\ud800", None, 1.5]}),
    (Instant, lambda row: datetime(2026, 1, row + 1, 12, 30, 15, 123456, tzinfo=UTC)),
    (Unsigned, lambda row: 2**64 - 1 - row),
    (sa.LargeBinary, lambda row: bytes([0, 255, row])),
    (sa.Boolean, lambda row: row % 2 == 0),
    (sa.Float, lambda row: row + 0.25),
    (sa.Integer, lambda row: row + 1),
    (sa.Text, lambda row: f"text {row} é"),
)


def value_of(column: sa.Column[Any], row: int) -> object:
    """Something of the column's type that differs from row to row, at the edges of what it holds."""
    return next(make(row) for kind, make in _VALUES if isinstance(column.type, kind))


def fill(tx: Tx) -> None:
    """Rows in every table. Those that point into their own table point ahead: to rows with higher numbers."""
    for table in schema.metadata.sorted_tables:
        own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
        outward = {key.parent.name: key.column for key in table.foreign_keys if key.column.table is not table}
        rows = [
            {
                column.name: value_of(outward.get(column.name, column), row)
                for column in table.c
                if column.name not in own
            }
            for row in range(_ROWS)
        ]
        tx.execute(sa.insert(table), rows)
        for name in own:
            tx.execute(sa.update(table).where(table.c.id == 1).values({name: _ROWS}))


def everything(store: Store) -> dict[str, list[dict[str, object]]]:
    return {table.name: all_rows(store, table) for table in schema.metadata.sorted_tables}


def beside(tmp_path: Path, store: Store, *, cache: Path | None = None) -> Source:
    """The store as part of a data folder that has a key and a configuration."""
    data = tmp_path / "home"
    data.mkdir(exist_ok=True)
    (data / "secret.key").write_text("a key")
    (data / "metarr.toml").write_text("port = 1234")
    return Source(store, data, cache)


def test_what_is_restored_elsewhere_is_what_was_there(store: Store, tmp_path: Path) -> None:
    store.write_now(fill)
    before = everything(store)
    made = making.make(beside(tmp_path, store), tmp_path / "kept", Reason.MANUAL)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made == making.listed(tmp_path / "kept")[0]
    elsewhere = tmp_path / "elsewhere"
    restored = restoring.restore(made.path, elsewhere)
    again = opened(elsewhere / "metarr.db", None)
    assert everything(again) == before
    again.close()
    assert restored.tables == {name: len(rows) for name, rows in before.items()}
    assert {name: (elsewhere / name).read_text() for name in ("secret.key", "metarr.toml")} == {
        "secret.key": "a key",
        "metarr.toml": "port = 1234",
    }
    assert sorted(path.name for path in elsewhere.iterdir()) == ["metarr.db", "metarr.toml", "secret.key"]
    assert [path.name for path in (tmp_path / "home").iterdir() if path.name.startswith(".")] == []


@pytest.mark.postgres
def test_a_backup_of_sqlite_is_restored_into_postgresql_and_new_rows_go_on(
    sqlite_store: Store, postgres_store: Store, tmp_path: Path
) -> None:
    sqlite_store.write_now(fill)
    made = making.make(beside(tmp_path, sqlite_store), tmp_path / "kept", Reason.MANUAL)
    postgres_store.write_now(lambda tx: libraries.add(tx, "Other", LibraryKind.MOVIES, "/other"))
    data = tmp_path / "server"
    restored = restoring.restore(made.path, data, postgres_store)
    assert everything(postgres_store) == everything(sqlite_store)
    new = (
        sa.insert(schema.event)
        .values(type="scan_completed", data={}, at=datetime.now(UTC))
        .returning(schema.event.c.id)
    )
    assert postgres_store.write_now(lambda tx: tx.execute(new).scalar_one()) == _ROWS + 1
    assert restored.aside is None
    (saved,) = making.listed(making.folder_in(data))
    assert saved.reason is Reason.RESTORE
    restoring.restore(saved.path, data, postgres_store)
    assert [row["name"] for row in all_rows(postgres_store, schema.library)] == ["Other"], "what was replaced came back"


@pytest.mark.postgres
def test_moving_to_postgresql_keeps_every_row_and_takes_only_an_empty_place(
    sqlite_store: Store, postgres_store: Store
) -> None:
    sqlite_store.write_now(fill)
    before = everything(sqlite_store)
    told: list[float | None] = []
    counts = restoring.move(sqlite_store, postgres_store, lambda percent, _: told.append(percent))
    assert everything(postgres_store) == before == everything(sqlite_store)
    assert (set(counts.values()), told[-1]) == ({_ROWS}, 100.0)
    with pytest.raises(Conflict, match="in use already"):
        restoring.move(sqlite_store, postgres_store)


def test_what_was_there_is_set_aside(sqlite_store: Store, tmp_path: Path) -> None:
    made = making.make(beside(tmp_path, sqlite_store), tmp_path / "kept", Reason.MANUAL)
    data = tmp_path / "used"
    data.mkdir()
    for name in ("metarr.db", "metarr.db-wal", "secret.key"):
        (data / name).write_text(f"the {name} before")
    aside = restoring.restore(made.path, data).aside
    assert aside is not None
    assert {path.name: path.read_text() for path in aside.iterdir()} == {
        name: f"the {name} before" for name in ("metarr.db", "metarr.db-wal", "secret.key")
    }
    opened(data / "metarr.db", None).close()


def test_the_cache_comes_along_where_it_is_wanted(sqlite_store: Store, tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "cache")
    stored = [blobs.put(f"picture {number}".encode(), "jpg") for number in range(3)]
    row = {"width": 1, "height": 1, "phash": None}
    known = {column.name for column in schema.blob.c}
    for one in stored:
        values = {"sha256": one.sha256, "extension": "jpg", "size": one.size, **row}
        rest = {name: value_of(schema.blob.c[name], 0) for name in known - values.keys()}
        kept = {name: value for name, value in {**rest, **values}.items() if name in known}
        statement = sa.insert(schema.blob).values(kept)
        sqlite_store.write_now(partial(_execute, statement))
    blobs.remove(stored[2].sha256, "jpg")
    made = making.make(beside(tmp_path, sqlite_store, cache=blobs.root), tmp_path / "kept", Reason.SCHEDULED)
    with archive.opened(made.path) as (_, manifest):
        assert manifest.pictures == 2
    assert restoring.restore(made.path, tmp_path / "new").pictures == 2
    fresh = Blobs(tmp_path / "new" / "cache")
    assert [fresh.verify(one.sha256, "jpg") for one in stored] == [True, True, False]


def _execute(statement: sa.Executable, tx: Tx) -> None:
    tx.execute(statement)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _no_zip(path: Path) -> None:
    path.write_text("something else")


def _changed(name: str, data: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with zipfile.ZipFile(path) as old:
            members = {one: old.read(one) for one in old.namelist()}
        with zipfile.ZipFile(path, "w") as new:
            for one, content in {**members, name: data}.items():
                new.writestr(one, content)

    return change


def _manifest(**values: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with archive.opened(path) as (_, manifest):
            text = manifest.model_copy(update=values).model_dump_json()
        _changed("manifest.json", text.encode())(path)

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(_cut, "damaged, or no backup", id="its end is missing"),
        pytest.param(_no_zip, "no backup of Metarr", id="another file"),
        pytest.param(_changed("manifest.json", b"{}"), "has no manifest", id="a manifest of something else"),
        pytest.param(_changed("metarr.db", b"SQLite format 3"), "metarr.db in the backup is damaged", id="other bytes"),
        pytest.param(_manifest(revision="9999"), "newer than this program", id="of a newer revision"),
        pytest.param(_manifest(format=2), "which is newer", id="of a newer format"),
        pytest.param(_manifest(files={"metarr.db": "", "../x": ""}), "damaged", id="a name that leads elsewhere"),
        pytest.param(_manifest(files={"../x": "0"}), "which no backup has", id="only a name that leads elsewhere"),
        pytest.param(_manifest(tables={"item": 5}), "is damaged", id="rows are missing"),
    ],
)
def test_what_is_no_whole_backup_changes_nothing(
    damage: Callable[[Path], None], words: str, sqlite_store: Store, tmp_path: Path
) -> None:
    made = making.make(beside(tmp_path, sqlite_store), tmp_path / "kept", Reason.MANUAL)
    damage(made.path)
    data = tmp_path / "used"
    data.mkdir()
    (data / "metarr.db").write_text("mine")
    with pytest.raises(InvalidInput, match=words):
        restoring.restore(made.path, data)
    assert [(path.name, path.read_text()) for path in data.iterdir()] == [("metarr.db", "mine")]


def test_a_backup_that_is_stopped_leaves_nothing(store: Store, tmp_path: Path) -> None:
    store.write_now(fill)

    def stop(_percent: float | None, _words: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        making.make(beside(tmp_path, store), tmp_path / "kept", Reason.MANUAL, stop)
    assert list((tmp_path / "kept").iterdir()) == []
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["metarr.toml", "secret.key"]


def test_a_folder_that_cannot_be_written_is_named(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    with pytest.raises(MetarrError, match="kept"):
        making.make(beside(tmp_path, sqlite_store), tmp_path / "kept", Reason.MANUAL)


@pytest.mark.parametrize("ending", [".zip", ".part"])
def test_a_backup_never_takes_the_place_of_another(
    ending: str, sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_STAMP", "20260104-000000")  # every moment is the same second
    source = beside(tmp_path, sqlite_store)
    other = tmp_path / "kept" / f"metarr-20260104-000000-manual{ending}"
    other.parent.mkdir()
    other.write_text("another")
    with pytest.raises(Transient, match="Try again"):
        making.make(source, other.parent, Reason.MANUAL)
    assert {path.name: path.read_text() for path in other.parent.iterdir()} == {other.name: "another"}


def test_a_database_that_cannot_be_copied_is_no_unforeseen_fault(sqlite_store: Store, tmp_path: Path) -> None:
    source = beside(tmp_path, sqlite_store)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # less than an empty database has
    try:
        with pytest.raises(Transient, match=r"cannot be copied into .*home"):
            making.make(source, tmp_path / "kept", Reason.MANUAL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "kept").iterdir()) == []


def test_of_each_reason_only_the_newest_are_kept(tmp_path: Path) -> None:
    for day in range(1, 6):
        for reason in (Reason.SCHEDULED, Reason.MANUAL):
            (tmp_path / archive.name_of(reason, datetime(2026, 1, day, tzinfo=UTC))).write_text("x")
    (tmp_path / "mine.zip").write_text("not ours")
    removed = making.rotate(tmp_path, 2)
    assert len(removed) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metarr-20260104-000000-manual.zip",
        "metarr-20260104-000000-scheduled.zip",
        "metarr-20260105-000000-manual.zip",
        "metarr-20260105-000000-scheduled.zip",
        "mine.zip",
    ]


@pytest.mark.parametrize("name", ["../metarr.db", "metarr-20260104-000000-manual.zip", "metarr.db", ""])
def test_what_is_no_backup_is_not_found(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        making.get(tmp_path, name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Of a PostgreSQL database without any table; None: an SQLite file is to be used."""
    if request.param == "sqlite":
        yield None
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"old_{uuid.uuid4().hex}"
    server._sql(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.drop_database(name)


def test_a_database_of_an_earlier_release_is_kept_as_it_was_before_it_is_changed(
    address: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "home" / "metarr.db"
    file.parent.mkdir()
    old = Store(address or sqlite_url(file))
    migrate.upgrade(old, "0001")
    with old.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO fact (name, value) VALUES ('mark', '1')"))
    old.close()
    opened(file, None if address is None else address.replace("+psycopg", "")).close()
    (saved,) = making.listed(making.folder_in(file.parent))
    with archive.opened(saved.path) as (_, manifest):
        assert (saved.reason, manifest.revision, manifest.tables["fact"]) == (Reason.UPGRADE, "0001", 1)
    restoring.restore(saved.path, tmp_path / "back")
    back = opened(tmp_path / "back" / "metarr.db", None)
    assert [row["name"] for row in all_rows(back, schema.fact)] == ["mark"]
    back.close()
