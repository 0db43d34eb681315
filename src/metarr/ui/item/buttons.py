"""The buttons of an item: each phase by hand, releasing what an undo holds, and whether it is kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request, Response

from metarr.actions import items, phases, targets, undoing
from metarr.api.deps import Id
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind
from metarr.ui.item.framed import answer, changed
from metarr.ui.item.overview import overview_page
from metarr.web.access import OPERATE
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.actions.phases import Submitted
    from metarr.errors import MetarrError
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_BEGUN = {
    JobKind.SCAN: "Its folder is being scanned.",
    JobKind.ENRICH: "Its providers are being asked.",
    JobKind.PUBLISH: "It is being published.",
    JobKind.SYNC: "Its players are being told.",
    JobKind.VERIFY: "Its files are being verified.",
}


@router.post("/items/{item_id}/release", dependencies=[OPERATE])
async def release(request: Request, item_id: Id) -> Response:
    """Publish it again after an undo."""
    return await _do(request, item_id, "Publishing goes on.", lambda tx: undoing.release(tx, item_id))


@router.post("/items/{item_id}/monitored", dependencies=[OPERATE])
async def monitor(request: Request, item_id: Id, monitored: Annotated[bool, Form()]) -> Response:
    """Whether its metadata is asked for again as time goes by."""
    said = "It is kept up to date." if monitored else "It is left as it is."
    return await _do(request, item_id, said, lambda tx: items.set_monitored(tx, item_id, is_monitored=monitored))


@router.post("/items/{item_id}/{kind}", dependencies=[OPERATE])
async def run_phase(request: Request, item_id: Id, kind: JobKind) -> Response:
    """Scan its folder, or enrich, publish, sync or verify it."""
    said = _BEGUN.get(kind, "")
    return await _do(
        request, item_id, said, lambda tx: phases.submit(tx, Order(kind), targets.resolve(tx, str(item_id)))
    )


async def _do(request: Request, item_id: int, said: str, change: Callable[[Tx], Submitted]) -> Response:
    async def again(fault: MetarrError) -> Response:
        return await overview_page(request, item_id, fault)

    return await answer(request, changed(request, item_id, "", change), said, f"/items/{item_id}", again)
