"""`/api/v1/settings/enrichment/preview`: which pictures an item would get under other rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field

from metarr.actions import artwork_preview
from metarr.api.artwork import offer_shape
from metarr.api.artwork_shapes import Offer
from metarr.api.deps import LARGEST, House
from metarr.api.shapes import Shape, Text
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.artwork_preview import Placed

router = Router()


class PreviewOrder(Shape):
    """`settings`: a JSON merge patch as `PATCH /settings/enrichment` takes it; empty: as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"item": 1, "settings": {"artworkLimits": {"poster": 1}}}]}
    )

    item: Annotated[int, Field(ge=1, le=LARGEST)]
    settings: Annotated[dict[str, Any], Field(default_factory=dict)]


class PlacedPicture(Shape):
    """`place`: 1 is the best; `before`: under the rules as they are. `stays`: chosen whatever the rules say."""

    place: int
    before: int
    is_chosen: bool
    stays: bool
    picture: Offer


class KindUnderRules(Shape):
    """`limit`: how many are chosen; `stays`: how many of them are, whatever the rules say."""

    kind: str
    limit: int
    stays: int
    is_locked: bool
    pictures: list[PlacedPicture]


class PreviewOfRules(Shape):
    item_id: int
    title: Text | None
    kinds: list[KindUnderRules]


@router.post("/settings/enrichment/preview", tags=["settings"], dependencies=[ADMIN])
async def preview_rules(house: House, order: PreviewOrder) -> PreviewOfRules:
    """An item's pictures on offer as rules would rank them, with the parts of their scores. Nothing is stored."""
    found = await house.store.read(lambda tx: artwork_preview.preview(tx, house, order.item, order.settings))
    kinds = [
        KindUnderRules(
            kind=one.kind,
            limit=one.limit,
            stays=one.stays,
            is_locked=one.is_locked,
            pictures=[_placed(picture) for picture in one.pictures],
        )
        for one in found.kinds
    ]
    return PreviewOfRules(item_id=found.item.id, title=found.item.metadata.title, kinds=kinds)


def _placed(one: Placed) -> PlacedPicture:
    return PlacedPicture(
        place=one.place,
        before=one.before,
        is_chosen=one.is_chosen,
        stays=one.stays,
        picture=offer_shape(one.offer),
    )
