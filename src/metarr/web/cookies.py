"""The cookie of a session. Scripts cannot read it, and browsers do not send it along with other sites' forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.store.accounts import LONGEST
from metarr.web.asking import COOKIE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


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


def take(response: Response) -> None:
    """The browser forgets it."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
