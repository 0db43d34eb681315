"""The support bundle: what is in it, and fetching it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse

from metarr.api.support import zipped
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(include_in_schema=False)


@router.get("/system/support", dependencies=[ADMIN])
async def page(request: Request) -> HTMLResponse:
    """The page."""
    return await SYSTEM.show(request, "system_support.html")


@router.post("/system/support", dependencies=[ADMIN])
async def fetch(request: Request, nameless: Annotated[str, Form(max_length=3)] = "") -> Response:
    """The zip."""
    return await zipped(request, house_of(request), has_names=not nameless)
