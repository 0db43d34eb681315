"""What the program is made of, and where metadata and artwork come from."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

import metarr
from metarr.actions import providers
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(include_in_schema=False)


@router.get("/about", dependencies=[READ])
async def about(request: Request) -> HTMLResponse:
    """Version, licence, and the words that the providers' terms ask for."""
    house = house_of(request)
    found = await house.store.read(lambda tx: providers.listed(tx, house))
    return await SYSTEM.show(request, "about.html", version=metarr.__version__, providers=found)
