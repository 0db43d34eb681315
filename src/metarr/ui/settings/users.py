"""Users: who may log in, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import accounts
from metarr.actions.accounts import Change
from metarr.actions.passwords import SHORTEST
from metarr.api.deps import Id
from metarr.errors import Conflict, InvalidInput, MetarrError
from metarr.model.access import Role
from metarr.ui.account.own import entrance_of
from metarr.ui.framing import house_of, onward
from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

router = Router(include_in_schema=False)
Text = Annotated[str, Form(max_length=2000)]
_HERE = "/settings/users"
_MAY = {
    Role.VIEWER: "sees everything, changes nothing",
    Role.EDITOR: "edits items and starts work, too",
    Role.ADMINISTRATOR: "changes settings, users and keys, too",
}


@router.get("/settings/users", dependencies=[ADMIN])
async def users_page(request: Request) -> HTMLResponse:
    """The list, and the form for one more."""
    return await _page(request)


@router.post("/settings/users", dependencies=[ADMIN])
async def add(
    request: Request,
    caller: Known,
    role: Annotated[Role, Form()],
    name: Text = "",
    password: Text = "",
) -> HTMLResponse:
    """One more user; without a password one is made up and shown."""
    made = password or accounts.new_password()
    try:
        user = await accounts.add_user(entrance_of(request), caller, name, made, role)
    except (Conflict, InvalidInput) as error:
        return await _page(request, error, given={"name": name, "role": role.value})
    return await _page(request, shown=(user.name, "" if password else made))


@router.post("/settings/users/{user_id}/role", dependencies=[ADMIN])
async def change_role(request: Request, caller: Known, user_id: Id, role: Annotated[Role, Form()]) -> Response:
    """What a user may do."""
    return await _changed(request, caller, user_id, Change(role=role), f"{{}} is {_with_article(role)} now.")


@router.post("/settings/users/{user_id}/disable", dependencies=[ADMIN])
async def disable(request: Request, caller: Known, user_id: Id) -> Response:
    """They may not come in until somebody allows it again."""
    return await _changed(request, caller, user_id, Change(is_disabled=True), "{} is logged out, and may not log in.")


@router.post("/settings/users/{user_id}/enable", dependencies=[ADMIN])
async def enable(request: Request, caller: Known, user_id: Id) -> Response:
    """They may come in again."""
    return await _changed(request, caller, user_id, Change(is_disabled=False), "{} may log in again.")


@router.post("/settings/users/{user_id}/password", dependencies=[ADMIN])
async def reset_password(request: Request, caller: Known, user_id: Id, password: Text = "") -> HTMLResponse:
    """Another password, typed or made up; all their sessions end."""
    made = password or accounts.new_password()
    try:
        user = await accounts.change_user(entrance_of(request), caller, user_id, Change(password=made))
    except InvalidInput as error:
        return await _page(request, error, opened=user_id)
    return await _page(request, shown=(user.name, "" if password else made))


@router.post("/settings/users/{user_id}/remove", dependencies=[ADMIN])
async def remove(request: Request, caller: Known, user_id: Id) -> Response:
    """They are forgotten, with their sessions and saved views."""
    try:
        await accounts.remove_user(entrance_of(request), caller, user_id)
    except Conflict as error:
        return await _page(request, error)
    return onward(request, _HERE, "The user is removed.")


async def _changed(request: Request, caller: Known, user_id: int, change: Change, said: str) -> Response:
    try:
        user = await accounts.change_user(entrance_of(request), caller, user_id, change)
    except Conflict as error:
        return await _page(request, error)
    return onward(request, _HERE, said.format(user.name))


async def _page(
    request: Request,
    error: MetarrError | None = None,
    given: Mapping[str, str] | None = None,
    shown: tuple[str, str] | None = None,
    opened: int | None = None,
) -> HTMLResponse:
    """`given`: what was typed; `shown`: whose password was set, and to what if it was made up; `opened`: whose form."""
    users = await house_of(request).store.read(accounts.listed)
    values = {"users": users, "roles": _MAY, "given": given or {}, "made": shown, "opened": opened}
    return await SETTINGS.show(request, "settings_users.html", error, shortest=SHORTEST, **values)


def _with_article(role: Role) -> str:
    return f"a {role.value}" if role is Role.VIEWER else f"an {role.value}"
