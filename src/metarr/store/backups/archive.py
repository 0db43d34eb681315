"""What lies in a backup, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import zipfile
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError

from metarr.errors import InvalidInput, NotFound
from metarr.store import copying, migrate
from metarr.store.sealed import KEY_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

DATABASE: Final = "metarr.db"
MANIFEST: Final = "manifest.json"
SETTINGS_FILE: Final = "metarr.toml"
BESIDE: Final = (KEY_FILE, SETTINGS_FILE)  # files of the data folder that belong to it
CACHE: Final = "cache/"
CHUNK: Final = 1 << 20  # bytes
_FORMAT: Final = 1
_NAME = re.compile(r"metarr-(\d{8}-\d{6})-([a-z]+)\.zip")
_STAMP = "%Y%m%d-%H%M%S"


class Reason(StrEnum):
    """Why a backup was made; of each reason the newest are kept."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    UPGRADE = "upgrade"  # before a newer version changes the database
    RESTORE = "restore"  # before another backup takes its place


class Manifest(BaseModel):
    """What a backup must hold. `tables`: rows of each; `files`: sha256 of each; `pictures`: how many of the cache."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int
    version: str
    revision: str
    created_at: datetime
    database: str
    tables: dict[str, int]
    files: dict[str, str]
    pictures: int | None


def name_of(reason: Reason, at: datetime) -> str:
    """The file's name."""
    return f"metarr-{at.astimezone(UTC).strftime(_STAMP)}-{reason.value}.zip"


def parsed(name: str) -> tuple[datetime, Reason] | None:
    """When and why a backup of that name was made; None: it is no backup's name."""
    match = _NAME.fullmatch(name)
    if match is None or match[2] not in set(Reason):
        return None
    try:
        return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), Reason(match[2])
    except ValueError:
        return None


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The archive and its manifest. Raises NotFound, or InvalidInput where it is no whole backup, or too new."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive, path)
    except FileNotFoundError as error:
        raise NotFound(f"There is no backup {path}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InvalidInput(f"{path} is damaged, or no backup of Metarr: {error}. Use another one.") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        found = Manifest.model_validate(json.loads(archive.read(MANIFEST)))
    except (KeyError, ValueError, ValidationError) as error:
        raise InvalidInput(f"{path} is no backup of Metarr: it has no {MANIFEST} that can be read.") from error
    if found.format > _FORMAT:
        raise InvalidInput(f"{path} was made by Metarr {found.version}, which is newer. Install that version first.")
    migrate.refuse_newer(found.revision, f"The backup {path}")
    return found


def manifest(**values: Any) -> bytes:  # noqa: ANN401  its fields
    """The member that says what the others must be."""
    return Manifest(format=_FORMAT, **values).model_dump_json(indent=2).encode()


def take(archive: zipfile.ZipFile, member: str, target: Path, wanted: str) -> None:
    """Unpack one member into a new file. Raises InvalidInput where its bytes are not those of the manifest."""
    try:
        source = archive.open(member)
    except KeyError as error:
        raise InvalidInput(f"The backup lacks {member}. Use another one.") from error
    with source, target.open("xb") as file:
        if piped(source, file) != wanted:
            raise InvalidInput(f"{member} in the backup is damaged. Use another backup.")


def piped(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy all of it. Returns the sha256."""
    digest = hashlib.sha256()
    while data := source.read(CHUNK):
        digest.update(data)
        target.write(data)
    return digest.hexdigest()


def look_into(database: Path, wanted: Manifest) -> None:
    """Raise InvalidInput unless the unpacked database is whole and has every row that it must have."""
    try:
        with looking(database) as connection:
            answer = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            rows = copying.counts(connection)
    except sa.exc.DatabaseError as error:
        raise InvalidInput(f"The database in the backup is damaged: {error.orig}. Use another backup.") from error
    different = sorted(name for name, count in rows.items() if wanted.tables.get(name, 0) != count)
    if answer != "ok" or different:
        what = ", ".join([str(answer), *different])
        raise InvalidInput(f"The database in the backup is damaged ({what}). Use another backup.")


@contextmanager
def looking(database: Path) -> Iterator[sa.Connection]:
    """An SQLite file, only to be read."""
    where = f"file:{quote(str(database))}?mode=ro"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(where, uri=True), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
