"""The pages before all others: creating the administrator, logging in, logging out. They work without scripts."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from metarr.actions.entrance import Shown
from metarr.errors import InvalidInput, MetarrError, Throttled
from metarr.model.access import Right
from metarr.store import settings
from metarr.ui import vouched
from metarr.ui.account.own import entrance_of
from metarr.ui.doorway import Address, Text, to, welcome
from metarr.ui.framing import house_of
from metarr.ui.rendering import render
from metarr.web import asking, cookies
from metarr.web.access import OPEN, Asking, caller_of
from metarr.web.routing import Router

router = Router(include_in_schema=False)


@router.get("/login", dependencies=[OPEN])
async def login_page(request: Request, caller: Asking, goal: Address = "/") -> Response:
    """The form; who is known already goes on, and the first visitor of all to the setup."""
    if caller is not None:
        return to(goal)
    if not await entrance_of(request).has_accounts():
        return to("/setup")
    if asking.shown(request).proxied is not None:
        return await vouched.by_proxy(request, goal)
    return await _form(request, goal)


@router.get("/login/local", dependencies=[OPEN])
async def local_login_page(request: Request, caller: Asking, goal: Address = "/") -> Response:
    """The form for passwords, whatever else there is and however it is hidden: the way in when a provider is down."""
    return to(goal) if caller is not None else await _form(request, goal, is_local=True)


@router.post("/login", dependencies=[OPEN])
async def log_in(request: Request, name: Text = "", password: Text = "", goal: Address = "/") -> Response:
    """The form's button."""
    try:
        token, _ = await entrance_of(request).log_in(_shown(request, name, password))
    except (InvalidInput, Throttled) as error:
        return await _form(request, goal, error, name, is_local=True)
    return welcome(request, token, goal)


async def _form(
    request: Request, goal: str, error: MetarrError | None = None, name: str = "", *, is_local: bool = False
) -> Response:
    """`is_local`: passwords are asked for, even where the owner keeps their form out of sight."""
    wanted = await house_of(request).store.read(lambda tx: settings.load(tx).single_sign_on)
    status, fault = (HTTPStatus.OK, "") if error is None else (_status(error), str(error))
    button = wanted.button if wanted.is_offered else ""
    has_form = is_local or not (wanted.is_offered and wanted.hide_password_form)
    return render("login.html", status, goal=goal, name=name, fault=fault, button=button, has_form=has_form)


@router.get("/setup", dependencies=[OPEN])
async def setup_page(request: Request, caller: Asking) -> Response:
    """The first page of all, while nobody has an account."""
    if await entrance_of(request).has_accounts():
        return to("/" if caller is not None else "/login")
    return render("setup.html", needs_code=not _is_allowed(request), name="", fault="")


@router.post("/setup", dependencies=[OPEN])
async def set_up(request: Request, name: Text = "", password: Text = "", again: Text = "", code: Text = "") -> Response:
    """The form's button."""
    is_allowed = _is_allowed(request)
    try:
        if password != again:
            raise InvalidInput("The two passwords differ.")
        token, _ = await entrance_of(request).set_up(_shown(request, name, password), code, is_allowed=is_allowed)
    except (InvalidInput, Throttled) as error:
        return render("setup.html", _status(error), needs_code=not is_allowed, name=name, fault=str(error))
    return welcome(request, token, "/")


@router.post("/logout", dependencies=[OPEN])
async def log_out(request: Request, caller: Asking) -> RedirectResponse:
    """The button on every page. Who was vouched for would be in again at once, so they are told that they are out."""
    is_vouched = await vouched.is_vouched(request, caller)
    await entrance_of(request).log_out(caller)
    answer = to("/logged-out" if is_vouched else "/login")
    cookies.take(answer)
    return answer


def _shown(request: Request, name: str, password: str) -> Shown:
    return replace(asking.shown(request), name=name, password=password)


def _is_allowed(request: Request) -> bool:
    """Whether the first account may be created from here without the code."""
    caller = caller_of(request)
    return asking.is_near(request) or (caller is not None and caller.may(Right.ADMIN))


def _status(error: MetarrError) -> HTTPStatus:
    return HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, Throttled) else HTTPStatus.UNPROCESSABLE_ENTITY
