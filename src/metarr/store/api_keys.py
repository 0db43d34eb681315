"""Keys for programs. Only a hash is kept: whoever reads the database cannot come in with what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.model.access import Right
from metarr.store import schema
from metarr.store.accounts import only_one
from metarr.store.db import NOW, after

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.store.db import Row, Tx

_KEY = schema.api_key
_USED_EVERY = timedelta(minutes=1)  # not every request writes


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without the key. `hint`: its last characters."""

    id: int
    name: str
    hint: str
    scopes: tuple[Right, ...]
    created_by: str
    created_at: datetime
    used_at: datetime | None
    is_stale: bool
    """Whether `used_at` is worth writing again."""


def add(tx: Tx, name: str, key_hash: str, hint: str, scopes: Iterable[Right], by: str) -> ApiKey:
    """A new key. Raises Conflict where the name is taken."""
    only_one(tx, _KEY)
    if tx.one(sa.select(_KEY.c.id).where(_KEY.c.name == name)) is not None:
        raise Conflict(f"There is a key called {name!r} already.")
    row = {"name": name, "key_hash": key_hash, "hint": hint, "scopes": sorted(scopes), "created_by": by}
    statement = sa.insert(_KEY).values(**row, created_at=NOW).returning(_KEY.c.id)
    added = tx.execute(statement).scalar_one()
    return next(key for key in everything(tx) if key.id == added)


def everything(tx: Tx) -> list[ApiKey]:
    """All keys, by name."""
    return [_key(row) for row in tx.rows(_keys().order_by(_KEY.c.name))]


def recognised(tx: Tx, key_hash: str) -> ApiKey | None:
    """The key of this hash."""
    row = tx.one(_keys().where(_KEY.c.key_hash == key_hash))
    return None if row is None else _key(row)


def use(tx: Tx, key_id: int) -> None:
    """The key was used."""
    tx.execute(sa.update(_KEY).where(_KEY.c.id == key_id).values(used_at=NOW))


def remove(tx: Tx, key_id: int) -> str:
    """It opens nothing any more; returns its name. Raises NotFound."""
    name: str | None = tx.execute(sa.delete(_KEY).where(_KEY.c.id == key_id).returning(_KEY.c.name)).scalar()
    if name is None:
        raise NotFound(f"There is no API key {key_id}.")
    return name


def _keys() -> sa.Select[Any]:
    is_stale = _KEY.c.used_at.is_(None) | (_KEY.c.used_at < after(-_USED_EVERY))
    return sa.select(_KEY, is_stale.label("is_stale"))


def _key(row: Row) -> ApiKey:
    return ApiKey(
        row["id"],
        row["name"],
        row["hint"],
        tuple(Right(scope) for scope in row["scopes"]),
        row["created_by"],
        row["created_at"],
        row["used_at"],
        bool(row["is_stale"]),
    )
