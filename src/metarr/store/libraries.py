"""Libraries: the root folders we look after."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.model.media import Library, LibraryId, LibraryKind
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.prepared import PreparedQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.store.db import Tx

_LIBRARY = schema.library
_EVERYTHING = PreparedQuery(sa.select(_LIBRARY).order_by(_LIBRARY.c.name))
_GET = PreparedQuery(sa.select(_LIBRARY).where(_LIBRARY.c.id == sa.bindparam("library_id", type_=_LIBRARY.c.id.type)))
DEFAULT_PROFILES = ("kodi", "jellyfin")


def add(tx: Tx, name: str, kind: LibraryKind, root: str, profiles: Sequence[str] = DEFAULT_PROFILES) -> Library:
    """A new library. Raises Conflict when the root or the name is taken, or lies inside another library."""
    for other in everything(tx):
        if other.name == name:
            raise Conflict(f"There is a library called {name!r} already; give this one another name.")
        if _contains(other.root, root) or _contains(root, other.root):
            raise Conflict(f"{root} overlaps with the library {other.name!r} at {other.root}.")
    row = {"name": name, "kind": kind.value, "root": root, "profiles": list(profiles)}
    statement = sa.insert(_LIBRARY).values(**row, settings={}, created_at=NOW).returning(_LIBRARY.c.id)
    return get(tx, LibraryId(tx.execute(statement).scalar_one()))


def get(tx: Tx, library_id: int) -> Library:
    """One library, or NotFound."""
    rows = tx.fetch(_GET, {"library_id": library_id})
    if not rows:
        raise NotFound(f"There is no library {library_id}.")
    return _library(rows[0])


def everything(tx: Tx) -> list[Library]:
    """All libraries, by name."""
    return [_library(row) for row in tx.fetch(_EVERYTHING, {})]


def containing(tx: Tx, path: str) -> Library | None:
    """The library whose root is `path` or a folder above it."""
    return next((library for library in everything(tx) if _contains(library.root, path)), None)


def confirm(tx: Tx, library_id: LibraryId) -> None:
    """The owner accepts that publishing replaces files it did not write (each is backed up first)."""
    if tx.execute(sa.update(_LIBRARY).where(_LIBRARY.c.id == library_id).values(confirmed_at=NOW)).rowcount == 0:
        raise NotFound(f"There is no library {library_id}.")


def set_languages(tx: Tx, library_id: LibraryId, languages: Sequence[str]) -> None:
    """The languages wanted here, in order; empty: as everywhere."""
    row = tx.one(sa.select(_LIBRARY.c.settings).where(_LIBRARY.c.id == library_id).with_for_update())
    if row is None:
        raise NotFound(f"There is no library {library_id}.")
    values = {**row["settings"], "languages": list(languages)}
    tx.execute(sa.update(_LIBRARY).where(_LIBRARY.c.id == library_id).values(settings=values))


def _contains(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _library(row: sa.RowMapping | Mapping[str, Any]) -> Library:
    try:
        kind = LibraryKind(row["kind"])
    except ValueError as error:
        raise InvalidInput(f"Library {row['name']!r} has the unknown kind {row['kind']!r}.") from error
    return Library(
        id=LibraryId(row["id"]),
        name=row["name"],
        kind=kind,
        root=row["root"],
        profiles=tuple(row["profiles"]),
        is_confirmed=row["confirmed_at"] is not None,
        languages=tuple(row["settings"].get("languages", ())),
    )
