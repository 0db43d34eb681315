"""The colours by the visitor's choice, from a button on every page, and small pictures from the cache."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Path, Request
from fastapi.responses import FileResponse, RedirectResponse

from metarr.actions import artwork
from metarr.errors import NotFound
from metarr.phases.base import in_thread
from metarr.store.thumbs import WIDTHS
from metarr.ui import tastes
from metarr.ui.framing import house_of, own
from metarr.web.access import OPEN, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Response

    from metarr.store.thumbs import Thumbs

router = Router(include_in_schema=False)
_YEAR = 31_536_000  # seconds
_IMMUTABLE = {"Cache-Control": f"private, max-age={_YEAR}, immutable"}
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.post("/theme", dependencies=[OPEN])
async def choose_theme(
    request: Request, theme: Annotated[str, Form(max_length=20)], back: Annotated[str, Form(max_length=2000)] = "/"
) -> RedirectResponse:
    """The button in the bar."""
    answer = RedirectResponse(own(back), HTTPStatus.SEE_OTHER)
    keep(request, answer, {"theme": theme})
    return answer


def keep(request: Request, answer: Response, values: Mapping[str, str]) -> None:
    """Remember what of a taste is chosen by these values, in cookies."""
    is_safe = request.url.scheme == "https"
    for name, value in tastes.chosen(values):
        if value is not None:
            answer.set_cookie(name, value, max_age=_YEAR, path="/", secure=is_safe, httponly=True, samesite="lax")
        else:
            answer.delete_cookie(name, path="/", secure=is_safe, httponly=True, samesite="lax")


@router.get("/pictures/{sha256}/{width}.webp", dependencies=[READ])
async def small_picture(request: Request, sha256: Sha256, width: int) -> FileResponse:
    """A picture of the cache, no wider than that. Its bytes never change, so browsers keep it."""
    if width not in WIDTHS:
        raise NotFound(f"Pictures come {', '.join(map(str, WIDTHS))} pixels wide.")
    thumbs: Thumbs = request.app.state.thumbs
    picture = await artwork.picture(house_of(request), sha256)
    path = await in_thread(thumbs.file, sha256, picture.path.suffix.removeprefix("."), width)
    return FileResponse(path, media_type="image/webp", headers=_IMMUTABLE)
