"""Every page of the system, in the order in which their addresses are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.system import about

if TYPE_CHECKING:
    from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Add the pages."""
    for part in (about,):
        app.include_router(part.router)
