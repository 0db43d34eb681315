"""What download managers sent, what became of it, and taking it once more."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import webhooks as taking
from metarr.actions.showing import shown_in
from metarr.api.deps import Id, Number
from metarr.errors import InvalidInput, MetarrError
from metarr.store import deliveries
from metarr.store.deliveries import Outcome
from metarr.ui.framing import house_of, onward
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.webhooks import NAMES
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(include_in_schema=False)
_PAGE = "/settings/webhooks/deliveries"
_SHOWN = 50
_Word = Annotated[str, Query(max_length=20)]
OUTCOMES = {
    Outcome.SUBMITTED: ("good", "work was submitted, or joined work that waits already"),
    Outcome.NOTED: ("", "understood, and there is nothing to do"),
    Outcome.REFUSED: ("bad", "not understood, or about a folder that is in no library"),
}


@router.get(_PAGE, dependencies=[ADMIN])
async def list_deliveries(
    request: Request, source: _Word = "", outcome: _Word = "", before: Number = None
) -> HTMLResponse:
    """Newest first; a source or an outcome that does not exist is none."""
    wanted = deliveries.Query(before, source if source in NAMES else None, outcome if outcome in OUTCOMES else None)
    rows, following = await house_of(request).store.read(lambda tx: taking.listed(tx, wanted, _SHOWN))
    values: dict[str, Any] = {"rows": rows, "following": following, "wanted": wanted}
    return await SETTINGS.show(request, "settings_deliveries.html", sources=NAMES, outcomes=OUTCOMES, **values)


@router.get(f"{_PAGE}/{{delivery_id}}", dependencies=[ADMIN])
async def one(request: Request, delivery_id: Id) -> HTMLResponse:
    """One delivery with what was sent."""
    return await _page(request, delivery_id)


@router.post(f"{_PAGE}/{{delivery_id}}", dependencies=[ADMIN])
async def replay(request: Request, delivery_id: Id) -> Response:
    """Take it once more, as it is understood now."""
    try:
        taken = await house_of(request).store.write(lambda tx: taking.replay(tx, delivery_id))
    except InvalidInput as fault:
        return await _page(request, delivery_id, fault)
    return onward(request, f"{_PAGE}/{taken.id}", f"Taken once more: {taken.outcome}.")


async def _page(request: Request, number: int, fault: MetarrError | None = None) -> HTMLResponse:
    row = await house_of(request).store.read(lambda tx: deliveries.get(tx, number))
    values = {"one": row, "payload": _text(row["payload"]), "sources": NAMES, "outcomes": OUTCOMES}
    return await SETTINGS.show(request, "settings_delivery.html", fault, **values)


def _text(payload: Any) -> str:  # noqa: ANN401  any JSON, or what was none
    """As people read it; what was no JSON stands as it came."""
    return payload if isinstance(payload, str) else json.dumps(shown_in(payload), indent=2, ensure_ascii=False)
