"""Every page there is, with the files that they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.staticfiles import StaticFiles

from metarr.ui import (
    account,
    activity,
    bulk,
    dashboard,
    entering,
    faults,
    item,
    jobs,
    lists,
    live,
    looks,
    needs,
    people,
    recycling,
    review,
    search,
    settings,
    system,
    verification,
    vouched,
    welcome,
    welcome_forms,
)
from metarr.ui.item import previews

if TYPE_CHECKING:
    from fastapi import FastAPI

    from metarr.store.thumbs import Thumbs

_HERE = Path(__file__).parent


# In the order in which their addresses are tried.
ROUTERS = (
    *(
        part.router
        for part in (
            entering,
            vouched,
            looks,
            live,
            dashboard,
            welcome,
            welcome_forms,
            review,
            lists,
            people,
            needs,
            search,
            bulk,
            verification,
            activity,
            recycling,
        )
    ),
    *(router for area in (item, jobs, settings, system, account) for router in area.ROUTERS),
)


def install(app: FastAPI, thumbs: Thumbs) -> None:
    """Add the pages and their files."""
    app.state.thumbs = thumbs
    app.state.problem_page = faults.page
    review.install(app)
    previews.install(app)
    app.router.routes.extend(route for router in ROUTERS for route in router.routes)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
