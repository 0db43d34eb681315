"""The log, newest first: by level, words and job."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime

from metarr.actions import logs
from metarr.actions.logs import Wanted
from metarr.api.deps import Number
from metarr.model.logged import LEVELS
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(include_in_schema=False)
_SHOWN = 100
_USUAL = "info"


@router.get("/system/logs", dependencies=[ADMIN])
async def page(
    request: Request,
    level: Annotated[str, Query(max_length=20)] = _USUAL,
    text: Annotated[str, Query(max_length=200)] = "",
    job: Number = None,
    before: AwareDatetime | None = None,
) -> HTMLResponse:
    """The page; a level that there is not is the usual one."""
    house = house_of(request)
    wanted = Wanted(level if level in LEVELS else _USUAL, text, job, before)
    found = await logs.page(house, wanted, _SHOWN + 1)
    return await SYSTEM.show(
        request,
        "system_logs.html",
        lines=found[:_SHOWN],
        older=found[_SHOWN - 1].at.isoformat() if len(found) > _SHOWN else "",
        wanted=wanted,
        levels=LEVELS,
        folder=logs.folder(house),
    )
