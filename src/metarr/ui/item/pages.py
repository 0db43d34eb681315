"""Every page of an item, in the order in which their addresses are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.item import artwork, buttons, collection, editing, files, history, identity, overview, plan, previews

if TYPE_CHECKING:
    from fastapi import APIRouter


def install(pages: APIRouter) -> None:
    """Add the pages. The buttons come last: their address, a phase's name, would fit others too."""
    for part in (overview, collection, editing, artwork, previews, files, plan, history, identity, buttons):
        pages.include_router(part.router)
