"""The centre of what needs a person: all of it on one page, each with the way to deal with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse

from metarr.actions import waiting
from metarr.actions.waiting import NeedKind
from metarr.ui.framing import house_of, show
from metarr.web.access import READ, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.actions.waiting import Need
    from metarr.model.access import Caller

router = Router(include_in_schema=False)
# Where each kind is dealt with ({}: its subject), and the words of the link there.
_PLACES = {
    NeedKind.REVIEW: ("/review", "Review"),
    NeedKind.ARTWORK: ("/movies?awaitsChoice=true", "Choose"),
    NeedKind.JOBS: ("/jobs?state=failed", "Look and retry"),
    NeedKind.PUBLISHING: ("/welcome/publishing/{}", "Look at the plan"),
    NeedKind.PLAYER: ("/settings/players", "Players"),
    NeedKind.PROVIDER: ("/settings/providers", "Providers"),
    NeedKind.CHANNEL: ("/settings/channels", "Notifications"),
    NeedKind.VERIFICATION: ("/verification/{}", "Compare"),
    NeedKind.ITEM: ("/items/{}", "Open it"),
    NeedKind.HEALTH: ("/system", "Health"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A need with the way to deal with it. `is_yours`: whether the visitor may."""

    need: Need
    address: str
    deed: str
    is_yours: bool


def lines(needs: Iterable[Need], caller: Caller) -> list[Line]:
    """Those that the visitor may deal with first."""
    found = [_line(need, caller) for need in needs]
    return sorted(found, key=lambda line: not line.is_yours)


def _line(need: Need, caller: Caller) -> Line:
    address, deed = _PLACES[need.kind]
    return Line(need, address.format(need.subject), deed, caller.may(need.right))


@router.get("/needs", dependencies=[READ])
async def needs_page(request: Request, caller: Known) -> HTMLResponse:
    """The page."""
    found = await house_of(request).store.read(waiting.needs)
    return await show(request, "needs.html", "needs", lines=lines(found, caller))
