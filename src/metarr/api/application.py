"""The application: every route, who is admitted, and how errors are answered."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
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
from metarr.web.routing import Route, Router, below

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

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
    app.router.routes.extend(_routes())
    app.state.installation = installation
    app.state.entrance = entrance
    app.state.feed = Feed(installation.store)
    problems.install(app)
    return app


@cache
def description() -> dict[str, Any]:
    """OpenAPI 3.1 of every route: for reading only. With the media type that problems really have, and the ways in."""
    whole = _bare()
    whole.router.routes.extend(route.resolved for route in _routes())
    return access.described(problems.described(whole.openapi()), rights())


def rights() -> dict[str, str]:
    """What each operation, by its id, needs of its caller."""
    routes = (route for router in ROUTERS for route in router.routes)
    return {
        route.options.get("operation_id") or to_camel(route.name): ", ".join(sorted(declared(route)))
        for route in routes
    }


def _operation_id(route: APIRoute) -> str:
    return to_camel(route.name)


def _bare() -> FastAPI:
    return FastAPI(
        title="Metarr",
        version=metarr.__version__,
        summary="Metadata and artwork of a media library: scanned, enriched, published, kept.",
        openapi_tags=[{"name": name, "description": words} for name, words in _TAGS.items()],
        openapi_url=None,  # a route of its own, which declares what it needs
        docs_url=None,  # it loads its scripts from elsewhere
        redoc_url=None,
    )


@cache
def _routes() -> list[Route]:
    """Those of the API, which every program of this process shares."""
    own = Router(include_in_schema=False)
    own.add("GET", "/openapi.json", _description, dependencies=[READ])
    api = below(BASE, (*ROUTERS, own), responses=_PROBLEMS, generate_unique_id_function=_operation_id)
    return [*api, *metrics.router.routes, *probes.router.routes]  # those are where programs of others look for them


async def _description() -> JSONResponse:
    """OpenAPI 3.1."""
    return JSONResponse(description())
