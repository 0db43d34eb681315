"""What administrators do with accounts and keys, and what people do with their own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from metarr.actions.entrance import KEY_PREFIX, Shown, hashed, key_of, name_of, printable
from metarr.errors import Conflict, InvalidInput, Unauthenticated
from metarr.model.access import Role
from metarr.model.audit import Deed
from metarr.store import accounts, api_keys, audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from metarr.actions.entrance import Entrance
    from metarr.model.access import Caller, Right
    from metarr.store.accounts import Session, User
    from metarr.store.api_keys import ApiKey
    from metarr.store.db import Tx

log = structlog.get_logger()
_HINT = 4  # characters of a key that are kept
_LONGEST_NAME = 100  # characters, of a key
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # none looks like another
_GROUPS, _GROUP = 4, 5  # 20 characters of 31 are 99 bits


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator changes about a user; None: as it is."""

    role: Role | None = None
    password: str | None = field(default=None, repr=False)
    is_disabled: bool | None = None


async def add_user(entrance: Entrance, by: Caller, name: str, password: str, role: Role) -> User:
    """A new user. Raises InvalidInput or Conflict."""
    kept, password_hash = name_of(name), await entrance.passwords.hashed(password)

    def body(tx: Tx) -> User:
        if role is not Role.ADMINISTRATOR and accounts.is_empty(tx):
            raise Conflict("The first account is an administrator: add that one first.")
        audit.record(tx, Deed.USER_ADDED, kept, role=role.value)
        return accounts.add(tx, kept, key_of(kept), password_hash, role)

    user = await entrance.store.write(body)
    log.info("a user was added", user=user.name, role=user.role.value, by=by.name)
    return user


async def change_user(
    entrance: Entrance, by: Caller, user_id: int, change: Change, check: Callable[[User], None] | None = None
) -> User:
    """Another role, another password, whether they may come in. A new password ends their sessions, but for `by`'s.

    `check` raises where the user is no longer what `by` takes them for.
    """
    values: dict[str, Any] = {}
    if change.role is not None:
        values["role"] = change.role.value
    if change.is_disabled is not None:
        values["is_disabled"] = change.is_disabled
    if change.password is not None:
        values["password_hash"] = await entrance.passwords.hashed(change.password)

    def body(tx: Tx) -> User:
        if check is not None:
            accounts.only_one(tx)
            check(accounts.get(tx, user_id))
        if change.password is not None or change.is_disabled:
            accounts.end_all(tx, user_id, but=by.session_id)
        user = accounts.change(tx, user_id, **values) if values else accounts.get(tx, user_id)
        _record_change(tx, user, change)
        return user

    user = await entrance.store.write(body)
    entrance.forget()
    log.info("a user was changed", user=user.name, what=sorted(values), by=by.name)
    return user


def _record_change(tx: Tx, user: User, change: Change) -> None:
    if change.password is not None:
        audit.record(tx, Deed.PASSWORD_SET, user.name)
    if change.role is not None:
        audit.record(tx, Deed.USER_CHANGED, user.name, role=change.role.value)
    if change.is_disabled is not None:
        audit.record(tx, Deed.USER_CHANGED, user.name, kept_out=change.is_disabled)


def listed(tx: Tx) -> list[tuple[User, int]]:
    """Every user by name, and in how many browsers they are logged in."""
    counts = accounts.session_counts(tx)
    return [(user, counts.get(user.id, 0)) for user in accounts.everyone(tx)]


def new_password() -> str:
    """A password for a user who is to change it: easy to read out, and nobody can guess it."""
    letters = [secrets.choice(_READABLE) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[start : start + _GROUP]) for start in range(0, len(letters), _GROUP))


async def remove_user(entrance: Entrance, by: Caller, user_id: int) -> None:
    """Their sessions end; keys stay, for they belong to the installation. Raises NotFound or Conflict."""

    def body(tx: Tx) -> User:
        user = accounts.remove(tx, user_id)
        audit.record(tx, Deed.USER_REMOVED, user.name)
        return user

    user = await entrance.store.write(body)
    entrance.forget()
    log.info("a user was removed", user=user.name, by=by.name)


async def change_own_password(entrance: Entrance, by: Caller, address: str, old: str, new: str) -> None:
    """Needs the old one, whose guessing is slowed down. Every other session of this user ends."""
    user_id = own_id(by)
    user = await entrance.store.read(lambda tx: accounts.get(tx, user_id))
    shown = Shown(address, is_near=False, name=user.name, password=old)
    if await entrance.check(shown) is None:
        raise Unauthenticated("The old password is wrong.")
    await change_user(entrance, by, user_id, Change(password=new))


async def end_session(entrance: Entrance, by: Caller, session_id: int) -> None:
    """Log out somewhere else."""
    user_id = own_id(by)

    def body(tx: Tx) -> None:
        accounts.end(tx, user_id, session_id)
        audit.record(tx, Deed.SESSION_ENDED, by.name, sessions="one")

    await entrance.store.write(body)
    entrance.forget()


async def end_other_sessions(entrance: Entrance, by: Caller) -> None:
    """Log out everywhere but here."""
    user_id = own_id(by)

    def body(tx: Tx) -> None:
        accounts.end_all(tx, user_id, but=by.session_id)
        audit.record(tx, Deed.SESSION_ENDED, by.name, sessions="all others")

    await entrance.store.write(body)
    entrance.forget()


def own_id(caller: Caller) -> int:
    """The number of the user who asks. Raises Conflict for keys and this machine, which are nobody's account."""
    if caller.user_id is None:
        raise Conflict(f"{caller.name} is no account: log in with name and password.")
    return caller.user_id


def own_sessions(tx: Tx, caller: Caller) -> list[tuple[Session, bool]]:
    """Where the user who asks is logged in, and which of these is the one asking."""
    return [(one, one.id == caller.session_id) for one in accounts.sessions_of(tx, own_id(caller))]


async def add_key(entrance: Entrance, by: Caller, name: str, scopes: Iterable[Right]) -> tuple[ApiKey, str]:
    """A new key for a program, and the key itself, which nobody can look up again."""
    wanted = frozenset(scopes)
    kept = printable(name).strip()
    if not 0 < len(kept) <= _LONGEST_NAME:
        raise InvalidInput(f"A key needs a name of 1 to {_LONGEST_NAME} characters: what uses it?")
    if not wanted:
        raise InvalidInput("A key needs at least one scope: read, operate, admin or webhook.")
    key = KEY_PREFIX + secrets.token_urlsafe(32)

    def body(tx: Tx) -> ApiKey:
        audit.record(tx, Deed.KEY_ADDED, kept, scopes=sorted(wanted))
        return api_keys.add(tx, kept, hashed(key), key[-_HINT:], wanted, by.name)

    added = await entrance.store.write(body)
    log.info("an API key was added", key=kept, scopes=sorted(wanted), by=by.name)
    return added, key


async def remove_key(entrance: Entrance, by: Caller, key_id: int) -> None:
    """It opens nothing any more. Raises NotFound."""

    def body(tx: Tx) -> str:
        name = api_keys.remove(tx, key_id)
        audit.record(tx, Deed.KEY_REVOKED, name)
        return name

    name = await entrance.store.write(body)
    entrance.forget()
    log.info("an API key was removed", key=name, by=by.name)
