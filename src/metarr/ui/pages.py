"""Every page there is, with the files that they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.staticfiles import StaticFiles

from metarr.ui import (
    bulk,
    dashboard,
    entering,
    faults,
    item,
    jobs,
    lists,
    looks,
    people,
    review,
    settings,
    system,
    welcome,
    welcome_forms,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

    from metarr.store.thumbs import Thumbs

_HERE = Path(__file__).parent


def install(app: FastAPI, thumbs: Thumbs) -> None:
    """Add the pages and their files."""
    app.state.thumbs = thumbs
    app.state.problem_page = faults.page
    review.install(app)
    for part in (
        entering,
        looks,
        dashboard,
        welcome,
        welcome_forms,
        review,
        jobs,
        lists,
        people,
        bulk,
    ):
        app.include_router(part.router)
    for area in (item, settings, system):
        area.install(app)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
