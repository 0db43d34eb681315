"""Opening an installation's database: which one it is, at the newest schema, or a word about why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from metarr.errors import InvalidInput
from metarr.store import migrate, schema
from metarr.store.backups import making
from metarr.store.backups.archive import Reason
from metarr.store.db import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def opened(file: Path, url: str | None) -> Store:
    """The PostgreSQL database at `url`, or the SQLite one in `file`, at the newest schema. What is there of an older
    one is backed up first. Raises InvalidInput, without a password.
    """
    return _opened(file, url, lambda store: _bring_up(store, file.parent))


def as_it_is(file: Path, url: str | None) -> Store:
    """The same, at whatever revision it is. Raises InvalidInput also where there is none."""
    if url is None and not file.exists():
        raise InvalidInput(f"There is no database in {file.parent}. Name another folder with --data.")
    return _opened(file, url, migrate.revision)


def _opened(file: Path, url: str | None, prepare: Callable[[Store], object]) -> Store:
    address = sqlite_url(file) if url is None else _postgres_url(url)
    try:
        store = Store(address)
        try:
            prepare(store)
        except BaseException:
            store.close()
            raise
    except ModuleNotFoundError as error:
        raise InvalidInput(f"PostgreSQL needs the package {error.name}: install metarr[postgres].") from error
    except DBAPIError as error:
        where = make_url(address).render_as_string(hide_password=True)
        reason = str(error.orig).strip().partition("\n")[0]
        raise InvalidInput(f"The database {where} cannot be opened: {reason}") from error
    return store


def _bring_up(store: Store, data: Path) -> None:
    """A database that a newer version is about to change is kept as it was."""
    found = migrate.revision(store)
    migrate.refuse_newer(found, "The database")
    migrate.refuse_company(store, found)
    if found not in {None, schema.REVISION}:
        making.make(making.Source(store, data), making.folder_in(data), Reason.UPGRADE)
    migrate.upgrade(store)


def _postgres_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidInput("METARR_DATABASE_URL must be like postgresql://user:password@host/database.") from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise InvalidInput("METARR_DATABASE_URL must begin with postgresql://; without it, SQLite is used.")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
