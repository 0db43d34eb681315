"""What each route needs of its caller. Every route declares it by one of these; a test fails on one that does not.

`Guard` finds out who is asking and leaves it in the request's state; here it is compared with what the route needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Security
from fastapi.openapi.models import APIKey, HTTPBase
from fastapi.openapi.models import SecurityBase as Model
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from metarr.errors import Forbidden, Unauthenticated
from metarr.model.access import Caller, Right
from metarr.web.asking import COOKIE

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

OPEN_SCOPE: Final = "open"  # declared by routes that anybody may call


class _Way(SecurityBase):
    """A way in, as the API's description names it; the guard has looked at it already."""

    def __init__(self, name: str, model: Model) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        """Nothing is left to do."""


def _sent(place: str, name: str, description: str) -> APIKey:
    return APIKey.model_validate({"in": place, "name": name, "description": description})


_KEY = _Way("key", _sent("header", "X-Api-Key", "An API key."))
_BEARER = _Way("bearer", HTTPBase(scheme="bearer", description="An API key."))
_BASIC = _Way(
    "basic",
    HTTPBase(scheme="basic", description="Name and password of an account; or any name, and an API key as password."),
)
_SESSION = _Way(
    "session",
    _sent("cookie", COOKIE, "What a browser gets when somebody logs in."),
)
_ADDRESS = _Way(
    "address",
    _sent("query", "apikey", "An API key, of senders that can do no better."),
)


def caller_of(request: HTTPConnection) -> Caller | None:
    """Who is asking; None: nobody whom we know."""
    caller: Caller | None = request.state.caller
    return caller


async def _anybody() -> None:
    """No questions are asked."""


async def _admitted(request: HTTPConnection, needed: SecurityScopes) -> None:
    """Raises Unauthenticated or Forbidden."""
    caller = caller_of(request)
    if caller is None:
        raise Unauthenticated(await _how_to_begin(request))
    for right in map(Right, needed.scopes):
        if not caller.may(right):
            raise Forbidden(f"{caller.name} may not do this: it needs the right to {right}.")


async def _from_here(
    request: HTTPConnection,
    needed: SecurityScopes,
    _key: Annotated[None, Security(_KEY)],
    _bearer: Annotated[None, Security(_BEARER)],
    _basic: Annotated[None, Security(_BASIC)],
    _session: Annotated[None, Security(_SESSION)],
) -> None:
    await _admitted(request, needed)


async def _from_programs(
    request: HTTPConnection,
    needed: SecurityScopes,
    _key: Annotated[None, Security(_KEY)],
    _bearer: Annotated[None, Security(_BEARER)],
    _basic: Annotated[None, Security(_BASIC)],
    _address: Annotated[None, Security(_ADDRESS)],
) -> None:
    await _admitted(request, needed)


async def _how_to_begin(request: HTTPConnection) -> str:
    if await request.app.state.entrance.has_accounts():
        return "Log in, or send an API key in the header X-Api-Key."
    return "Nobody has an account yet: create the administrator at /setup, or with: metarr user add NAME"


OPEN = Security(_anybody, scopes=[OPEN_SCOPE])
READ = Security(_from_here, scopes=[Right.READ])
OPERATE = Security(_from_here, scopes=[Right.OPERATE])
ADMIN = Security(_from_here, scopes=[Right.ADMIN])
WEBHOOK = Security(_from_programs, scopes=[Right.WEBHOOK])
Asking = Annotated[Caller | None, Depends(caller_of)]


def _known(request: HTTPConnection) -> Caller:
    caller = caller_of(request)
    if caller is None:
        raise Unauthenticated("Log in first.")
    return caller


Known = Annotated[Caller, Depends(_known)]  # on routes that declare a right


def declared(route: APIRoute) -> frozenset[str]:
    """What a route says that it needs; empty: it says nothing, which is a mistake."""
    found: set[str] = set()
    for dependency in route.dependencies:
        found.update(getattr(dependency, "scopes", None) or ())
    return frozenset(found)
