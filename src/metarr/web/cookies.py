"""The cookies of the door: a session's, and what a browser keeps while it is at the identity provider.

Scripts cannot read them, and browsers do not send them along with other sites' forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metarr.actions.sign_on.tickets import LASTS
from metarr.store.accounts import LONGEST
from metarr.web.asking import COOKIE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

TICKET: Final = "metarr_login"


def give(response: Response, request: Request, token: str) -> None:
    """Let the browser keep it: over https alone where it was given over https."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def give_ticket(response: Response, request: Request, ticket: str) -> None:
    """Let the browser keep it until it comes back. Lax, for it comes back from another site."""
    is_safe = request.url.scheme == "https"
    response.set_cookie(TICKET, ticket, max_age=LASTS, path="/login", secure=is_safe, httponly=True, samesite="lax")


def take_ticket(response: Response) -> None:
    """It is used once."""
    response.delete_cookie(TICKET, path="/login", httponly=True, samesite="lax")


def take(response: Response) -> None:
    """The browser forgets it."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
