"""Backups: which there are, one more, fetching and removing them, and how one is restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import FileResponse, HTMLResponse

from metarr.actions import backups
from metarr.api.backups import Name, file_of
from metarr.errors import NotFound
from metarr.ui.framing import back, house_of
from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from fastapi.responses import RedirectResponse

router = Router(include_in_schema=False)
_HERE = "/settings/backups"


@router.get("/settings/backups", dependencies=[ADMIN])
async def page(request: Request) -> HTMLResponse:
    """The list."""
    house = house_of(request)
    found, folder = await backups.listed(house), await backups.folder(house)
    return await SETTINGS.show(request, "settings_backups.html", backups=found, folder=folder)


@router.post("/settings/backups", dependencies=[ADMIN])
async def make(request: Request) -> RedirectResponse:
    """One more, as a job."""
    started = await backups.make(house_of(request))
    return back(request, "The backup is being made.", _HERE, work=started.scope)


@router.get("/settings/backups/{name}", dependencies=[ADMIN])
async def fetch(request: Request, name: Name) -> FileResponse:
    """The file."""
    return file_of(await backups.fetch(house_of(request), name))


@router.post("/settings/backups/{name}/remove", dependencies=[ADMIN])
async def remove(request: Request, name: Name) -> RedirectResponse:
    """One less."""
    try:
        await backups.remove(house_of(request), name)
    except NotFound as error:
        return back(request, str(error), _HERE, is_fault=True)
    return back(request, f"{name} is removed.", _HERE)
