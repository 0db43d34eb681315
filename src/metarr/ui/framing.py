"""What stands around every page: the navigation with what waits for a person, the colours, who is logged in."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi.responses import RedirectResponse

from metarr.actions import waiting
from metarr.ui.rendering import render
from metarr.web.access import caller_of

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import HTMLResponse

    from metarr.actions.installation import Installation

THEME: Final = "metarr_theme"
THEMES: Final = frozenset({"dark", "light"})


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
    house = house_of(request)
    theme = request.cookies.get(THEME)
    return render(
        template,
        status,
        place=place,
        caller=caller_of(request),
        theme=theme if theme in THEMES else None,
        here=here(request),
        waiting=await house.store.read(waiting.counts),
        **values,
    )


def here(request: Request) -> str:
    """This page's address, to come back to."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def back(request: Request, said: str = "", otherwise: str = "/") -> RedirectResponse:
    """To the page that the form was on, which shows `said` as a toast."""
    goal = own(request.headers.get("referer", ""), otherwise)
    if said:
        parts = urlsplit(goal)
        goal = f"{parts.path}?{'&'.join(part for part in (parts.query, urlencode({'said': said})) if part)}"
    return RedirectResponse(goal, HTTPStatus.SEE_OTHER)


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
