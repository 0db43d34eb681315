"""Which user of ours is whom a provider vouches for: by the provider's own subject, which nobody else ever gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.store import accounts, schema
from metarr.store.db import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from metarr.store.db import Row, Tx

_IDENTITY = schema.user_identity
_USER = schema.user


@dataclass(frozen=True, slots=True)
class Identity:
    """A link. `name`: what the provider called them when it was made; `user`: what they are called here."""

    id: int
    user_id: int
    user: str
    issuer: str
    subject: str
    name: str
    linked_at: datetime


def find(tx: Tx, issuer: str, subject: str) -> Identity | None:
    """The link of whom the issuer calls by this subject."""
    chosen = (_IDENTITY.c.issuer == issuer) & (_IDENTITY.c.subject == subject)
    row = tx.one(_identities().where(chosen))
    return None if row is None else _identity(row)


def get(tx: Tx, identity_id: int) -> Identity:
    """One link, or NotFound."""
    row = tx.one(_identities().where(_IDENTITY.c.id == identity_id))
    if row is None:
        raise NotFound(f"There is no identity {identity_id}.")
    return _identity(row)


def everyone(tx: Tx) -> list[Identity]:
    """All links, by the users' names."""
    return [_identity(row) for row in tx.rows(_identities().order_by(_USER.c.key, _IDENTITY.c.issuer))]


def is_linked(tx: Tx, user_id: int, issuer: str) -> bool:
    """Whether this user is somebody else to the issuer already."""
    chosen = (_IDENTITY.c.user_id == user_id) & (_IDENTITY.c.issuer == issuer)
    return tx.one(sa.select(_IDENTITY.c.id).where(chosen)) is not None


def link(tx: Tx, user_id: int, issuer: str, subject: str, name: str) -> Identity:
    """From now on this user is whom the issuer calls so. Raises Conflict where either is linked already."""
    accounts.only_one(tx, _IDENTITY)
    if find(tx, issuer, subject) is not None or is_linked(tx, user_id, issuer):
        raise Conflict("This user belongs to somebody else of the provider already; an administrator can unlink them.")
    row = {"user_id": user_id, "issuer": issuer, "subject": subject, "name": name, "linked_at": NOW}
    return get(tx, tx.execute(sa.insert(_IDENTITY).values(row).returning(_IDENTITY.c.id)).scalar_one())


def cut_link(tx: Tx, identity_id: int) -> Identity:
    """They are nobody's any more; sessions that were begun so end. Raises NotFound."""
    found = get(tx, identity_id)
    tx.execute(sa.delete(_IDENTITY).where(_IDENTITY.c.id == identity_id))
    return found


def _identities() -> sa.Select[tuple[object, ...]]:
    return sa.select(_IDENTITY, _USER.c.name.label("user")).join(_USER, _USER.c.id == _IDENTITY.c.user_id)


def _identity(row: Row) -> Identity:
    names = ("id", "user_id", "user", "issuer", "subject", "name", "linked_at")
    return Identity(**{name: row[name] for name in names})
