"""The pages of single sign-on: to the provider and back, who is not known yet, what went wrong. No scripts needed."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from metarr.actions.sign_on import admitting, connecting, going
from metarr.actions.sign_on.admitting import Stranger
from metarr.errors import BadCredentials, InvalidInput, MetarrError, NotFound, Unauthenticated
from metarr.store import accounts
from metarr.ui.account.own import entrance_of
from metarr.ui.doorway import Address, Text, welcome
from metarr.ui.framing import house_of
from metarr.ui.rendering import render
from metarr.web import asking, cookies
from metarr.web.access import OPEN
from metarr.web.problems import problem_of
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.sign_on.vouching import Person
    from metarr.model.access import Caller
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_LONGEST = 4000  # characters of what a provider sends back in the address


@router.get("/login/oidc", dependencies=[OPEN])
async def depart(request: Request, goal: Address = "/") -> Response:
    """The button of the login page: to the provider."""
    try:
        departure = await going.depart(house_of(request), connecting.redirect_of(str(request.base_url)), goal)
    except MetarrError as error:
        return _fault(error, goal)
    answer = RedirectResponse(departure.address, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
    cookies.give_ticket(answer, request, departure.ticket)
    return answer


@router.get("/login/oidc/callback", dependencies=[OPEN])
async def arrive(request: Request) -> Response:
    """The provider sends people here."""
    said = {name: value for name, value in request.query_params.items() if len(value) <= _LONGEST}
    try:
        arrival = await going.arrive(house_of(request), request.cookies.get(cookies.TICKET, ""), said)
    except MetarrError as error:
        if isinstance(error, InvalidInput | BadCredentials):  # all others say that the provider is not there
            await admitting.refused(entrance_of(request), asking.shown(request), error)
        answer = _fault(error, "/")
    else:
        answer = await _admitted(request, arrival.person, arrival.goal)
    cookies.take_ticket(answer)
    return answer


@router.post("/login/link", dependencies=[OPEN])
async def link(
    request: Request, name: Text = "", password: Text = "", ticket: Text = "", called: Text = "", goal: Address = "/"
) -> Response:
    """Which user somebody is who was vouched for: they show it once, by name and password."""
    shown = replace(asking.shown(request), name=name, password=password)
    try:
        admitted = await admitting.link(house_of(request), entrance_of(request), shown, ticket)
    except Unauthenticated as error:
        return _stranger(Stranger(called, ticket), goal, error, name)
    except MetarrError as error:
        return _fault(error, goal)
    return welcome(request, admitted.token, goal)


@router.get("/logged-out", dependencies=[OPEN])
async def logged_out(request: Request) -> Response:
    """Out here, and maybe not elsewhere."""
    house = house_of(request)
    try:
        address = await going.departure_for_good(house, f"{str(request.base_url).rstrip('/')}/login")
    except MetarrError:  # it is off, or does not answer: then there is nothing to offer
        address = None
    return render("logged_out.html", address=address)


async def by_proxy(request: Request, goal: str) -> Response:
    """In, as whom a trusted proxy names."""
    proxied = asking.shown(request).proxied
    if proxied is None:
        raise NotFound("No proxy says who is there.")
    return await _admitted(request, admitting.proxied(proxied), goal)


async def is_vouched(request: Request, caller: Caller | None) -> bool:
    """Whether the session that asks was begun by somebody else's word."""
    if caller is None or caller.session_id is None or caller.user_id is None:
        return False
    session_id, user_id = caller.session_id, caller.user_id

    def body(tx: Tx) -> bool:
        mine = next((one for one in accounts.sessions_of(tx, user_id) if one.id == session_id), None)
        return mine is not None and mine.identity_id is not None

    return await house_of(request).store.read(body)


async def _admitted(request: Request, person: Person, goal: str) -> Response:
    try:
        found = await admitting.admit(house_of(request), entrance_of(request), asking.shown(request), person)
    except MetarrError as error:
        return _fault(error, goal)
    return _stranger(found, goal) if isinstance(found, Stranger) else welcome(request, found.token, goal)


def _stranger(found: Stranger, goal: str, error: MetarrError | None = None, name: str | None = None) -> Response:
    status, fault = (HTTPStatus.OK, "") if error is None else (problem_of(error).status_code, str(error))
    typed = found.name if name is None else name
    return render("login_link.html", status, called=found.name, ticket=found.ticket, goal=goal, name=typed, fault=fault)


def _fault(error: MetarrError, goal: str) -> Response:
    """What went wrong, and what to do: the way back to the beginning, and the way past the provider."""
    return render("login_fault.html", problem_of(error).status_code, fault=str(error), goal=goal)
