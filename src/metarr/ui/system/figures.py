"""The installation in numbers: queue, pace, items, room on the disk."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from metarr.actions import figures
from metarr.model.job import JobKind
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(include_in_schema=False)
_STATES = ("pending", "waiting", "running", "completed", "failed")


@router.get("/system/figures", dependencies=[READ])
async def page(request: Request) -> HTMLResponse:
    """The page."""
    found = await figures.report(house_of(request))
    return await SYSTEM.show(
        request,
        "system_figures.html",
        found=found,
        kinds=tuple(JobKind),
        states=_STATES,
        total=sum(one.size for one in found.space),
    )
