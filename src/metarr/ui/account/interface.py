"""How the pages look, for whoever opens this page in this browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.ui import tastes
from metarr.ui.account.area import ACCOUNT
from metarr.ui.framing import onward
from metarr.ui.looks import keep
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(include_in_schema=False)
Option = Annotated[str | None, Form(max_length=20)]


@router.get("/account/interface", dependencies=[READ])
async def interface(request: Request) -> HTMLResponse:
    """The page."""
    taste = tastes.taste_of(request.cookies)
    return await ACCOUNT.show(request, "account_interface.html", choices=tastes.CHOICES, chosen=taste._asdict())


@router.post("/account/interface", dependencies=[READ])
async def choose(  # one parameter for each choice of `tastes.CHOICES`
    request: Request,
    theme: Option = None,
    density: Option = None,
    posters: Option = None,
    dates: Option = None,
    home: Option = None,
) -> RedirectResponse:
    """The button: what the form has no field of stays as it is."""
    given = {"theme": theme, "density": density, "posters": posters, "dates": dates, "home": home}
    answer = onward(request, "/account/interface", "Saved for this browser.")
    keep(request, answer, {key: value for key, value in given.items() if value is not None})
    return answer
