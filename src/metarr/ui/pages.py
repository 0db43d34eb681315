"""Every page there is, with the files that they share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
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


def install(app: FastAPI, thumbs: Thumbs) -> None:
    """Add the pages and their files."""
    app.state.thumbs = thumbs
    app.state.problem_page = faults.page
    review.install(app)
    previews.install(app)
    app.router.routes.extend(_pages().routes)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


@cache
def _pages() -> APIRouter:
    """Their routes, which every program of this process shares: resolving them takes most of a start."""
    pages = APIRouter()
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
    ):
        pages.include_router(part.router)
    for area in (item, jobs, settings, system, account):
        area.install(pages)
    return pages
