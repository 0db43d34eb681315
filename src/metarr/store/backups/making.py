"""Making a backup while the program works, checking it, and keeping only the newest."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

import metarr
from metarr.errors import NotFound, Transient
from metarr.store import copying, migrate
from metarr.store.backups import archive
from metarr.store.backups.archive import BESIDE, CACHE, DATABASE, MANIFEST, Reason
from metarr.store.db import Store
from metarr.store.disk import Disk, created, fault, sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

_MODE = 0o600
_STEPS = 20_000  # of SQLite's machine between two looks at whether it is to stop
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Backup:
    """A file in the folder of backups. `size`: bytes."""

    path: Path
    at: datetime
    reason: Reason
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """What a backup is made of. `data`: the data folder; `cache`: the cache's folder, None: it is left out."""

    store: Store
    data: Path
    cache: Path | None = None


def make(
    source: Source, folder: Path, reason: Reason, told: Callable[[float | None, str], None] = lambda *_: None
) -> Backup:
    """A new backup in `folder`, which is made where it is missing. It stands under its name only when it is proven.

    `told` hears percent and words; what it raises ends the work and leaves nothing behind. Raises Wait, Transient.
    """
    at = datetime.now(UTC)
    target = folder / archive.name_of(reason, at)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".metarr-", dir=source.data) as work:
            packed = _packed(source, Path(work), at, target, told)
    except OSError as error:
        raise fault(error, folder, target) from error
    except sqlite3.OperationalError as error:
        raise Transient(f"The database cannot be copied into {source.data}: {error}. Is there room for it?") from error
    return packed


def _packed(
    source: Source, work: Path, at: datetime, target: Path, told: Callable[[float | None, str], None]
) -> Backup:
    told(None, "copying the database")
    tables, revision = _database(source.store, work / DATABASE, told)
    kind = "sqlite" if source.store.is_sqlite else "postgresql"
    said = partial(
        archive.manifest, version=metarr.__version__, revision=revision, created_at=at, database=kind, tables=tables
    )
    part = target.with_suffix(".part")
    try:
        with created(part, _MODE) as file:
            if target.exists():
                raise FileExistsError
            _fill(file, source, work, said, told)
            sync_file(file)
            told(None, "checking the backup")
            check(part, work)
            part.rename(target)
    except FileExistsError as error:
        raise Transient(f"The backup {target} of this very second is another one's. Try again.") from error
    sync_folder(target.parent, Disk())
    return get(target.parent, target.name)


def _fill(
    file: BinaryIO, source: Source, work: Path, said: Callable[..., bytes], told: Callable[[float | None, str], None]
) -> None:
    """`said`: the manifest's text, but for files and pictures."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packing:
        files = {
            path.name: _pack(packing, path, path.name)
            for path in (work / DATABASE, *(source.data / name for name in BESIDE))
            if path.is_file()
        }
        pictures = _pack_cache(packing, work / DATABASE, source.cache, told) if source.cache else None
        packing.writestr(MANIFEST, said(files=files, pictures=pictures))


def folder_in(data: Path, wanted: str = "") -> Path:
    """Where backups lie: where somebody wants them, or in the data folder."""
    return Path(wanted) if wanted else data / "backups"


def check(path: Path, work: Path) -> archive.Manifest:
    """Unpack the database of a backup into `work`, and see that everything is there. Raises InvalidInput."""
    with archive.opened(path) as (packed, manifest), tempfile.TemporaryDirectory(dir=work) as folder:
        for name, digest in manifest.files.items():
            archive.take(packed, name, Path(folder) / Path(name).name, digest)
        archive.look_into(Path(folder) / DATABASE, manifest)
        return manifest


def listed(folder: Path) -> list[Backup]:
    """The backups in a folder, newest first; whatever else lies there is left out."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  names only
    except FileNotFoundError:
        return []
    return sorted(_found(folder, names), key=lambda backup: backup.path.name, reverse=True)


def _found(folder: Path, names: list[str]) -> Iterator[Backup]:
    for name in names:
        known = archive.parsed(name)
        if known is not None and (folder / name).is_file():
            yield Backup(folder / name, *known, (folder / name).stat().st_size)


def get(folder: Path, name: str) -> Backup:
    """One of them. Raises NotFound."""
    for backup in listed(folder):
        if backup.path.name == name:
            return backup
    raise NotFound(f"There is no backup {name!r}.")


def remove(folder: Path, name: str) -> None:
    """One less. Raises NotFound."""
    get(folder, name).path.unlink(missing_ok=True)


def rotate(folder: Path, keep: int) -> list[Backup]:
    """Remove all but the newest `keep` of each reason. Returns what was removed."""
    old = [backup for reason in Reason for backup in [one for one in listed(folder) if one.reason is reason][keep:]]
    for backup in old:
        backup.path.unlink(missing_ok=True)
    return old


def _database(store: Store, target: Path, told: Callable[[float | None, str], None]) -> tuple[dict[str, int], str]:
    """One moment of the database as an SQLite file: its rows by table, and its revision."""
    revision = migrate.revision(store)
    if revision is None:
        raise NotFound("The database is empty: there is nothing to back up.")
    if store.is_sqlite:
        _vacuumed(Path(str(make_url(store.url).database)), target, told)
    else:
        _copied(store, target, revision, told)
    with archive.looking(target) as connection:
        return copying.counts(connection), revision


def _vacuumed(path: Path, target: Path, told: Callable[[float | None, str], None]) -> None:
    """https://www.sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause: one moment, while others write."""

    def is_to_stop() -> int:
        told(None, "copying the database")
        return 0

    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.set_progress_handler(is_to_stop, _STEPS)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.OperationalError:
            told(None, "copying the database")  # raises where that ended it
            raise


def _copied(store: Store, target: Path, revision: str, told: Callable[[float | None, str], None]) -> None:
    copy = Store(f"sqlite:///{target}")
    try:
        migrate.upgrade(copy, revision)
        with store.snapshot() as source, copy.engine.begin() as connection:
            copying.copy(source, connection, lambda done, total: told(_WHOLE * done / total, f"{done} of {total} rows"))
    finally:
        copy.close()


def _pack(packing: zipfile.ZipFile, path: Path, name: str) -> str:
    with path.open("rb") as file, packing.open(name, "w", force_zip64=True) as member:
        return archive.piped(file, member)


def _pack_cache(
    packing: zipfile.ZipFile, database: Path, cache: Path, told: Callable[[float | None, str], None]
) -> int:
    """Every picture that the database knows and the cache has. Returns how many."""
    with closing(sqlite3.connect(database)) as connection:
        known = connection.execute("SELECT sha256, extension FROM blob ORDER BY sha256").fetchall()
    count = 0
    for number, (sha256, extension) in enumerate(known):
        name = f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{extension}"
        told(_WHOLE * number / len(known), f"{number} of {len(known)} pictures")
        if (cache / name).is_file():
            with (cache / name).open("rb") as file:
                info = zipfile.ZipInfo(f"{CACHE}{name}")
                info.compress_type = zipfile.ZIP_STORED
                with packing.open(info, "w", force_zip64=True) as member:
                    shutil.copyfileobj(file, member, archive.CHUNK)
            count += 1
    return count
