"""Every page about oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.account import interface, own

if TYPE_CHECKING:
    from fastapi import APIRouter


def install(pages: APIRouter) -> None:
    """Add the pages."""
    for part in (own, interface):
        pages.include_router(part.router)
