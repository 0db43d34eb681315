"""`/api/v1/items/{id}/artwork`: what is on offer and why what was chosen; choosing, bringing, blocking, removing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import FileResponse

from metarr.actions import artwork
from metarr.api import artwork_shapes, etags, shapes
from metarr.api.changing import submit, unchanged
from metarr.api.deps import House, Id
from metarr.api.etags import IfMatch, IfNoneMatch
from metarr.errors import InvalidInput
from metarr.model.artwork import ArtworkKind
from metarr.phases.enrich.images import MAX_BYTES
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.artwork import KindOfArtwork, Offer, Slot

router = Router(tags=["artwork"])
Rank = Annotated[int, Query(ge=0, le=19)]
_PICTURES = ("image/jpeg", "image/png", "image/webp")
_CHANGE: dict[str, Any] = {"status_code": HTTPStatus.ACCEPTED, "dependencies": [OPERATE]}
_ANY_BYTES = {
    "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/items/{item_id}/artwork", dependencies=[READ])
async def list_artwork(house: House, item_id: Id) -> list[artwork_shapes.KindOfArtwork]:
    """Every kind of artwork of an item: what is chosen and why, what is on offer, best first, with scores."""
    found = await house.store.read(lambda tx: artwork.listed(tx, item_id))
    return [shaped(kind) for kind in found]


@router.post("/items/{item_id}/artwork/candidates/{candidate_id}/choose", **_CHANGE)
async def choose_artwork(
    house: House, item_id: Id, candidate_id: Id, rank: Rank = 0, if_match: IfMatch = None
) -> shapes.Submitted:
    """Put a candidate into a slot; its kind is locked from then on."""
    check = unchanged(item_id, if_match)
    return shapes.Submitted.model_validate(await artwork.choose(house, item_id, candidate_id, rank, check))


@router.post("/items/{item_id}/artwork/candidates/{candidate_id}/block", **_CHANGE)
async def block_artwork(house: House, item_id: Id, candidate_id: Id, if_match: IfMatch = None) -> shapes.Submitted:
    """Never choose it for this item; the next best takes its place."""
    return await submit(house, item_id, if_match, lambda tx: artwork.block(tx, item_id, candidate_id))


@router.delete("/items/{item_id}/artwork/candidates/{candidate_id}/block", **_CHANGE)
async def unblock_artwork(house: House, item_id: Id, candidate_id: Id, if_match: IfMatch = None) -> shapes.Submitted:
    """It may be chosen again."""
    return await submit(house, item_id, if_match, lambda tx: artwork.unblock(tx, item_id, candidate_id))


@router.post("/items/{item_id}/artwork/{kind}/upload", openapi_extra=_ANY_BYTES, **_CHANGE)
async def upload_artwork(
    house: House, item_id: Id, kind: ArtworkKind, request: Request, rank: Rank = 0, if_match: IfMatch = None
) -> shapes.Submitted:
    """Put a picture of one's own (JPEG, PNG or WebP, as the request's body) into a slot."""
    data = await _body(request)
    check = unchanged(item_id, if_match)
    return shapes.Submitted.model_validate(await artwork.upload(house, item_id, kind, data, rank, check))


@router.post("/items/{item_id}/artwork/{kind}/fetch", **_CHANGE)
async def fetch_artwork(
    house: House,
    item_id: Id,
    kind: ArtworkKind,
    wanted: artwork_shapes.PictureAddress,
    rank: Rank = 0,
    if_match: IfMatch = None,
) -> shapes.Submitted:
    """Put the picture at an address into a slot."""
    check = unchanged(item_id, if_match)
    return shapes.Submitted.model_validate(await artwork.fetch(house, item_id, kind, wanted.url, rank, check))


@router.put("/items/{item_id}/artwork/{kind}/order", **_CHANGE)
async def order_artwork(
    house: House, item_id: Id, kind: ArtworkKind, wanted: artwork_shapes.PictureOrder, if_match: IfMatch = None
) -> shapes.Submitted:
    """Put the chosen pictures of a kind into another order; the kind is locked from then on."""
    return await submit(house, item_id, if_match, lambda tx: artwork.reorder(tx, item_id, kind, wanted.blobs))


@router.delete("/items/{item_id}/artwork/{kind}/{rank}", **_CHANGE)
async def remove_artwork(
    house: House,
    item_id: Id,
    kind: ArtworkKind,
    rank: Annotated[int, Path(ge=0, le=19)],
    if_match: IfMatch = None,
) -> shapes.Submitted:
    """Empty a slot; its kind is locked from then on."""
    return await submit(house, item_id, if_match, lambda tx: artwork.remove(tx, item_id, kind, rank))


@router.get(
    "/artwork/{sha256}",
    dependencies=[READ],
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in _PICTURES}}, 304: {"description": "You have it already"}},
)
async def get_picture(
    house: House,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A picture that is chosen, on offer or a portrait, as far as it is in the cache. Its bytes never change."""
    found = await artwork.picture(house, sha256)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
    if if_none_match is not None and etags.matches(if_none_match, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return FileResponse(found.path, media_type=found.content_type, headers=headers)


def shaped(found: KindOfArtwork) -> artwork_shapes.KindOfArtwork:
    """One kind of artwork as the API shows it."""
    return artwork_shapes.KindOfArtwork(
        kind=found.kind,
        is_locked=found.is_locked,
        slots=[_slot(one) for one in found.slots],
        offers=[offer_shape(one) for one in found.offers],
    )


def _slot(slot: Slot) -> artwork_shapes.Slot:
    names = ("kind", "rank", "blob", "chosen_by", "candidate_id")
    return artwork_shapes.Slot.model_validate(
        {name: getattr(slot.selection, name) for name in names} | {"why": slot.why}
    )


def offer_shape(offer: Offer) -> artwork_shapes.Offer:
    """A candidate as the API shows it."""
    names = ("id", "kind", "provider", "url", "width", "height", "language", "vote_average", "votes", "blob")
    points = offer.score
    return artwork_shapes.Offer.model_validate(
        {name: getattr(offer.candidate, name) for name in names}
        | {"score": points and points.total, "score_parts": points.parts if points else {}}
        | {"is_blocked": offer.is_blocked, "rank": offer.rank}
    )


async def _body(request: Request) -> bytes:
    """The whole body, unless it is too long: nobody fills our memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise InvalidInput(f"The picture is longer than {MAX_BYTES} bytes.")
    return bytes(body)
