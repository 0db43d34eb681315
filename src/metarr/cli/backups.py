"""`metarr backup`, `metarr restore`, `metarr migrate-database`: copies of everything, back again, and to PostgreSQL."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, load, show
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metarr.cli.lock import DataLock
    from metarr.config import Config
    from metarr.model.audit import Deed
    from metarr.store.db import Store

_FIRST = ("library", "item", "blob", "user", "job")  # tables that people know


def backup(
    *,
    to: Annotated[
        Path | None, typer.Option(help="The folder for it.", show_default="backups in the data folder")
    ] = None,
    with_cache: Annotated[bool, typer.Option("--with-cache", help="Also the pictures of the cache.")] = False,
    data: Data = None,
) -> None:
    """Make a backup: database, key of the secrets, configuration. The server may go on working."""
    from metarr.model.audit import Deed
    from metarr.store import opening
    from metarr.store.backups import making
    from metarr.store.backups.archive import Reason

    config = load(data)
    store = opening.as_it_is(config.data / "metarr.db", config.database_url)
    try:
        source = making.Source(store, config.data, config.cache if with_cache else None)
        with _bar() as told:
            made = making.make(source, (to or making.folder_in(config.data)).absolute(), Reason.MANUAL, told)
        _note(store, Deed.BACKUP_MADE, made.path.name)
    finally:
        store.close()
    show(f"{made.path} ({made.size:,} bytes). It holds the key of the secrets in it: keep it as you keep passwords.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    data: Data = None,
) -> None:
    """Bring the data folder back to a backup; what is there now is set aside. The server must not be running."""
    from metarr.model.audit import Deed
    from metarr.store import opening
    from metarr.store.backups import restoring

    config = load(data)
    with _alone(config):
        target = None
        if config.database_url is not None:
            target = opening.as_it_is(config.data / "metarr.db", config.database_url)
        try:
            with _bar() as told:
                restored = restoring.restore(file, config.data, target, told)
        finally:
            if target is not None:
                target.close()
    now = opening.as_it_is(config.data / "metarr.db", config.database_url)
    try:
        _note(now, Deed.BACKUP_RESTORED, file.name)
    finally:
        now.close()
    counts = ", ".join(f"{name} {restored.tables.get(name, 0)}" for name in _FIRST)
    show(f"Restored: the backup of {restored.made_at:%Y-%m-%d %H:%M} UTC by Metarr {restored.version} ({counts}).")
    if restored.pictures:
        show(f"{counted(restored.pictures, 'picture')} went into the cache.")
    if restored.aside is not None:
        show(f"What was there before lies in {restored.aside}.")
    show("Next: metarr serve; then metarr verify LIBRARY compares the library with it.")


def migrate_database(
    *,
    to: Annotated[
        str | None, typer.Option(help="postgresql://user:password@host/database (METARR_DATABASE_URL).", metavar="URL")
    ] = None,
    data: Data = None,
) -> None:
    """Move from the SQLite file to an empty PostgreSQL database. The file stays as it is."""
    from metarr.errors import InvalidInput
    from metarr.model.audit import Deed
    from metarr.store import opening
    from metarr.store.backups import restoring

    config = load(data)
    url = to or config.database_url
    if url is None:
        raise InvalidInput("Where to? Set METARR_DATABASE_URL, or name it with --to postgresql://…")
    with _alone(config):
        source = opening.opened(_existing(config), None)
        try:
            target = opening.as_it_is(config.data / "metarr.db", url)
            try:
                with _bar() as told:
                    counts = restoring.move(source, target, told)
                _note(target, Deed.DATABASE_MOVED)
            finally:
                target.close()
        finally:
            source.close()
    for name, count in counts.items():
        show(f"{name:22} {count:>10,}")
    show(
        "Every row is there, in the same number. From now on start Metarr with METARR_DATABASE_URL set to that address."
    )


def _note(store: Store, deed: Deed, what: str = "") -> None:
    """Into the audit log, which a database of an older version has not."""
    from metarr.model.audit import COMMAND_LINE
    from metarr.store import audit, migrate, schema

    if migrate.revision(store) == schema.REVISION:
        store.write_now(lambda tx: audit.record(tx, deed, what, by=COMMAND_LINE))


def _existing(config: Config) -> Path:
    from metarr.errors import InvalidInput

    file = config.data / "metarr.db"
    if not file.exists():
        raise InvalidInput(f"There is no database {file} to move.")
    return file


@contextmanager
def _alone(config: Config) -> Iterator[DataLock]:
    """Raises Conflict while a server holds the folder."""
    from metarr.cli.lock import DataLock
    from metarr.cli.session import held

    with DataLock(config.data) as lock:
        if not lock.is_ours:
            raise held(lock)
        yield lock


@contextmanager
def _bar() -> Iterator[Callable[[float | None, str], None]]:
    """Percent and words on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(file=sys.stderr, stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("", total=100.0)

        def told(percent: float | None, words: str) -> None:
            progress.update(task, completed=percent or 0.0, description=words)

        yield told
