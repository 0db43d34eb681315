"""Every route declares what it needs, and lets exactly those in who have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import aiohttp
import pytest
import pytest_asyncio
from starlette.routing import Mount

from metarr import ui
from metarr.api import application
from metarr.model.access import RIGHTS, Right, Role
from metarr.web import BASE
from metarr.web.access import OPEN_SCOPE, declared
from metarr.web.routing import Route
from people import people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI

    from metarr.actions.entrance import Entrance
    from metarr.actions.installation import Installation
    from metarr.store.thumbs import Thumbs
    from people import People

pytestmark = pytest.mark.asyncio(loop_scope="module")
KNOWN = {OPEN_SCOPE, *Right}
CALLERS = {role.value: RIGHTS[role] for role in Role} | {
    "webhook key": frozenset({Right.WEBHOOK}),
    "nobody": frozenset(),
}


def _application() -> FastAPI:
    """Only looked at, so it needs nothing to work on."""
    web = application.create(cast("Installation", SimpleNamespace(store=None)), cast("Entrance", None))
    ui.install(web, cast("Thumbs", None))
    return web


@dataclass(frozen=True, slots=True)
class Found:
    """A route, and what it declares."""

    path: str
    methods: frozenset[str]
    needs: frozenset[str]


def _found(web: FastAPI) -> list[Found]:
    """Every route but for the files of the pages, which hold nothing of anybody's."""
    found = []
    for route in web.routes:
        if isinstance(route, Mount) and route.name == "static":
            continue
        assert isinstance(route, Route), f"{route} is no route that declares what it needs"
        found.append(Found(route.path, frozenset(route.resolved.methods or ()), declared(route)))
    return found


ROUTES = _found(_application())


async def test_every_route_declares_what_it_needs() -> None:
    undeclared = {f"{sorted(route.methods)} {route.path}" for route in ROUTES if not route.needs}
    assert undeclared == set()
    assert {scope for route in ROUTES for scope in route.needs} <= KNOWN
    assert len(ROUTES) > 70


async def test_only_what_comes_before_a_login_is_open() -> None:
    """A route that becomes open by mistake is seen here."""
    is_open = {route.path.removeprefix(BASE) for route in ROUTES if OPEN_SCOPE in route.needs}
    through_others = {"/login/local", "/login/link", "/login/oidc", "/login/oidc/callback", "/logged-out"}
    health = {"/ping", "/health/live", "/health/ready"}
    assert is_open <= {"/login", "/logout", "/setup", "/theme"} | through_others | health


async def test_what_changes_something_needs_more_than_reading() -> None:
    """A viewer may read, look things up by what no address can hold, and look after the own login."""
    api = {f"{BASE}/{path}" for path in ("me/password", "me/sessions", "me/sessions/{session_id}", "items/find")}
    own = {"interface", "password", "sessions/end", "sessions/{session_id}/end"}
    changing = {
        route.path for route in ROUTES if not route.methods & {"GET", "HEAD"} and route.needs == {Right.READ.value}
    }
    assert changing <= api | {f"/account/{path}" for path in own}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """One program for the whole module."""
    data = tmp_path_factory.mktemp("people")
    (data / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as found:
        yield found


@pytest.mark.parametrize("who", CALLERS)
async def test_every_route_lets_in_whom_it_says(house: People, who: str) -> None:
    wrong = []
    for route in ROUTES:
        needed = route.needs
        if OPEN_SCOPE in needed:
            continue  # they answer by what is sent, not by who sends it
        is_allowed = {right.value for right in CALLERS[who]} >= needed
        for method in sorted(route.methods):
            status = await _status(house, who, method, _address(route))
            if (status not in {401, 403, 303}) != is_allowed and not (is_allowed and status == 303):
                wrong.append(f"{method} {route.path}: {status}")
    assert wrong == []


async def test_nobody_is_told_how_to_begin_and_what_is_missing(house: People) -> None:
    status, body = await house.ask("nobody", "GET", f"{BASE}/items")
    assert (status, body["type"]) == (401, "urn:metarr:problem:unauthenticated")
    assert "X-Api-Key" in body["detail"]
    status, body = await house.ask("viewer", "POST", f"{BASE}/jobs/retry")
    assert (status, body["type"]) == (403, "urn:metarr:problem:forbidden")
    assert "viewer" in body["detail"]
    assert "operate" in body["detail"]


async def test_the_description_names_every_way_in(house: People) -> None:
    status, document = await house.ask("viewer", "GET", f"{BASE}/openapi.json")
    assert status == 200
    assert set(document["components"]["securitySchemes"]) == {"key", "bearer", "basic", "session", "address"}
    items = document["paths"][f"{BASE}/items"]["get"]
    assert {name for way in items["security"] for name in way} == {"key", "bearer", "basic", "session"}
    assert {"401", "403"} <= items["responses"].keys()
    assert "application/problem+json" in items["responses"]["401"]["content"]
    assert "security" not in document["paths"][f"{BASE}/login"]["post"]


def _address(route: Found) -> str:
    """An address of the route that names nothing there is."""
    return re.sub(r"\{[^}]+\}", "999999", route.path)


async def _status(house: People, who: str, method: str, path: str) -> int:
    """Only the status: some answers have no end."""
    client = house.house.client
    url = f"{house.house.app.url}{path}"
    body: dict[str, str] | None = None if method in {"GET", "HEAD"} else {}
    timeout = aiohttp.ClientTimeout(total=20)
    async with client.request(
        method, url, json=body, headers=house.headers[who], allow_redirects=False, timeout=timeout
    ) as answer:
        return answer.status
