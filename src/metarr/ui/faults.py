"""What went wrong, as a page: for people in a browser; programs get the same as problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from metarr.ui.framing import own, show
from metarr.ui.rendering import render
from metarr.web.access import caller_of

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

    from metarr.web.problems import Problem

_TITLES = {HTTPStatus.FORBIDDEN: "You may not do this", HTTPStatus.NOT_FOUND: "There is nothing here"}
_HINTS = {
    HTTPStatus.FORBIDDEN: "Somebody with more rights can do it, or give them to you.",
    HTTPStatus.NOT_FOUND: "It may have been removed, or the address has a slip in it.",
    HTTPStatus.CONFLICT: "Something else has changed it in the meantime. Look at it again.",
}


async def page(request: Request, fault: Problem) -> Response:
    """The page about it, with the way back. Faults of the server itself ask nothing of the database."""
    values = {
        "title": _TITLES.get(HTTPStatus(fault.status), fault.title),
        "detail": fault.detail,
        "hint": _HINTS.get(HTTPStatus(fault.status), ""),
        "back": own(request.headers.get("referer", "")),
    }
    if caller_of(request) is None or fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return render("fault_door.html", fault.status, **values)
    return await show(request, "fault.html", "", fault.status, **values)
