"""`/support-bundle`: what somebody who helps needs to know, without a secret."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request, Response

from metarr.actions.support import bundle
from metarr.api.deps import House
from metarr.api.metrics import measured
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.installation import Installation

router = Router(prefix="/support-bundle", tags=["system"])
_FILE = {"Content-Disposition": 'attachment; filename="metarr-support.zip"'}


@router.get(
    "",
    response_class=Response,
    responses={HTTPStatus.OK.value: {"content": {"application/zip": {}}, "description": "The bundle"}},
    dependencies=[ADMIN],
)
async def get_support_bundle(
    request: Request,
    house: House,
    *,
    names: Annotated[
        bool, Query(description="False: libraries, paths and titles become words like name-0a1b2c3d4e.")
    ] = True,
) -> Response:
    """One zip: versions, settings, what the doctor finds, figures, failed jobs, the end of the log. No secret is in it.

    Providers and players are asked, so it may take up to a minute.
    """
    return await zipped(request, house, has_names=names)


async def zipped(request: Request, house: Installation, *, has_names: bool) -> Response:
    """The bundle as browsers and programs keep it."""
    metrics = (await measured(request, house)).decode()
    doors = request.app.state.entrance.doors
    content = await bundle.make(house, doors, metrics, has_names=has_names)
    return Response(content, media_type="application/zip", headers=_FILE)
