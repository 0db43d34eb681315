"""What each route needs of its caller. Every route declares it by one of these; a test fails on one that does not.

`Guard` finds out who is asking and leaves it in the request's state; here it is compared with what the route needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Security
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from metarr.errors import Unauthenticated
from metarr.model.access import Caller, Right
from metarr.web.asking import COOKIE

if TYPE_CHECKING:
    from metarr.web.routing import Route

OPEN_SCOPE: Final = "open"  # declared by routes that anybody may call


# Ways in, as OpenAPI describes them; the guard looks at what was sent.
_WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "An API key."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Name and password of an account; or any name, and an API key as password.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "What a browser gets when somebody logs in.",
    },
    "address": {
        "type": "apiKey",
        "in": "query",
        "name": "apikey",
        "description": "An API key, of senders that can do no better.",
    },
}
_OF_PEOPLE = ("key", "bearer", "basic", "session")
_OF_WEBHOOKS = ("key", "bearer", "basic", "address")


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
            action = f"{request.scope['method']} {request.scope['route'].path}"
            raise await request.app.state.entrance.forbid(caller, action, right)


async def _how_to_begin(request: HTTPConnection) -> str:
    if await request.app.state.entrance.has_accounts():
        return "Log in, or send an API key in the header X-Api-Key."
    return "Nobody has an account yet: create the administrator at /setup, or with: metarr user add NAME"


OPEN = Security(_anybody, scopes=[OPEN_SCOPE])
READ = Security(_admitted, scopes=[Right.READ])
OPERATE = Security(_admitted, scopes=[Right.OPERATE])
ADMIN = Security(_admitted, scopes=[Right.ADMIN])
WEBHOOK = Security(_admitted, scopes=[Right.WEBHOOK])
Asking = Annotated[Caller | None, Depends(caller_of)]


def _known(request: HTTPConnection) -> Caller:
    caller = caller_of(request)
    if caller is None:
        raise Unauthenticated("Log in first.")
    return caller


Known = Annotated[Caller, Depends(_known)]  # on routes that declare a right


def declared(route: Route) -> frozenset[str]:
    """What a route says that it needs; empty: it says nothing, which is a mistake."""
    found: set[str] = set()
    for dependency in route.dependencies:
        found.update(getattr(dependency, "scopes", None) or ())
    return frozenset(found)


def described(document: dict[str, Any], rights: Mapping[str, str]) -> dict[str, Any]:
    """An OpenAPI document that says of each operation which ways in it takes. `rights`: needed, by operation id.

    FastAPI would find the same by asking every route on every request for five dependencies that do nothing.
    """
    document["components"]["securitySchemes"] = {name: dict(way) for name, way in _WAYS.items()}
    for methods in document["paths"].values():
        for operation in methods.values():
            right = rights.get(operation["operationId"], OPEN_SCOPE)
            if right != OPEN_SCOPE:
                ways = _OF_WEBHOOKS if right == Right.WEBHOOK else _OF_PEOPLE
                operation["security"] = [{way: [right]} for way in ways]
    return document
