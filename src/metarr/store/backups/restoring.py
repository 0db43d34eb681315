"""Putting a backup in the place of what is there, which is set aside and never lost; and moving to PostgreSQL."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metarr.errors import Conflict, InvalidInput
from metarr.store import copying, migrate
from metarr.store.backups import archive, making
from metarr.store.backups.archive import BESIDE, CACHE, DATABASE, Reason
from metarr.store.blobs import Blobs
from metarr.store.db import Store
from metarr.store.disk import Disk, fault, sync_folder

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator, Mapping, Sequence

_DATABASE_FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `aside`: where files lie that were there before, None: none were. `pictures`: put into the cache.

    What a PostgreSQL database held before is the newest backup of the reason "restore".
    """

    made_at: datetime
    version: str
    tables: Mapping[str, int]
    pictures: int
    aside: Path | None


def restore(
    backup: Path,
    data: Path,
    target: Store | None = None,
    told: Callable[[float | None, str], None] = lambda *_: None,
) -> Restored:
    """Bring a data folder back to a backup; `target`: the PostgreSQL database that holds the rows instead of a file.

    Nobody else may use the folder meanwhile. Everything is unpacked and proven before anything changes.
    Raises NotFound, InvalidInput (no backup, damaged, too new), Wait (disk).
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            archive.opened(backup) as (packed, manifest),
            tempfile.TemporaryDirectory(prefix=".metarr-", dir=data) as work,
        ):
            folder = Path(work)
            told(None, "checking the backup")
            for name, digest in manifest.files.items():
                archive.take(packed, _safe(name), folder / name, digest)
            archive.look_into(folder / DATABASE, manifest)
            if target is not None:
                _save(target, data)
                _fill(folder / DATABASE, target, told)
                (folder / DATABASE).unlink()
            aside = _set_aside(data, BESIDE if target is not None else (*_DATABASE_FILES, *BESIDE))
            _put(folder, data)
            pictures = _unpack_cache(packed, data / "cache", told)
            return Restored(manifest.created_at, manifest.version, manifest.tables, pictures, aside)
    except OSError as error:
        raise fault(error, data, data) from error


def move(
    source: Store, target: Store, told: Callable[[float | None, str], None] = lambda *_: None
) -> Mapping[str, int]:
    """All rows of the SQLite database into an empty PostgreSQL one. Returns how many of each table, which both have.

    The SQLite file stays as it is. Raises Conflict where the target holds something, or where the counts differ.
    """
    migrate.upgrade(target)
    with target.engine.connect() as connection:
        if is_used(connection_counts := copying.counts(connection)):
            raise Conflict(
                f"The PostgreSQL database is in use already ({_words(connection_counts)}). "
                "Name an empty one: createdb metarr"
            )
    _copy(source, target, told)
    with source.snapshot() as here, target.snapshot() as there:
        before, after = copying.counts(here), copying.counts(there)
    if before != after:
        raise Conflict(f"The counts differ: {_words(before)} here, {_words(after)} there. Nothing was changed here.")
    return after


def is_used(counts: Mapping[str, int]) -> bool:
    """Whether somebody works with a database."""
    return any(counts.get(name, 0) for name in ("user", "library", "item"))


def _words(counts: Mapping[str, int]) -> str:
    return f"{counts.get('library', 0)} libraries, {counts.get('item', 0)} items, {counts.get('user', 0)} users"


def _copy(source: Store, target: Store, told: Callable[[float | None, str], None]) -> None:
    with source.snapshot() as here, target.engine.begin() as there:
        copying.empty(there)
        copying.copy(here, there, lambda done, total: told(_WHOLE * done / total, f"{done} of {total} rows"))


def _fill(database: Path, target: Store, told: Callable[[float | None, str], None]) -> None:
    """The rows of an unpacked database in the place of a PostgreSQL one's, in one transaction."""
    with _unpacked(database) as source:
        migrate.upgrade(source)
        migrate.upgrade(target)
        _copy(source, target, told)


@contextmanager
def _unpacked(database: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{database}")
    try:
        yield store
    finally:
        store.close()


def _safe(name: str) -> str:
    """Only what a backup is made of is unpacked, whatever its manifest names."""
    if name not in {DATABASE, *BESIDE}:
        raise InvalidInput(f"The backup holds {name!r}, which no backup has. Use another one.")
    return name


def _set_aside(data: Path, names: Sequence[str]) -> Path | None:
    """Move what is there into a folder of its own."""
    there = [data / name for name in names if (data / name).exists()]
    if not there:
        return None
    aside = data / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside.mkdir(mode=0o700)
    for path in there:
        path.rename(aside / path.name)
    return aside


def _save(target: Store, data: Path) -> None:
    """A backup of a PostgreSQL database that holds something, before it is replaced."""
    if migrate.revision(target) is not None:
        making.make(making.Source(target, data), making.folder_in(data), Reason.RESTORE)


def _put(folder: Path, data: Path) -> None:
    for name in (*BESIDE, DATABASE):  # the database last: with it the rest counts
        if (folder / name).exists():
            (folder / name).chmod(0o600)
            (folder / name).replace(data / name)
    sync_folder(data, Disk())


def _unpack_cache(packed: zipfile.ZipFile, cache: Path, told: Callable[[float | None, str], None]) -> int:
    """The pictures that the cache lacks. Each is what its name says, or it is left out."""
    members = [name for name in packed.namelist() if name.startswith(CACHE)]
    blobs = Blobs(cache)
    count = 0
    for number, name in enumerate(members):
        told(_WHOLE * number / len(members), f"{number} of {len(members)} pictures")
        sha256, _, extension = name.rpartition("/")[2].partition(".")
        if not blobs.has(sha256, extension):
            with packed.open(name) as member:
                count += blobs.put(member.read(), extension).sha256 == sha256
    return count
