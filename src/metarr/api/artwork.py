"""`/api/v1/items/{id}/artwork`: what is on offer and why what was chosen; choosing, bringing, blocking, removing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request

from metarr.actions import artwork
from metarr.api import artwork_shapes, shapes
from metarr.api.deps import House
from metarr.errors import InvalidInput
from metarr.model.artwork import ArtworkKind
from metarr.phases.enrich.images import MAX_BYTES
from metarr.web.access import OPERATE, READ

if TYPE_CHECKING:
    from metarr.actions.artwork import KindOfArtwork, Offer, Slot

router = APIRouter(prefix="/items/{item_id}/artwork", tags=["artwork"])
Rank = Annotated[int, Query(ge=0, le=19)]
_ANY_BYTES = {
    "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("", dependencies=[READ])
async def list_artwork(house: House, item_id: int) -> list[artwork_shapes.KindOfArtwork]:
    """Every kind of artwork of an item: what is chosen and why, what is on offer, best first, with scores."""
    found = await house.store.read(lambda tx: artwork.listed(tx, item_id))
    return [shaped(kind) for kind in found]


@router.post("/candidates/{candidate_id}/choose", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def choose_artwork(house: House, item_id: int, candidate_id: int, rank: Rank = 0) -> shapes.Submitted:
    """Put a candidate into a slot; its kind is locked from then on."""
    return shapes.Submitted.model_validate(await artwork.choose(house, item_id, candidate_id, rank))


@router.post("/candidates/{candidate_id}/block", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def block_artwork(house: House, item_id: int, candidate_id: int) -> shapes.Submitted:
    """Never choose it for this item; the next best takes its place."""
    submitted = await house.store.write(lambda tx: artwork.block(tx, item_id, candidate_id))
    return shapes.Submitted.model_validate(submitted)


@router.delete("/candidates/{candidate_id}/block", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def unblock_artwork(house: House, item_id: int, candidate_id: int) -> shapes.Submitted:
    """It may be chosen again."""
    submitted = await house.store.write(lambda tx: artwork.unblock(tx, item_id, candidate_id))
    return shapes.Submitted.model_validate(submitted)


@router.post("/{kind}/upload", status_code=HTTPStatus.ACCEPTED, openapi_extra=_ANY_BYTES, dependencies=[OPERATE])
async def upload_artwork(
    house: House, item_id: int, kind: ArtworkKind, request: Request, rank: Rank = 0
) -> shapes.Submitted:
    """Put a picture of one's own (JPEG, PNG or WebP, as the request's body) into a slot."""
    data = await _body(request)
    return shapes.Submitted.model_validate(await artwork.upload(house, item_id, kind, data, rank))


@router.post("/{kind}/fetch", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def fetch_artwork(
    house: House, item_id: int, kind: ArtworkKind, wanted: artwork_shapes.PictureAddress, rank: Rank = 0
) -> shapes.Submitted:
    """Put the picture at an address into a slot."""
    return shapes.Submitted.model_validate(await artwork.fetch(house, item_id, kind, wanted.url, rank))


@router.delete("/{kind}/{rank}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def remove_artwork(house: House, item_id: int, kind: ArtworkKind, rank: int) -> shapes.Submitted:
    """Empty a slot; its kind is locked from then on."""
    submitted = await house.store.write(lambda tx: artwork.remove(tx, item_id, kind, rank))
    return shapes.Submitted.model_validate(submitted)


def shaped(found: KindOfArtwork) -> artwork_shapes.KindOfArtwork:
    """One kind of artwork as the API shows it."""
    return artwork_shapes.KindOfArtwork(
        kind=found.kind,
        is_locked=found.is_locked,
        slots=[_slot(one) for one in found.slots],
        offers=[_offer(one) for one in found.offers],
    )


def _slot(slot: Slot) -> artwork_shapes.Slot:
    names = ("kind", "rank", "blob", "chosen_by", "candidate_id")
    return artwork_shapes.Slot.model_validate(
        {name: getattr(slot.selection, name) for name in names} | {"why": slot.why}
    )


def _offer(offer: Offer) -> artwork_shapes.Offer:
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
