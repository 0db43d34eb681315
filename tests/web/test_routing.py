"""Routes are understood when they are first asked for, and only those that a request may be for."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.routing import Match

from metarr.web.access import READ
from metarr.web.routing import Route, Router, below


async def _answer(number: int) -> int:
    return number


def _scope(path: str, method: str = "GET") -> dict[str, Any]:
    return {"type": "http", "path": path, "method": method, "headers": []}


@pytest.mark.parametrize(
    ("declared", "asked", "is_looked_at", "match"),
    [
        ("/items/{number}", "/items/1", True, Match.FULL),
        ("/items/{number}", "/items/1/plan", False, Match.NONE),
        ("/items/{number}", "/people/1", False, Match.NONE),
        ("/items/{number}/plan", "/items/1/undo", True, Match.NONE),
        ("/items", "/items", True, Match.FULL),
        ("/files/{name:path}", "/files/a/b", True, Match.FULL),
    ],
)
def test_only_what_a_request_may_be_for_is_looked_at(
    declared: str,
    asked: str,
    is_looked_at: bool,  # noqa: FBT001  a case
    match: Match,
) -> None:
    route = Route("GET", declared, _answer, {"response_model": None})
    assert route.matches(_scope(asked))[0] is match
    assert ("resolved" in vars(route)) is is_looked_at


def test_another_method_is_told_from_another_address() -> None:
    route = Route("GET", "/items/{number}", _answer, {"response_model": None})
    assert route.matches(_scope("/items/1", "POST"))[0] is Match.PARTIAL


def test_what_a_part_says_holds_for_its_routes_and_what_a_route_says_comes_first() -> None:
    router = Router(prefix="/items", tags=["items"], include_in_schema=False)
    router.get("/{number}", dependencies=[READ], tags=["more"], responses={404: {"description": "gone"}})(_answer)
    [route] = below("/api", [router], responses={404: {"description": "?"}, 401: {"description": "who?"}})
    assert (route.path, route.name, route.dependencies) == ("/api/items/{number}", "_answer", [READ])
    resolved = route.resolved
    assert (resolved.path, resolved.tags, resolved.include_in_schema) == (route.path, ["items", "more"], False)
    assert resolved.responses == {404: {"description": "gone"}, 401: {"description": "who?"}}
