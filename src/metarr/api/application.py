"""The application: every route, who is admitted, and how errors are answered."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

import metarr
from metarr.api import (
    accounts,
    activity,
    artwork,
    artwork_preview,
    audit,
    backups,
    bulk,
    channels,
    collections,
    editing,
    events,
    files,
    items,
    jobs,
    libraries,
    logs,
    metrics,
    people,
    players,
    probes,
    providers,
    recycling,
    review,
    schedules,
    settings,
    single_sign_on,
    support,
    system,
    verifications,
    views,
    webhooks,
)
from metarr.api.feed import Feed
from metarr.web import BASE, access, problems
from metarr.web.access import READ, declared

if TYPE_CHECKING:
    from metarr.actions.entrance import Entrance
    from metarr.actions.installation import Installation

ROUTERS = tuple(
    part.router
    for part in (
        settings,
        artwork_preview,
        providers,
        players,
        libraries,
        artwork,
        editing,
        review,
        recycling,
        bulk,
        items,
        people,
        collections,
        files,
        views,
        jobs,
        verifications,
        schedules,
        channels,
        webhooks,
        events,
        activity,
        system,
        logs,
        audit,
        support,
        backups,
        accounts,
        single_sign_on,
    )
)


# In the order in which the reference shows them.
_TAGS = {
    "settings": "What a user can set, as one document by sections.",
    "providers": "Where metadata and pictures come from: keys, state, tests.",
    "libraries": "The folders that are looked after, and what each has of its own.",
    "items": "Movies, sets, shows, seasons and episodes: looking, editing, locks, phases by hand.",
    "people": "Actors, directors and writers, and what they have done.",
    "collections": "Sets of movies, and which of their movies are here.",
    "artwork": "Candidates with their scores, choices, uploads.",
    "files": "What lies in the libraries; what was written, and the recycle bin: undoing.",
    "views": "Filtered and sorted lists that people keep.",
    "review": "What waits for a person: doubtful identities and files.",
    "jobs": "The queue: what runs, waits and failed; cancel, retry, and asking for a phase.",
    "schedules": "What is done by the clock.",
    "verifications": "What was compared with what was published, and what differed.",
    "players": "Kodi, Jellyfin and Plex: what they are told of, and what they showed.",
    "channels": "Who is told of events, and of which.",
    "webhooks": "What download managers send, kept and replayable.",
    "path mappings": "Where download managers see our folders under other paths.",
    "events": "What happens, as it happens.",
    "activity": "What happened.",
    "system": "What runs here, and the folders of its machine.",
    "backups": "Copies of everything that the program knows.",
    "health": "Whether all is well, and what waits for what.",
    "accounts": "People, sessions and API keys.",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": problems.Problem, "description": "Who asks is not known"},
    403: {"model": problems.Problem, "description": "Who asks may not do this"},
    "default": {"model": problems.Problem, "description": "Problem details (RFC 9457)"},
}


def create(installation: Installation, entrance: Entrance) -> FastAPI:
    """The application that serves this installation; a `Guard` before it says who is asking."""
    app = _bare()
    app.state.installation = installation
    app.state.entrance = entrance
    app.state.feed = Feed(installation.store)
    problems.install(app)
    return app


def description() -> dict[str, Any]:
    """OpenAPI 3.1 of every route, without an installation."""
    return _described(_bare().openapi())


def rights() -> dict[str, str]:
    """What each operation, by its id, needs of its caller."""
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    return {route.operation_id or _operation_id(route): ", ".join(sorted(declared(route))) for route in routes}


def _operation_id(route: APIRoute) -> str:
    return to_camel(route.name)


def _bare() -> FastAPI:
    app = FastAPI(
        title="Metarr",
        version=metarr.__version__,
        summary="Metadata and artwork of a media library: scanned, enriched, published, kept.",
        openapi_tags=[{"name": name, "description": words} for name, words in _TAGS.items()],
        openapi_url=None,  # a route of its own, which declares what it needs
        docs_url=None,  # it loads its scripts from elsewhere
        redoc_url=None,
    )
    app.router.routes.extend(_routes().routes)
    app.add_api_route(f"{BASE}/openapi.json", _description, include_in_schema=False, dependencies=[READ])
    return app


@cache
def _routes() -> APIRouter:
    """Those of the API, which every program of this process shares: resolving them takes most of a start."""
    api = APIRouter(generate_unique_id_function=_operation_id)
    for router in ROUTERS:
        api.include_router(router, prefix=BASE, responses=_PROBLEMS)
    for part in (metrics, probes):  # where programs of others look for them
        api.include_router(part.router)
    return api


async def _description(request: Request) -> JSONResponse:
    """OpenAPI 3.1."""
    app: FastAPI = request.app
    return JSONResponse(_described(app.openapi()))


def _described(document: dict[str, Any]) -> dict[str, Any]:
    """With the media type that problems really have, and the ways in that each operation takes."""
    return access.described(problems.described(document), rights())
