"""What each route needs of its caller. Every route declares it by one of these; a test fails on one that does not.

`Guard` finds out who is asking and leaves it in the request's state; here it is compared with what the route needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Security
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from metarr.errors import Forbidden, Unauthenticated
from metarr.model.access import Caller, Right

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

OPEN_SCOPE: Final = "open"  # declared by routes that anybody may call


def caller_of(request: HTTPConnection) -> Caller | None:
    """Who is asking; None: nobody whom we know."""
    caller: Caller | None = request.state.caller
    return caller


def _admitted(request: HTTPConnection, needed: SecurityScopes) -> Caller | None:
    """Raises Unauthenticated or Forbidden."""
    caller = caller_of(request)
    rights = [Right(scope) for scope in needed.scopes if scope != OPEN_SCOPE]
    if not rights:
        return caller
    if caller is None:
        raise Unauthenticated("Log in, or send an API key in the header X-Api-Key.")
    missing = [right for right in rights if not caller.may(right)]
    if missing:
        raise Forbidden(f"{caller.name} may not do this: it needs the right to {missing[0]}.")
    return caller


OPEN = Security(_admitted, scopes=[OPEN_SCOPE])
READ = Security(_admitted, scopes=[Right.READ])
OPERATE = Security(_admitted, scopes=[Right.OPERATE])
ADMIN = Security(_admitted, scopes=[Right.ADMIN])
WEBHOOK = Security(_admitted, scopes=[Right.WEBHOOK])
Asking = Annotated[Caller | None, Depends(caller_of)]


def declared(route: APIRoute) -> frozenset[str]:
    """What a route says that it needs; empty: it says nothing, which is a mistake."""
    found: set[str] = set()
    for dependency in route.dependencies:
        found.update(getattr(dependency, "scopes", None) or ())
    return frozenset(found)
