"""Whether all is well: what is wrong and what to do about it, what waits, who works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse

from metarr.actions import health, system
from metarr.jobs import summary
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.health import Health
    from metarr.jobs.summary import Summary
    from metarr.store.db import Tx

router = Router(include_in_schema=False)


@router.get("/system", dependencies=[READ])
async def page(request: Request) -> HTMLResponse:
    """The page."""
    house = house_of(request)

    def look(tx: Tx) -> tuple[Health, Summary]:
        return health.report(tx, house), summary.summary(tx, summary.Scope(), limit=0)

    found, work = await house.store.read(look)
    return await SYSTEM.show(request, "system_health.html", health=found, work=work, report=await system.report(house))
