"""All settings at a glance."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(include_in_schema=False)


@router.get("/settings", dependencies=[ADMIN])
async def overview(request: Request) -> HTMLResponse:
    """Every page of the settings, with what it is for."""
    return await SETTINGS.show(request, "settings.html")
