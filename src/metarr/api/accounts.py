"""`/api/v1`: login, logout and setup; `/me`, `/users`, `/api-keys`: who may come in."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Response

from metarr.actions import accounts
from metarr.actions.accounts import Change
from metarr.actions.entrance import Entrance, Shown
from metarr.api import account_shapes as shapes
from metarr.api import etags
from metarr.api.deps import Id
from metarr.api.etags import IfMatch, Tagged
from metarr.model.access import Caller, Right
from metarr.store import accounts as stored
from metarr.store import api_keys
from metarr.web import asking, cookies
from metarr.web.access import ADMIN, OPEN, READ, Asking, Known
from metarr.web.routing import Router

router = Router()


def _entrance(request: Request) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


Door = Annotated[Entrance, Depends(_entrance)]


@router.post("/setup", status_code=HTTPStatus.CREATED, tags=["accounts"], dependencies=[OPEN])
async def set_up(door: Door, request: Request, response: Response, caller: Asking, new: shapes.Setup) -> shapes.Me:
    """Create the first account, an administrator, and log in. Only while there is none.

    From another machine it needs the setup code that the server prints when it starts.
    """
    shown = _shown(request, new.name, new.password.get_secret_value())
    is_allowed = shown.is_near or (caller is not None and caller.may(Right.ADMIN))
    token, found = await door.set_up(shown, new.code, is_allowed=is_allowed)
    cookies.give(response, request, token)
    return await _me(door, found)


@router.post("/login", tags=["accounts"], dependencies=[OPEN])
async def log_in(door: Door, request: Request, response: Response, wanted: shapes.Login) -> shapes.Me:
    """Begin a session; the answer sets its cookie. Wrong passwords slow down the next tries (429, Retry-After)."""
    token, found = await door.log_in(_shown(request, wanted.name, wanted.password.get_secret_value()))
    cookies.give(response, request, token)
    return await _me(door, found)


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT, tags=["accounts"], dependencies=[OPEN])
async def log_out(door: Door, response: Response, caller: Asking) -> None:
    """End the session that asks, if one does."""
    await door.log_out(caller)
    cookies.take(response)


@router.get("/me", tags=["accounts"], dependencies=[READ])
async def who_am_i(door: Door, caller: Known) -> shapes.Me:
    """Who is asking, and what they may do."""
    return await _me(door, caller)


@router.post("/me/password", status_code=HTTPStatus.NO_CONTENT, tags=["accounts"], dependencies=[READ])
async def change_own_password(door: Door, request: Request, caller: Known, change: shapes.PasswordChange) -> None:
    """Change one's own password, with the old one. Every other session of this user ends."""
    old, new = change.old.get_secret_value(), change.new.get_secret_value()
    await accounts.change_own_password(door, caller, asking.address_of(request), old, new)


@router.get("/me/sessions", tags=["accounts"], dependencies=[READ])
async def list_own_sessions(door: Door, caller: Known) -> list[shapes.Session]:
    """Where one is logged in, the last used first."""
    found = await door.store.read(lambda tx: accounts.own_sessions(tx, caller))
    return [shapes.Session.model_validate(one).model_copy(update={"is_this": is_this}) for one, is_this in found]


@router.delete("/me/sessions", status_code=HTTPStatus.NO_CONTENT, tags=["accounts"], dependencies=[READ])
async def end_other_sessions(door: Door, caller: Known) -> None:
    """Log out everywhere but here; asked with a password instead of a session, everywhere."""
    await accounts.end_other_sessions(door, caller)


@router.delete("/me/sessions/{session_id}", status_code=HTTPStatus.NO_CONTENT, tags=["accounts"], dependencies=[READ])
async def end_own_session(door: Door, caller: Known, session_id: Id) -> None:
    """Log out somewhere else."""
    await accounts.end_session(door, caller, session_id)


@router.get("/users", tags=["accounts"], dependencies=[ADMIN])
async def list_users(door: Door) -> list[shapes.User]:
    """Everybody who has an account, by name."""
    return [shapes.User.model_validate(one) for one in await door.store.read(stored.everyone)]


@router.post("/users", status_code=HTTPStatus.CREATED, tags=["accounts"], dependencies=[ADMIN])
async def add_user(door: Door, caller: Known, new: shapes.NewUser, response: Response) -> shapes.User:
    """Add a user: an administrator, an editor (sees and edits, starts work) or a viewer (only sees)."""
    password = new.password.get_secret_value()
    return _user(await accounts.add_user(door, caller, new.name, password, new.role)).answer(response)


@router.get("/users/{user_id}", tags=["accounts"], dependencies=[ADMIN])
async def get_user(door: Door, user_id: Id, response: Response) -> shapes.User:
    """Somebody who has an account."""
    return _user(await door.store.read(lambda tx: stored.get(tx, user_id))).answer(response)


@router.patch("/users/{user_id}", tags=["accounts"], dependencies=[ADMIN])
async def change_user(
    door: Door, caller: Known, user_id: Id, patch: shapes.UserPatch, response: Response, if_match: IfMatch = None
) -> shapes.User:
    """Change a user's role, set a new password, or keep them out. The last administrator stays one."""
    password = None if patch.password is None else patch.password.get_secret_value()
    change = Change(patch.role, password, patch.is_disabled)

    def check(now: stored.User) -> None:
        etags.check(if_match, _user(now).tag)

    return _user(await accounts.change_user(door, caller, user_id, change, check)).answer(response)


@router.delete("/users/{user_id}", status_code=HTTPStatus.NO_CONTENT, tags=["accounts"], dependencies=[ADMIN])
async def remove_user(door: Door, caller: Known, user_id: Id) -> None:
    """Remove a user and end their sessions. The last administrator stays."""
    await accounts.remove_user(door, caller, user_id)


@router.get("/api-keys", tags=["accounts"], dependencies=[ADMIN])
async def list_keys(door: Door) -> list[shapes.ApiKey]:
    """The keys of programs, without the keys, by name."""
    return [shapes.ApiKey.model_validate(one) for one in await door.store.read(api_keys.everything)]


@router.post("/api-keys", status_code=HTTPStatus.CREATED, tags=["accounts"], dependencies=[ADMIN])
async def add_key(door: Door, caller: Known, new: shapes.NewApiKey) -> shapes.AddedApiKey:
    """Make a key for a program: it may do what its scopes say. The answer is the only place where it is shown."""
    added, key = await accounts.add_key(door, caller, new.name, new.scopes)
    return shapes.AddedApiKey(**shapes.ApiKey.model_validate(added).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", status_code=HTTPStatus.NO_CONTENT, tags=["accounts"], dependencies=[ADMIN])
async def remove_key(door: Door, caller: Known, key_id: Id) -> None:
    """Revoke a key: it opens nothing any more."""
    await accounts.remove_key(door, caller, key_id)


def _shown(request: Request, name: str, password: str) -> Shown:
    return replace(asking.shown(request), name=name, password=password)


async def _me(door: Entrance, caller: Caller) -> shapes.Me:
    user_id = caller.user_id
    role = None if user_id is None else (await door.store.read(lambda tx: stored.get(tx, user_id))).role
    return shapes.Me(name=caller.name, user_id=user_id, role=role, rights=sorted(caller.rights))


def _user(found: stored.User) -> Tagged[shapes.User]:
    return etags.tagged(shapes.User.model_validate(found), found.password_hash)
