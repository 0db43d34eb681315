"""The pages before all others: creating the administrator, logging in, logging out. They work without scripts."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from metarr.actions.entrance import Entrance, Shown
from metarr.errors import InvalidInput, MetarrError, Throttled
from metarr.model.access import Right
from metarr.ui.rendering import render
from metarr.ui.tastes import taste_of
from metarr.web import asking, cookies
from metarr.web.access import OPEN, Asking, caller_of

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=2000)]
Address = Annotated[str, Query(alias="next", max_length=2000)]


@router.get("/login", dependencies=[OPEN])
async def login_page(request: Request, caller: Asking, goal: Address = "/") -> Response:
    """The form; who is known already goes on, and the first visitor of all to the setup."""
    if caller is not None:
        return _to(goal)
    if not await _entrance(request).has_accounts():
        return _to("/setup")
    return render("login.html", goal=goal, name="", fault="")


@router.post("/login", dependencies=[OPEN])
async def log_in(request: Request, name: Text = "", password: Text = "", goal: Address = "/") -> Response:
    """The form's button."""
    try:
        token, _ = await _entrance(request).log_in(_shown(request, name, password))
    except (InvalidInput, Throttled) as error:
        return render("login.html", _status(error), goal=goal, name=name, fault=str(error))
    return _welcome(request, token, goal)


@router.get("/setup", dependencies=[OPEN])
async def setup_page(request: Request, caller: Asking) -> Response:
    """The first page of all, while nobody has an account."""
    if await _entrance(request).has_accounts():
        return _to("/" if caller is not None else "/login")
    return render("setup.html", needs_code=not _is_allowed(request), name="", fault="")


@router.post("/setup", dependencies=[OPEN])
async def set_up(request: Request, name: Text = "", password: Text = "", again: Text = "", code: Text = "") -> Response:
    """The form's button."""
    is_allowed = _is_allowed(request)
    try:
        if password != again:
            raise InvalidInput("The two passwords differ.")
        token, _ = await _entrance(request).set_up(_shown(request, name, password), code, is_allowed=is_allowed)
    except (InvalidInput, Throttled) as error:
        return render("setup.html", _status(error), needs_code=not is_allowed, name=name, fault=str(error))
    return _welcome(request, token, "/")


@router.post("/logout", dependencies=[OPEN])
async def log_out(request: Request, caller: Asking) -> RedirectResponse:
    """The button on every page."""
    await _entrance(request).log_out(caller)
    answer = _to("/login")
    cookies.take(answer)
    return answer


def _entrance(request: Request) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


def _shown(request: Request, name: str, password: str) -> Shown:
    return replace(asking.shown(request), name=name, password=password)


def _is_allowed(request: Request) -> bool:
    """Whether the first account may be created from here without the code."""
    caller = caller_of(request)
    return asking.is_near(request) or (caller is not None and caller.may(Right.ADMIN))


def _welcome(request: Request, token: str, goal: str) -> RedirectResponse:
    """In, to the page that was asked for, or to the one that this visitor wants to see first."""
    answer = _to(goal if goal != "/" else taste_of(request.cookies).home)
    cookies.give(answer, request, token)
    return answer


def _to(goal: str) -> RedirectResponse:
    """A page of ours; whatever else the address of the login page named, the overview."""
    is_ours = goal.startswith("/") and not goal.startswith(("//", "/\\")) and goal.isprintable()
    is_ours = is_ours and not urlsplit(goal).netloc and "\\" not in goal
    return RedirectResponse(goal if is_ours else "/", HTTPStatus.SEE_OTHER)


def _status(error: MetarrError) -> HTTPStatus:
    return HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, Throttled) else HTTPStatus.UNPROCESSABLE_ENTITY
