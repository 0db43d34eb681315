"""Small pictures of what providers offer, fetched through us: a page of ours shows no other site's pictures."""

from __future__ import annotations

import asyncio
import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from metarr.api.deps import Id
from metarr.errors import MetarrError
from metarr.phases.base import in_thread
from metarr.store import artwork, items
from metarr.ui.framing import house_of
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.thumbs import Thumbs

router = Router(include_in_schema=False)
_WIDTH: Final = 240  # pixels
_AT_ONCE: Final = 4  # fetched at a time: each is up to some megabytes of somebody else's server
_KEPT = {"Cache-Control": "private, max-age=604800"}
_NOT_NOW = {"Cache-Control": "private, max-age=300"}  # a server that fails is left alone for a while
_BLANK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" fill="none" stroke="#848e89" stroke-width="3">'
    '<rect x="30" y="36" width="60" height="48" rx="5"/><path d="M36 78 L54 60 L66 70 L76 62 L86 76"/>'
    '<path d="M24 96 L96 24"/></svg>'
)


def install(app: FastAPI) -> None:
    """How many are fetched at a time, in this program."""
    app.state.previews = asyncio.Semaphore(_AT_ONCE)


@router.get("/items/{item_id}/artwork/candidates/{candidate_id}/preview.webp", dependencies=[READ])
async def preview(request: Request, item_id: Id, candidate_id: Id) -> Response:
    """A candidate in small. What cannot be had is a blank picture with status 404. Raises NotFound."""
    house = house_of(request)
    found, _ = await house.store.read(lambda tx: artwork.offered(tx, items.get(tx, item_id).id, candidate_id))
    if found.url is None:
        return RedirectResponse(f"/pictures/{found.blob}/{_WIDTH}.webp", HTTPStatus.SEE_OTHER)
    return await fetched(request, found.url)


async def fetched(request: Request, url: str) -> Response:
    """Another site's picture in small. What cannot be had is a blank picture with status 404."""
    try:
        path = await _small(request, url)
    except MetarrError:
        path = None
    if path is None:
        return Response(_BLANK, HTTPStatus.NOT_FOUND, _NOT_NOW, "image/svg+xml")
    return FileResponse(path, media_type="image/webp", headers=_KEPT)


async def _small(request: Request, url: str) -> Path | None:
    """Where it lies in small; None: there is no picture at that address any more."""
    thumbs: Thumbs = request.app.state.thumbs
    slots: asyncio.Semaphore = request.app.state.previews
    name = hashlib.sha256(url.encode()).hexdigest()
    kept = await in_thread(thumbs.kept, name, _WIDTH)
    if kept is not None:
        return kept
    async with slots:
        image = await house_of(request).images.fetch(url)
        return None if image is None else await in_thread(thumbs.keep, name, image.data, _WIDTH)
