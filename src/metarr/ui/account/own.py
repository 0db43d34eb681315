"""One's own account: the password, and where one is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from metarr.actions import accounts
from metarr.actions.passwords import SHORTEST
from metarr.api.deps import Id
from metarr.errors import InvalidInput, MetarrError, Throttled, Unauthenticated
from metarr.store import accounts as stored
from metarr.ui.account.agents import device
from metarr.ui.account.area import ACCOUNT
from metarr.ui.framing import house_of, onward
from metarr.web import asking
from metarr.web.access import READ, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.entrance import Entrance
    from metarr.model.access import Caller

router = Router(include_in_schema=False)
Word = Annotated[str, Form(max_length=2000)]


@router.get("/account", dependencies=[READ])
async def account(request: Request, caller: Known) -> HTMLResponse:
    """The page."""
    return await _page(request, caller)


@router.post("/account/password", dependencies=[READ])
async def change_password(
    request: Request, caller: Known, old: Word = "", new: Word = "", again: Word = ""
) -> Response:
    """Another password, for who knows the old one."""
    try:
        if new != again:
            raise InvalidInput("The two new passwords differ.")
        await accounts.change_own_password(entrance_of(request), caller, asking.address_of(request), old, new)
    except Unauthenticated as error:
        return await _page(request, caller, InvalidInput(str(error)), "old")
    except (InvalidInput, Throttled) as error:
        return await _page(request, caller, error, "new" if isinstance(error, InvalidInput) else "old")
    return onward(request, "/account", "Your password is changed. You are logged out everywhere else.")


@router.post("/account/sessions/end", dependencies=[READ])
async def end_others(request: Request, caller: Known) -> RedirectResponse:
    """Log out everywhere but here."""
    await accounts.end_other_sessions(entrance_of(request), caller)
    return onward(request, "/account", "You are logged out everywhere else.")


@router.post("/account/sessions/{session_id}/end", dependencies=[READ])
async def end_one(request: Request, caller: Known, session_id: Id) -> RedirectResponse:
    """Log out somewhere."""
    await accounts.end_session(entrance_of(request), caller, session_id)
    return onward(request, "/account", "You are logged out there.")


def entrance_of(request: Request) -> Entrance:
    """Who may come in."""
    entrance: Entrance = request.app.state.entrance
    return entrance


async def _page(request: Request, caller: Caller, error: MetarrError | None = None, wrong: str = "") -> HTMLResponse:
    """`wrong`: the field that the error is about."""
    user_id = caller.user_id
    if user_id is None:
        return await ACCOUNT.show(request, "account.html", user=None, sessions=[], wrong="", shortest=SHORTEST)
    store = house_of(request).store
    user, found = await store.read(lambda tx: (stored.get(tx, user_id), accounts.own_sessions(tx, caller)))
    sessions = [(one, device(one.agent), is_this) for one, is_this in found]
    return await ACCOUNT.show(
        request, "account.html", error, user=user, sessions=sessions, wrong=wrong, shortest=SHORTEST
    )
