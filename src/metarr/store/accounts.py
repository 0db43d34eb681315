"""People and their sessions. Who is the last administrator is decided here, under a lock, so that one always stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.model.access import Role
from metarr.store import schema
from metarr.store.db import NOW, after

if TYPE_CHECKING:
    from metarr.store.db import Row, Tx

_USER = schema.user
_SESSION = schema.session
IDLE = timedelta(days=30)  # a session ends when it was not used for so long
LONGEST = timedelta(days=365)  # and after this in any case
_SEEN_EVERY = timedelta(minutes=1)  # not every request writes


@dataclass(frozen=True, slots=True)
class User:
    """A person. `password_hash` "": no password opens it, only who vouches for them."""

    id: int
    name: str
    password_hash: str = field(repr=False)
    role: Role
    is_disabled: bool
    created_at: datetime
    logged_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A login in a browser. `agent`: the browser's name for itself; `identity_id`: what began it; None: a password."""

    id: int
    user_id: int
    identity_id: int | None
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    is_stale: bool
    """Whether `seen_at` is worth writing again."""


@dataclass(frozen=True, slots=True)
class By:
    """The identity that a session is begun by, and how long it lasts at most."""

    identity_id: int
    lasting: timedelta


def is_empty(tx: Tx) -> bool:
    """Nobody has an account yet."""
    return tx.one(sa.select(_USER.c.id).limit(1)) is None


def everyone(tx: Tx) -> list[User]:
    """All users, by name."""
    return [_user(row) for row in tx.rows(sa.select(_USER).order_by(_USER.c.key))]


def get(tx: Tx, user_id: int) -> User:
    """One user, or NotFound."""
    row = tx.one(sa.select(_USER).where(_USER.c.id == user_id))
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return _user(row)


def find(tx: Tx, key: str) -> User | None:
    """The user whose name is compared as `key`."""
    row = tx.one(sa.select(_USER).where(_USER.c.key == key))
    return None if row is None else _user(row)


def only_one(tx: Tx, table: sa.Table = _USER) -> None:
    """Nobody else changes the table until this transaction ends. On SQLite nobody else writes anyway."""
    if not tx.is_sqlite:
        tx.execute(sa.text(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))


def add(tx: Tx, name: str, key: str, password_hash: str, role: Role) -> User:
    """A new user. Raises Conflict where the name is taken."""
    only_one(tx)
    if find(tx, key) is not None:
        raise Conflict(f"There is a user called {name!r} already.")
    row = {"name": name, "key": key, "password_hash": password_hash, "role": role.value, "created_at": NOW}
    return get(tx, tx.execute(sa.insert(_USER).values(**row).returning(_USER.c.id)).scalar_one())


def change(tx: Tx, user_id: int, **values: Any) -> User:  # noqa: ANN401  one type per column
    """Set columns of a user. Raises Conflict where no administrator would be left."""
    only_one(tx)
    tx.execute(sa.update(_USER).where(_USER.c.id == get(tx, user_id).id).values(**values))
    _keep_an_administrator(tx)
    return get(tx, user_id)


def remove(tx: Tx, user_id: int) -> User:
    """Remove a user with all sessions. Raises Conflict where no administrator would be left."""
    only_one(tx)
    user = get(tx, user_id)
    tx.execute(sa.delete(_USER).where(_USER.c.id == user_id))
    _keep_an_administrator(tx)
    return user


def is_last_administrator(tx: Tx, user_id: int) -> bool:
    """Whether without this user nobody could administer any more."""
    return [row["id"] for row in tx.rows(_administrators().limit(2))] == [user_id]


def _administrators() -> sa.Select[Any]:
    return sa.select(_USER.c.id).where((_USER.c.role == Role.ADMINISTRATOR.value) & ~_USER.c.is_disabled)


def _keep_an_administrator(tx: Tx) -> None:
    if tx.one(_administrators().limit(1)) is None:
        raise Conflict("This is the last administrator. Make somebody else one first.")


# --- sessions ---------------------------------------------------------------------------------------------------------


def begin(tx: Tx, user_id: int, token_hash: str, address: str, agent: str, by: By | None = None) -> int:
    """A new session of a user who has just logged in; sessions that nobody can use any more go."""
    tx.execute(sa.delete(_SESSION).where(~_is_alive()))
    tx.execute(sa.update(_USER).where(_USER.c.id == user_id).values(logged_in_at=NOW))
    row: dict[str, Any] = {"user_id": user_id, "token_hash": token_hash, "address": address, "agent": agent}
    if by is not None:
        row |= {"identity_id": by.identity_id, "ends_at": after(by.lasting)}
    statement = sa.insert(_SESSION).values(**row, created_at=NOW, seen_at=NOW).returning(_SESSION.c.id)
    found: int = tx.execute(statement).scalar_one()
    return found


def recognised(tx: Tx, token_hash: str) -> tuple[Session, User] | None:
    """The session that this token opens, and whose it is; None: it has ended, or its user may not come in."""
    session = tx.one(_sessions().where(_SESSION.c.token_hash == token_hash))
    if session is None:
        return None
    user = get(tx, session["user_id"])
    return None if user.is_disabled else (_session(session), user)


def sessions_of(tx: Tx, user_id: int) -> list[Session]:
    """Where a user is logged in, the last used first."""
    rows = tx.rows(_sessions().where(_SESSION.c.user_id == user_id).order_by(_SESSION.c.seen_at.desc(), _SESSION.c.id))
    return [_session(row) for row in rows]


def session_counts(tx: Tx) -> dict[int, int]:
    """In how many browsers each user is logged in; who is in none is left out."""
    query = sa.select(_SESSION.c.user_id, sa.func.count().label("sessions")).where(_is_alive())
    return {row["user_id"]: row["sessions"] for row in tx.rows(query.group_by(_SESSION.c.user_id))}


def see(tx: Tx, session_id: int) -> None:
    """The session was used."""
    tx.execute(sa.update(_SESSION).where(_SESSION.c.id == session_id).values(seen_at=NOW))


def end(tx: Tx, user_id: int, session_id: int) -> None:
    """End one session of a user, or NotFound."""
    chosen = (_SESSION.c.id == session_id) & (_SESSION.c.user_id == user_id)
    if tx.execute(sa.delete(_SESSION).where(chosen)).rowcount == 0:
        raise NotFound(f"There is no session {session_id} of yours.")


def end_all(tx: Tx, user_id: int, *, but: int | None = None) -> None:
    """End a user's sessions, except for one."""
    chosen = _SESSION.c.user_id == user_id
    tx.execute(sa.delete(_SESSION).where(chosen if but is None else chosen & (_SESSION.c.id != but)))


def _sessions() -> sa.Select[Any]:
    return sa.select(_SESSION, (_SESSION.c.seen_at < after(-_SEEN_EVERY)).label("is_stale")).where(_is_alive())


def _is_alive() -> sa.ColumnElement[bool]:
    has_time = _SESSION.c.ends_at.is_(None) | (_SESSION.c.ends_at > NOW)
    return (_SESSION.c.seen_at > after(-IDLE)) & (_SESSION.c.created_at > after(-LONGEST)) & has_time


def _user(row: Row) -> User:
    return User(
        row["id"],
        row["name"],
        row["password_hash"],
        Role(row["role"]),
        bool(row["is_disabled"]),
        row["created_at"],
        row["logged_in_at"],
    )


def _session(row: Row) -> Session:
    names = ("id", "user_id", "identity_id", "address", "agent", "created_at", "seen_at")
    return Session(**{name: row[name] for name in names}, is_stale=bool(row["is_stale"]))
