"""What publishing would change in the item's folder now: the plan, with how the NFO's text changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request, Response

from metarr.api.deps import Id
from metarr.errors import Transient, Wait
from metarr.library import placement
from metarr.model.media import ItemId
from metarr.model.published import Purpose
from metarr.phases.base import in_thread
from metarr.phases.publish import plan_item
from metarr.ui.badges import ACTIONS
from metarr.ui.framing import house_of
from metarr.ui.item.files import size
from metarr.ui.item.framed import head_of, show_item
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.library.placement import Plan
    from metarr.library.reconcile import Operation
    from metarr.ui.badges import Badge

router = Router(include_in_schema=False)
_MARKS = {"+": "ins", "-": "del"}
_HEADING = 2  # lines that say which files a difference is between


@dataclass(frozen=True, slots=True)
class Step:
    """One operation as the page shows it. `picture`: what would lie there; `diff`: lines, each with its element."""

    operation: Operation
    badge: Badge
    picture: str | None
    diff: tuple[tuple[str, str], ...]


@router.get("/items/{item_id}/plan", dependencies=[READ])
async def plan_page(request: Request, item_id: Id) -> Response:
    """The page. Changes nothing."""
    house = house_of(request)
    head = await house.store.read(lambda tx: head_of(tx, item_id))
    try:
        plan = await plan_item(house.store, house.blobs, ItemId(item_id))
    except (Wait, Transient) as error:
        return await show_item(request, "item_plan.html", head, error, steps=None, waits_for=None, size=size)
    steps = await in_thread(_steps, plan)
    waits_for = placement.why_not(plan.wanted.item)
    return await show_item(request, "item_plan.html", head, steps=steps, waits_for=waits_for, size=size)


def _steps(plan: Plan) -> tuple[Step, ...]:
    diffs = placement.differences(plan)
    return tuple(
        Step(
            one, ACTIONS[one.action], _picture(one), tuple(map(_marked, diffs.get(one.path, "").split("\n")[_HEADING:]))
        )
        for one in plan.operations
    )


def _picture(operation: Operation) -> str | None:
    wanted = operation.desired
    return wanted.sha256 if wanted is not None and wanted.purpose in {Purpose.ARTWORK, Purpose.ACTOR} else None


def _marked(line: str) -> tuple[str, str]:
    """The element that a line of a difference stands in, "" for none."""
    return _MARKS.get(line[:1], ""), line
