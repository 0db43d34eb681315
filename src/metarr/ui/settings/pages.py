"""Every page of the settings, in the order in which their addresses are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.settings import index

if TYPE_CHECKING:
    from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Add the pages."""
    for part in (index,):
        app.include_router(part.router)
