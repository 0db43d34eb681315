"""Who comes in: what a request shows is compared with accounts, sessions and keys. Rights follow from that alone.

Session tokens and API keys are random, 256 bits: a plain SHA-256 of them is stored, since nobody can guess what a slow
hash would protect. Passwords are not, so they are hashed slowly (`passwords`) and guessing is slowed down (`throttle`).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import time
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import structlog

from metarr.actions.passwords import Passwords
from metarr.actions.throttle import Seldom, Throttle
from metarr.errors import Conflict, Forbidden, InvalidInput, NotFound, Throttled, Unauthenticated
from metarr.model.access import COMMAND_LINE, OWNER, RIGHTS, Caller, Right, Role, rights_of
from metarr.model.audit import Agent, Deed, Result
from metarr.store import accounts, api_keys, audit, sign_ons
from metarr.store.db import DatabaseFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from metarr.store.accounts import By, User
    from metarr.store.db import Store, Tx

    _Found: TypeAlias = tuple[Caller, Callable[[Tx], None] | None]  # and what is to be noted of it, if anything
    _Ask: TypeAlias = Callable[[Tx, str], _Found | None]

log = structlog.get_logger()
KEY_PREFIX = "metarr_"  # so that people, and scanners of published files, see what it is
PROXY = "proxy"  # stands for the issuer of identities where a trusted proxy vouches for people
_REMEMBERED = 1024
_FRESH = 5.0  # seconds that an answer of the database is believed; changes by this process are seen at once
_LONGEST_NAME = 64  # characters
_LONGEST_AGENT = 200


@dataclass(frozen=True, slots=True)
class Proxied:
    """Whom a trusted proxy says that it let through; `groups` None: it says nothing of groups."""

    name: str
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows of its sender. `is_near`: it came from this machine itself, through no proxy."""

    address: str
    is_near: bool
    session: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    name: str | None = None
    password: str | None = field(default=None, repr=False)
    agent: str = ""
    proxied: Proxied | None = None


@dataclass(frozen=True, slots=True)
class Doors:
    """What opens besides accounts. `keys`: of the owner (METARR_API_KEY); `token`: of commands, for this start only.

    `is_near_free`: this machine needs no login. `setup_code`: what somebody on another machine needs to create the
    first account.
    """

    keys: tuple[str, ...] = field(default=(), repr=False)
    is_near_free: bool = False
    setup_code: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


class Entrance:
    """Knows who is asking. One for the whole program; whoever changes accounts or keys calls `forget`."""

    def __init__(self, store: Store, doors: Doors, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self.doors = doors
        self.passwords = Passwords()
        self.throttle = Throttle(clock)
        self._is_time = Seldom(clock)
        self._clock = clock
        self._known: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self._age = 0  # counts what was forgotten: an answer from before is not remembered after
        self._has_accounts = False

    def forget(self) -> None:
        """Accounts, sessions or keys were changed: ask the database again."""
        self._age += 1
        self._known.clear()

    async def has_accounts(self) -> bool:
        """Whether somebody has an account; until then the first visitor is asked to create one."""
        if not self._has_accounts:
            self._has_accounts = not await self.store.read(accounts.is_empty)
        return self._has_accounts

    async def caller(self, shown: Shown) -> Caller | None:
        """Who is asking; None: nobody whom we know. Raises Throttled where a password is not even looked at."""
        if shown.key is not None:
            found = await self._by_key(shown.key)
            if found is None:
                await self._unknown_key(shown)
            return found
        if shown.password is not None:
            return await self._by_key(shown.password) or await self._by_password(shown)
        if shown.session is not None:
            # A proxy's word is part of the question: the same browser may belong to somebody else by now.
            name = None if shown.proxied is None else shown.proxied.name
            found = await self._remembered(hashed(shown.session), partial(self._session, proxied=name), name or "")
            if found is not None:
                return found
        return OWNER if shown.is_near and self.doors.is_near_free else None

    async def log_in(self, shown: Shown) -> tuple[str, Caller]:
        """Begin a session: its token, and who was recognised. Raises Unauthenticated or Throttled."""
        user = await self.check(shown)
        if user is None:
            log.warning("a login failed", address=shown.address)  # no name: it may be a password in the wrong field
            raise Unauthenticated("The name or the password is wrong.")
        return await self.begin(user, shown)

    async def log_out(self, caller: Caller | None) -> None:
        """End the session that the caller came by, if it was one."""
        if caller is None or caller.user_id is None or caller.session_id is None:
            return
        user_id, session_id = caller.user_id, caller.session_id

        def body(tx: Tx) -> None:
            accounts.end(tx, user_id, session_id)
            audit.record(tx, Deed.LOGOUT, caller.name)

        with contextlib.suppress(NotFound):  # it was ended elsewhere in the meantime
            await self.store.write(body)
        self.forget()

    async def set_up(self, shown: Shown, code: str, *, is_allowed: bool) -> tuple[str, Caller]:
        """Create the first account, an administrator, and log in. Raises Conflict when there is one already.

        `is_allowed`: who asks needs no code.
        """
        if await self.has_accounts():
            raise Conflict("There are accounts already: log in, or ask an administrator for one.")
        if not is_allowed:
            await self._check_code(shown, code)
        name, password_hash = name_of(shown.name or ""), await self.passwords.hashed(shown.password or "")

        def body(tx: Tx) -> User:
            accounts.only_one(tx)
            if not accounts.is_empty(tx):
                raise Conflict("Somebody else created the first account in the same moment: log in.")
            audit.record(tx, Deed.SETUP, name, by=Agent("first run", shown.address))
            return accounts.add(tx, name, key_of(name), password_hash, Role.ADMINISTRATOR)

        user = await self.store.write(body)
        log.info("the administrator was created", user=user.name, address=shown.address)
        return await self.begin(user, shown)

    async def forbid(self, caller: Caller, action: str, right: Right) -> Forbidden:
        """The error for somebody whom we know and who may not do this. Kept in mind once a minute for each action."""
        if self._is_time(f"{Deed.FORBIDDEN} {action} {caller.name}"):
            await self._record(Deed.FORBIDDEN, Result.REFUSED, action, right=right.value)
        return Forbidden(f"{caller.name} may not do this: it needs the right to {right}.")

    async def check(self, shown: Shown) -> User | None:
        """The user of this name and password, None if they do not fit. Raises Throttled."""
        password = shown.password or ""
        key = key_of(shown.name or "")
        user = await self.store.read(lambda tx: accounts.find(tx, key))
        password_hash = None if user is None else user.password_hash
        is_right = self.passwords.known(password, password_hash)
        if is_right is None:
            guesses = (f"name {key[:_LONGEST_NAME]}", f"address {shown.address}")
            async with self._noting(shown, Deed.LOGIN):
                self.throttle.begin(*guesses)
            is_right = await self.passwords.is_right(password, password_hash)
            if is_right:
                self.throttle.forget(guesses[0])
                self.throttle.take_back(guesses[1])
        if is_right and user is not None and not user.is_disabled:
            return user
        why = "the user is kept out" if is_right else "the password is wrong" if user is not None else "no such user"
        # What was typed for a name may be a password in the wrong field.
        await self._note(shown, Deed.LOGIN, Result.REFUSED, "" if user is None else user.name, why=why)
        return None

    async def _unknown_key(self, shown: Shown) -> None:
        if self._is_time(f"key {shown.address}"):
            await self._note(shown, Deed.KEY_USED, Result.REFUSED, why="no such key")

    @contextlib.asynccontextmanager
    async def _noting(self, shown: Shown, deed: Deed) -> AsyncIterator[None]:
        """Keep in mind who has to wait for having guessed too often; once a minute will do."""
        try:
            yield
        except Throttled:
            if self._is_time(f"{deed} {shown.address}"):
                await self._note(shown, deed, Result.THROTTLED)
            raise

    async def _note(self, shown: Shown, deed: Deed, result: Result, what: str = "", **more: str) -> None:
        await self._record(deed, result, what, Agent("", shown.address), **more)

    async def _record(self, deed: Deed, result: Result, what: str, by: Agent | None = None, **more: str) -> None:
        with contextlib.suppress(DatabaseFault):  # they are refused all the same
            await self.store.write(lambda tx: audit.record(tx, deed, what, by=by, result=result, **more))

    async def _by_key(self, key: str) -> Caller | None:
        given = key.encode("utf-8", "surrogatepass")
        if self.doors.token and hmac.compare_digest(given, self.doors.token.encode()):
            return COMMAND_LINE
        # All are compared, so that the time taken says nothing.
        if any([hmac.compare_digest(given, one.encode()) for one in self.doors.keys]):  # noqa: C419
            return OWNER
        return await self._remembered(hashed(key), self._key) if key.startswith(KEY_PREFIX) else None

    async def _by_password(self, shown: Shown) -> Caller | None:
        user = await self.check(shown)
        return None if user is None else _person(user)

    async def _remembered(self, digest: str, ask: _Ask, variety: str = "") -> Caller | None:
        mark = f"{digest} {variety}"
        known = self._known.get(mark)
        if known is not None and self._clock() < known[1]:
            return known[0]
        age = self._age
        found = await self.store.read(lambda tx: ask(tx, digest))
        if found is None:
            self._known.pop(mark, None)
            return None
        caller, note = found
        if note is not None:
            with contextlib.suppress(DatabaseFault):  # when it was last used is not worth refusing it
                await self.store.write(note)
        if age == self._age:
            self._known[mark] = (caller, self._clock() + _FRESH)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return caller

    @staticmethod
    def _session(tx: Tx, digest: str, proxied: str | None) -> _Found | None:
        found = accounts.recognised(tx, digest)
        if found is None:
            return None
        session, user = found
        if proxied is not None and session.identity_id is not None:
            identity = sign_ons.get(tx, session.identity_id)
            if identity.issuer == PROXY and identity.subject != proxied:
                return None
        note = (lambda tx: accounts.see(tx, session.id)) if session.is_stale else None
        return replace(_person(user), session_id=session.id), note

    @staticmethod
    def _key(tx: Tx, digest: str) -> _Found | None:
        key = api_keys.recognised(tx, digest)
        if key is None:
            return None
        note = (lambda tx: api_keys.use(tx, key.id)) if key.is_stale else None
        return Caller(f"key {key.name}", rights_of(key.scopes)), note

    async def begin(self, user: User, shown: Shown, by: By | None = None) -> tuple[str, Caller]:
        """Begin a session of somebody who has proven to be this user: its token, and who that is.

        `by`: who vouched for them; None: the password that they showed is theirs.
        """
        token = secrets.token_urlsafe(32)
        is_old = by is None and self.passwords.is_outdated(user.password_hash)
        new = await self.passwords.hashed(shown.password or "") if is_old else None
        agent = printable(shown.agent)[:_LONGEST_AGENT]

        def body(tx: Tx) -> int:
            if new is not None:
                accounts.change(tx, user.id, password_hash=new)
            way = "password" if by is None else "single sign-on"
            audit.record(tx, Deed.LOGIN, user.name, by=Agent(user.name, shown.address, user.id), way=way)
            return accounts.begin(tx, user.id, hashed(token), shown.address, agent, by)

        session_id = await self.store.write(body)
        log.info("logged in", user=user.name, address=shown.address)
        return token, replace(_person(user), session_id=session_id)

    async def _check_code(self, shown: Shown, code: str) -> None:
        guess = f"address {shown.address}"
        async with self._noting(shown, Deed.SETUP):
            self.throttle.begin(guess)
        wanted = self.doors.setup_code
        if not wanted or not hmac.compare_digest(code.strip().upper().encode("utf-8", "replace"), wanted.encode()):
            await self._note(shown, Deed.SETUP, Result.REFUSED, why="the setup code is wrong")
            raise Forbidden(
                "From another machine the first account needs the setup code, which the server prints when it "
                "starts (see its log); or create it on the server itself: metarr user add NAME --role administrator"
            )
        self.throttle.take_back(guess)


def hashed(secret: str) -> str:
    """What is stored of a token or key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def name_of(text: str) -> str:
    """A user's name as it is kept. Raises InvalidInput."""
    name = unicodedata.normalize("NFKC", text).strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or ":" in name:
        raise InvalidInput(f"A name has 1 to {_LONGEST_NAME} printable characters, and no colon.")
    return name


def key_of(name: str) -> str:
    """A name as it is compared: without capitals, however it was composed."""
    return printable(unicodedata.normalize("NFKC", name)).strip().casefold()


def printable(text: str) -> str:
    """Without characters that no database or log takes."""
    return "".join(character for character in text if character.isprintable())


def _person(user: User) -> Caller:
    return Caller(user.name, RIGHTS[user.role], user.id)
