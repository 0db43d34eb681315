"""Every page of the system, in the order in which their addresses are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.ui.system import about, audit, doctor, figures, health, logs, support

if TYPE_CHECKING:
    from fastapi import APIRouter


def install(pages: APIRouter) -> None:
    """Add the pages."""
    for part in (health, doctor, logs, audit, support, figures, about):
        pages.include_router(part.router)
