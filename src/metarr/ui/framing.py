"""What stands around every page: the navigation with what waits for a person, the colours, who is logged in."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi.responses import RedirectResponse

from metarr.actions import following, waiting
from metarr.actions.schedules import user_zone
from metarr.ui import flash
from metarr.ui.flash import Flash
from metarr.ui.rendering import render
from metarr.ui.said import Clock
from metarr.ui.tastes import Dates, taste_of
from metarr.web.access import caller_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request
    from fastapi.responses import HTMLResponse

    from metarr.actions.installation import Installation
    from metarr.jobs.summary import Scope
    from metarr.store.db import Tx
    from metarr.ui.tastes import Taste


def house_of(request: Request) -> Installation:
    """The installation that the pages show."""
    house: Installation = request.app.state.installation
    return house


async def show(
    request: Request,
    template: str,
    place: str,
    status: int = HTTPStatus.OK,
    **values: Any,  # noqa: ANN401  what templates show
) -> HTMLResponse:
    """A page. `place`: which entry of the navigation it belongs to."""
    house, caller, taste = house_of(request), caller_of(request), taste_of(request.cookies)
    rights = frozenset() if caller is None else caller.rights

    def frame(tx: Tx) -> tuple[Mapping[str, int], Clock]:
        return waiting.counts(tx, rights), _clock(tx, house, taste)

    counts, clock = await house.store.read(frame)
    answer = render(
        template,
        status,
        clock,
        place=place,
        caller=caller,
        taste=taste,
        here=here(request),
        waiting=counts,
        flash=flash.taken(request),
        **values,
    )
    if flash.is_shown(request):
        flash.forget(answer)
    return answer


def _clock(tx: Tx, house: Installation, taste: Taste) -> Clock:
    written = Dates(taste.dates)
    return Clock(written, user_zone(tx, house.machine_zone)) if written is Dates.LOCAL else Clock(written)


def onward(request: Request, goal: str, said: str) -> RedirectResponse:
    """To this page of ours, which says it. For forms on pages that are answers to forms, too, and have no address."""
    answer = RedirectResponse(goal, HTTPStatus.SEE_OTHER)
    flash.give(answer, request, Flash(said))
    return answer


def here(request: Request) -> str:
    """This page's address, to come back to; of the answer to a form that of the page with the form."""
    if request.method != "GET":
        return own(request.headers.get("referer", ""))
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def back(
    request: Request,
    said: str = "",
    otherwise: str = "/",
    *,
    is_fault: bool = False,
    work: Scope | None = None,
) -> RedirectResponse:
    """To the page that the form was on, which shows `said` as a toast.

    `work`: what the form began; the pages that this visitor opens from then on tell what became of it.
    """
    answer = RedirectResponse(own(request.headers.get("referer", ""), otherwise), HTTPStatus.SEE_OTHER)
    if said:
        key = "" if work is None else following.written(work)
        flash.give(answer, request, Flash(said, is_fault, key))
    return answer


def own(address: str, otherwise: str = "/") -> str:
    """The path and query of an address, if it can be one of ours; never another site's."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return otherwise
    is_path = parts.path.startswith("/") and not parts.path.startswith(("//", "/\\")) and address.isprintable()
    if not is_path or "\\" in parts.path:
        return otherwise
    return parts.path + (f"?{parts.query}" if parts.query else "")
