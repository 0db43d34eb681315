"""The application: every route, who is admitted, and how errors are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

import metarr
from metarr.api import (
    artwork,
    editing,
    events,
    items,
    jobs,
    libraries,
    providers,
    recycling,
    review,
    schedules,
    settings,
    verifications,
    webhooks,
)
from metarr.web import BASE, problems
from metarr.web.guard import Guard

if TYPE_CHECKING:
    from metarr.actions.installation import Installation
    from metarr.web.guard import Access

ROUTERS = tuple(
    part.router
    for part in (
        settings,
        providers,
        libraries,
        artwork,
        editing,
        review,
        recycling,
        items,
        jobs,
        verifications,
        schedules,
        webhooks,
        events,
    )
)


def create(installation: Installation, access: Access) -> FastAPI:
    """The application that serves this installation to whom `access` admits."""
    app = FastAPI(
        title="Metarr",
        version=metarr.__version__,
        openapi_url=f"{BASE}/openapi.json",
        docs_url=None,  # it loads its scripts from elsewhere
        redoc_url=None,
    )
    app.state.installation = installation
    app.add_middleware(Guard, access=access)
    problems.install(app)
    api = APIRouter(
        prefix=BASE, responses={"default": {"model": problems.Problem, "description": "Problem details (RFC 9457)"}}
    )
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    return app
