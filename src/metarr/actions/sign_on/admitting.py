"""From somebody who was vouched for to a session of a user of ours, or to why not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from metarr.actions.entrance import PROXY, key_of, name_of, printable
from metarr.actions.sign_on import tickets, vouching
from metarr.actions.sign_on.tickets import Purpose
from metarr.actions.sign_on.vouching import Person
from metarr.errors import Conflict, Forbidden, InvalidInput, MetarrError, Unauthenticated
from metarr.model.access import Role
from metarr.model.audit import Agent, Deed, Result
from metarr.store import accounts, audit, settings, sign_ons
from metarr.store.accounts import By

if TYPE_CHECKING:
    from metarr.actions.entrance import Entrance, Proxied, Shown
    from metarr.actions.installation import Installation
    from metarr.sign_on import SingleSignOnSettings
    from metarr.store.accounts import User
    from metarr.store.db import Tx
    from metarr.store.sign_ons import Identity

log = structlog.get_logger()
_SHOWN = 64  # characters of a name in a log


@dataclass(frozen=True, slots=True)
class Admitted:
    """In: the session's token, and whose it is."""

    token: str
    user: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """Vouched for, but no user of ours is known to be theirs. `ticket`: with it they can show which one is."""

    name: str
    ticket: str


async def admit(house: Installation, entrance: Entrance, shown: Shown, person: Person) -> Admitted | Stranger:
    """Let them in as the settings say. Raises Forbidden."""

    def body(tx: Tx) -> tuple[User, By] | None:
        return _Visit(tx, person, settings.load(tx).single_sign_on, shown.address).recognised()

    try:
        found = await house.store.write(body)
    except Forbidden as error:
        await refused(entrance, shown, error, person)
        raise
    if found is None:
        await refused(entrance, shown, Forbidden("No user here is known to be theirs."), person)
        values = asdict(person) | {"groups": None if person.groups is None else sorted(person.groups)}
        return Stranger(person.name, tickets.write(house.vault, Purpose.LINK, values))
    return await _begin(entrance, shown, *found)


async def link(house: Installation, entrance: Entrance, shown: Shown, ticket: str) -> Admitted:
    """Let in whom a ticket vouches for as the user whose name and password they show, from now on without these.

    Raises Unauthenticated, Throttled, Forbidden, Conflict, and InvalidInput where the ticket is none any more.
    """
    person = _person(tickets.read(house.vault, Purpose.LINK, ticket))
    user = await entrance.check(shown)
    if user is None:
        raise Unauthenticated("The name or the password is wrong.")

    def body(tx: Tx) -> tuple[User, By]:
        return _Visit(tx, person, settings.load(tx).single_sign_on, shown.address).linked(user, "password")

    return await _begin(entrance, shown, *await house.store.write(body))


async def refused(entrance: Entrance, shown: Shown, error: MetarrError, person: Person | None = None) -> None:
    """Keep in mind that somebody was not let in, and why."""
    who = {} if person is None else {"called": printable(person.name)[:_SHOWN], "issuer": person.issuer}
    log.warning("a single sign-on was refused", why=str(error), address=shown.address, **who)
    by, why = Agent("", shown.address), str(error)

    def body(tx: Tx) -> None:
        audit.record(tx, Deed.LOGIN, by=by, result=Result.REFUSED, why=why, way="single sign-on", **who)

    await entrance.store.write(body)


def proxied(found: Proxied) -> Person:
    """The person whom a trusted proxy names: there the name is all there is."""
    return Person(PROXY, found.name, found.name, found.groups)


def _person(values: dict[str, Any] | None) -> Person:
    if values is None:
        raise InvalidInput("That took longer than ten minutes. Begin again.")
    groups = values["groups"]
    return Person(**values | {"groups": None if groups is None else frozenset(groups)})


@dataclass(frozen=True, slots=True)
class _Visit:
    """Somebody at the door, within one transaction. Each way in leads to the user and what begins the session."""

    tx: Tx
    person: Person
    wanted: SingleSignOnSettings
    address: str

    def recognised(self) -> tuple[User, By] | None:
        """The user whom they are here; None: none that we know of. Raises Forbidden."""
        vouching.role_of(self.person, self.wanted)
        accounts.only_one(self.tx)
        known = sign_ons.find(self.tx, self.person.issuer, self.person.subject)
        if known is not None:
            return self._in(known)
        if accounts.is_empty(self.tx):
            raise Forbidden("Nobody has an account here yet: the first one is created with a password, at /setup.")
        same = accounts.find(self.tx, key_of(self.person.name))
        if same is not None:
            # A name alone opens nothing, unless the owner says that it does.
            is_free = not sign_ons.is_linked(self.tx, same.id, self.person.issuer)
            may = self.wanted.link_by_name and self.person.is_name_sure and is_free
            return self.linked(same, "name") if may else None
        return self._created() if self.wanted.create_users else None

    def linked(self, user: User, how: str) -> tuple[User, By]:
        """From now on they are this user, who is proven to be theirs. Raises Forbidden, Conflict."""
        person = self.person
        if person.issuer not in {PROXY, self.wanted.issuer}:
            raise Conflict("Another provider is asked now. Begin again.")
        identity = sign_ons.link(self.tx, user.id, person.issuer, person.subject, person.name)
        self._note(user, Deed.IDENTITY_LINKED, called=person.name[:_SHOWN], issuer=person.issuer, by_its=how)
        return self._in(identity)

    def _created(self) -> tuple[User, By]:
        person, role = self.person, vouching.role_of_new(self.person, self.wanted)
        try:
            name = name_of(person.name)
        except InvalidInput as error:
            raise Forbidden(f"You are called something there that cannot be a name here. {error}") from error
        user = accounts.add(self.tx, name, key_of(name), "", role)
        self._note(user, Deed.USER_ADDED, role=role.value, issuer=person.issuer)
        identity = sign_ons.link(self.tx, user.id, person.issuer, person.subject, person.name)
        return user, self._by(identity)

    def _in(self, identity: Identity) -> tuple[User, By]:
        """As the user whom they are linked to, with the role that groups decide on now. Raises Forbidden."""
        user = accounts.get(self.tx, identity.user_id)
        if user.is_disabled:
            raise Forbidden(f"{user.name} may not log in here; an administrator can allow it again.")
        role = vouching.role_of(self.person, self.wanted)
        if role is None or role is user.role:
            return user, self._by(identity)
        if role is not Role.ADMINISTRATOR and accounts.is_last_administrator(self.tx, user.id):
            log.warning("the last administrator stays one, whatever groups say", user=user.name)
            return user, self._by(identity)
        self._note(user, Deed.USER_CHANGED, role=role.value, by_its="groups")
        return accounts.change(self.tx, user.id, role=role.value), self._by(identity)

    def _by(self, identity: Identity) -> By:
        return By(identity.id, timedelta(hours=self.wanted.session_hours))

    def _note(self, user: User, deed: Deed, **more: str) -> None:
        log.info("single sign-on", user=user.name, what=deed.value, address=self.address, **more)
        agent = Agent(user.name, self.address, user.id)
        audit.record(self.tx, deed, user.name, by=agent, result=Result.DONE, **more)


async def _begin(entrance: Entrance, shown: Shown, user: User, by: By) -> Admitted:
    entrance.forget()
    token, caller = await entrance.begin(user, shown, by)
    return Admitted(token, caller.name)
