"""Every page of the jobs, in the order in which their addresses are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.jobs import acts, dead_letter, one, overview

if TYPE_CHECKING:
    from fastapi import APIRouter


def install(pages: APIRouter) -> None:
    """Add the pages, those with words in their addresses before the one with a number."""
    for part in (overview, dead_letter, acts, one):
        pages.include_router(part.router)
