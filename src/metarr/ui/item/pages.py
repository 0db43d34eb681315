"""Every page of an item, in the order in which their addresses are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.item import artwork, buttons, editing, files, history, identity, overview, plan, previews

if TYPE_CHECKING:
    from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Add the pages. The buttons come last: their address, a phase's name, would fit others too."""
    previews.install(app)
    for part in (overview, editing, artwork, previews, files, plan, history, identity, buttons):
        app.include_router(part.router)
