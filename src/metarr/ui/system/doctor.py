"""The doctor's visit: everything that can be wrong, looked for at once, with what to do about it."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from metarr.actions import doctor
from metarr.actions.doctor import Finding
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(include_in_schema=False)


@router.get("/system/doctor", dependencies=[ADMIN])
async def page(request: Request) -> HTMLResponse:
    """The way to a visit."""
    return await _shown(request, None)


@router.post("/system/doctor", dependencies=[ADMIN])
async def examine(request: Request) -> HTMLResponse:
    """The visit. Providers and players are asked, so it may take a while."""
    return await _shown(request, await doctor.visit(house_of(request)))


async def _shown(request: Request, found: list[Finding] | None) -> HTMLResponse:
    return await SYSTEM.show(request, "system_doctor.html", found=found, names=tuple(doctor.CHECKS))
