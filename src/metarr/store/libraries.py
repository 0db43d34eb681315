"""Libraries: the root folders we look after."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.model.media import FileRole, Library, LibraryId, LibraryKind
from metarr.settings import LibraryOverrides, in_library
from metarr.store import schema, settings
from metarr.store.db import NOW
from metarr.store.prepared import Prepared, PreparedQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.settings import Settings
    from metarr.store.db import Tx

_LIBRARY = schema.library
_EVERYTHING = PreparedQuery(sa.select(_LIBRARY).order_by(_LIBRARY.c.name))
_GET = PreparedQuery(sa.select(_LIBRARY).where(_LIBRARY.c.id == sa.bindparam("library_id", type_=_LIBRARY.c.id.type)))
_HAS_ITEMS = sa.exists().where(schema.item.c.library_id == _LIBRARY.c.id)
_UNCONFIRMED = sa.select(_LIBRARY).where(_LIBRARY.c.confirmed_at.is_(None), _HAS_ITEMS).order_by(_LIBRARY.c.name)
_SETTINGS = Prepared(sa.select(_LIBRARY.c.id, sa.type_coerce(_LIBRARY.c.settings, sa.Text)))
_NONE = LibraryOverrides()
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


def unconfirmed(tx: Tx) -> list[Library]:
    """Those that hold something, and whose first publishing nobody has confirmed."""
    return [_library(row) for row in tx.rows(_UNCONFIRMED)]


def containing(tx: Tx, path: str) -> Library | None:
    """The library whose root is `path` or a folder above it."""
    return next((library for library in everything(tx) if _contains(library.root, path)), None)


def confirm(tx: Tx, library_id: LibraryId) -> None:
    """The owner accepts that publishing replaces files it did not write (each is backed up first)."""
    if tx.execute(sa.update(_LIBRARY).where(_LIBRARY.c.id == library_id).values(confirmed_at=NOW)).rowcount == 0:
        raise NotFound(f"There is no library {library_id}.")


def change(
    tx: Tx,
    library: Library,
    *,
    languages: Sequence[str] | None = None,
    overrides: LibraryOverrides | None = None,
    **columns: object,
) -> Library:
    """Other values of these columns, other languages, other overrides; None: as they are."""
    row = tx.one(sa.select(_LIBRARY.c.settings).where(_LIBRARY.c.id == library.id).with_for_update())
    values = dict(row["settings"]) if row is not None else {}
    if languages is not None:
        values["languages"] = list(languages)
    if overrides is not None:
        values["overrides"] = overrides.model_dump(mode="json", by_alias=True, exclude_none=True)
    changed = {name: value for name, value in columns.items() if value is not None}
    tx.execute(sa.update(_LIBRARY).where(_LIBRARY.c.id == library.id).values(settings=values, **changed))
    return get(tx, library.id)


def remove(tx: Tx, library_id: LibraryId) -> None:
    """Forget a library and all that is known of it. Nothing on disk is touched.

    What happened stays in the activity. Besides, who watches reads on from the number of the last event, which SQLite
    would give away again if that one were deleted.
    """
    event = schema.event
    mine = sa.update(event).where(event.c.library_id == library_id)
    tx.execute(mine.values(library_id=None, item_id=None))
    tx.execute(sa.delete(_LIBRARY).where(_LIBRARY.c.id == library_id))


def overridden(tx: Tx) -> dict[LibraryId, LibraryOverrides]:
    """The settings that libraries have of their own, of those that have any."""
    return overrides_in((row[0], row[1]) for row in tx.run(_SETTINGS, {}))


def overrides_in(documents: Iterable[tuple[int, str]]) -> dict[LibraryId, LibraryOverrides]:
    """The same, of libraries with these documents of their own."""
    return {LibraryId(library_id): own for library_id, text in documents if (own := _parsed(text)) != _NONE}


def settings_of(tx: Tx, library_id: LibraryId) -> Settings:
    """The settings as one library has them."""
    return in_library(settings.load(tx), overridden(tx).get(library_id, _NONE))


def outdate(tx: Tx, library_id: LibraryId) -> None:
    """What publishing of its items depends on has changed."""
    item = schema.item
    published = sa.update(item).where(item.c.library_id == library_id, item.c.published_revision.is_not(None))
    tx.execute(published.values(revision=item.c.revision + 1, changed_at=NOW))


def videos(tx: Tx, library_id: LibraryId, at_most: int) -> list[tuple[str, int]]:
    """Videos that should be there, with their sizes: all of them, or so many spread over the whole library."""
    file = schema.media_file
    is_wanted = sa.and_(file.c.library_id == library_id, file.c.role == FileRole.VIDEO, file.c.missing_since.is_(None))
    count: int = tx.execute(sa.select(sa.func.count()).select_from(file).where(is_wanted)).scalar_one()
    numbered = sa.select(file.c.path, file.c.size, sa.func.row_number().over(order_by=file.c.path).label("number"))
    each = numbered.where(is_wanted).subquery()
    step = max(1, -(-count // at_most))
    query = sa.select(each.c.path, each.c.size).where(each.c.number % step == 0).order_by(each.c.number)
    return [(row["path"], row["size"]) for row in tx.rows(query)]


@lru_cache(maxsize=64)
def _parsed(text: str) -> LibraryOverrides:
    """They are read with every claim, and seldom change."""
    return LibraryOverrides.model_validate(json.loads(text).get("overrides", {}))


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
