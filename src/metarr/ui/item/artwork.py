"""The artwork picker: what is chosen and why, everything on offer with its figures; choosing, bringing, ordering."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Query, Request, Response, UploadFile

from metarr.actions import artwork, editing
from metarr.api.deps import Id
from metarr.errors import InvalidInput
from metarr.model.artwork import IDEAL_SIZE, ArtworkKind
from metarr.ui.framing import house_of
from metarr.ui.item.framed import Version, answer, changed, guard, head_of, show_item
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from metarr.actions.phases import Submitted
    from metarr.errors import MetarrError
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_OFFERS_SHOWN = 12  # of each kind, where all kinds are shown
_ADDRESS = r"^https?://[!-~]+$"
_HERE = "/items/{item_id}/artwork"
Rank = Annotated[int, Form(ge=0, le=19)]
Sha256 = Annotated[str, Form(pattern=r"^([0-9a-f]{64})?$")]


@router.get(_HERE, dependencies=[READ])
async def get_artwork(request: Request, item_id: Id, kind: Annotated[ArtworkKind | None, Query()] = None) -> Response:
    """The page; `kind`: everything of this one."""
    return await _page(request, item_id, kind)


@router.post(_HERE + "/candidates/{candidate_id}/choose", dependencies=[OPERATE])
async def choose(
    request: Request,
    item_id: Id,
    candidate_id: Id,
    rank: Annotated[int, Query(ge=0, le=19)] = 0,
    version: Version = "",
) -> Response:
    """Put a candidate into a slot."""
    done = artwork.choose(house_of(request), item_id, candidate_id, rank, guard(item_id, version))
    return await _answer(request, item_id, done, "Chosen, and locked.")


@router.post(_HERE + "/candidates/{candidate_id}/block", dependencies=[OPERATE])
async def block(request: Request, item_id: Id, candidate_id: Id) -> Response:
    """Never choose it for this item."""
    return await _do(request, item_id, "", "Blocked.", lambda tx: artwork.block(tx, item_id, candidate_id))


@router.post(_HERE + "/candidates/{candidate_id}/unblock", dependencies=[OPERATE])
async def unblock(request: Request, item_id: Id, candidate_id: Id) -> Response:
    """It may be chosen again."""
    return await _do(
        request, item_id, "", "It may be chosen again.", lambda tx: artwork.unblock(tx, item_id, candidate_id)
    )


@router.post(_HERE + "/{kind}/upload", dependencies=[OPERATE])
async def upload(
    request: Request, item_id: Id, kind: ArtworkKind, picture: UploadFile, rank: Rank = 0, version: Version = ""
) -> Response:
    """Put a picture of one's own into a slot."""
    data = await picture.read()
    done = artwork.upload(house_of(request), item_id, kind, data, rank, guard(item_id, version))
    return await _answer(request, item_id, done, "Your picture is chosen, and locked.")


@router.post(_HERE + "/{kind}/fetch", dependencies=[OPERATE])
async def fetch(
    request: Request,
    item_id: Id,
    kind: ArtworkKind,
    url: Annotated[str, Form(max_length=2000)],
    rank: Rank = 0,
    version: Version = "",
) -> Response:
    """Put the picture at an address into a slot."""
    done = _fetched(request, item_id, kind, url.strip(), rank, version)
    return await _answer(request, item_id, done, "The picture is fetched, chosen and locked.")


@router.post(_HERE + "/{kind}/order", dependencies=[OPERATE])
async def order(
    request: Request,
    item_id: Id,
    kind: ArtworkKind,
    ahead: Annotated[Sha256, Query()] = "",
    behind: Annotated[Sha256, Query()] = "",
    blobs: Annotated[list[Sha256] | None, Form(max_length=100)] = None,
    version: Version = "",
) -> Response:
    """The chosen pictures in this order (`blobs`), or one of them a place ahead or behind."""

    def change(tx: Tx) -> Submitted:
        if ahead or behind:
            return artwork.move(tx, item_id, kind, ahead or behind, -1 if ahead else 1)
        return artwork.reorder(tx, item_id, kind, blobs or [])

    return await _do(request, item_id, version, "Ordered, and locked.", change)


@router.post(_HERE + "/{kind}/remove", dependencies=[OPERATE])
async def remove(
    request: Request,
    item_id: Id,
    kind: ArtworkKind,
    rank: Annotated[int, Query(ge=0, le=19)],
    version: Version = "",
) -> Response:
    """Empty a slot."""
    return await _do(
        request, item_id, version, "Removed, and locked.", lambda tx: artwork.remove(tx, item_id, kind, rank)
    )


@router.post(_HERE + "/{kind}/lock", dependencies=[OPERATE])
async def lock(request: Request, item_id: Id, kind: ArtworkKind, locked: Annotated[bool, Query()]) -> Response:
    """Nothing automatic touches this kind; or again it may."""
    said = f"The {kind} is {'locked' if locked else 'free'}."
    return await _do(request, item_id, "", said, lambda tx: editing.set_locks(tx, item_id, {f"artwork.{kind}": locked}))


async def _fetched(request: Request, item_id: int, kind: ArtworkKind, url: str, rank: int, version: str) -> Submitted:
    if not re.fullmatch(_ADDRESS, url):
        raise InvalidInput("That is no web address of a picture: it begins with http:// or https://.")
    return await artwork.fetch(house_of(request), item_id, kind, url, rank, guard(item_id, version))


async def _do(request: Request, item_id: int, version: str, said: str, change: Callable[[Tx], Submitted]) -> Response:
    return await _answer(request, item_id, changed(request, item_id, version, change), said)


async def _answer(request: Request, item_id: int, done: Awaitable[Submitted], said: str) -> Response:
    async def again(fault: MetarrError) -> Response:
        return await _page(request, item_id, None, fault)

    return await answer(request, done, said, f"/items/{item_id}/artwork", again)


async def _page(request: Request, item_id: int, kind: ArtworkKind | None, fault: MetarrError | None = None) -> Response:
    head, kinds = await house_of(request).store.read(lambda tx: (head_of(tx, item_id), artwork.listed(tx, item_id)))
    shown = [one for one in kinds if kind is None or one.kind is kind]
    return await show_item(
        request,
        "item_artwork.html",
        head,
        fault,
        kinds=shown,
        names=[one.kind for one in kinds],
        only=kind,
        most=_OFFERS_SHOWN if kind is None else None,
        ideal=IDEAL_SIZE,
    )
