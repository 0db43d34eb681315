"""`/api/v1/items/{id}/metadata`, `/locks` and `/explain`: a person's word on an item, and why it is as it is."""

from __future__ import annotations

from http import HTTPStatus

from metarr.actions import editing, explain
from metarr.api import artwork, artwork_shapes, item_shapes, shapes
from metarr.api.changing import submit
from metarr.api.deps import House, Id
from metarr.api.etags import IfMatch
from metarr.api.item_query import Locks
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

router = Router(prefix="/items/{item_id}", tags=["items"])


@router.patch("/metadata", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def edit_metadata(house: House, item_id: Id, wanted: editing.Edit, if_match: IfMatch = None) -> shapes.Submitted:
    """Set fields, which are locked from then on. Fields that are not named stay."""
    return await submit(house, item_id, if_match, lambda tx: editing.edit(tx, item_id, wanted))


@router.patch("/locks", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def set_locks(house: House, item_id: Id, wanted: Locks, if_match: IfMatch = None) -> shapes.Submitted:
    """Lock (true) or free (false) fields, kinds of artwork (`artwork.poster`) or everything (`*`)."""
    return await submit(house, item_id, if_match, lambda tx: editing.set_locks(tx, item_id, wanted))


@router.get("/explain", dependencies=[READ])
async def get_explanation(house: House, item_id: Id) -> artwork_shapes.Explanation:
    """Where every field and picture comes from, what every provider said, and why it was chosen."""
    found = await house.store.read(lambda tx: explain.explain(tx, item_id))
    item = found.item
    return artwork_shapes.Explanation(
        item_id=item.id,
        kind=item.kind,
        title=item.metadata.title or item.folder,
        year=item.metadata.year,
        identity=item.identity,
        ids=item.metadata.ids.as_dict(),
        evidence=list(found.evidence),
        questions=[item_shapes.Question.model_validate(row) for row in found.questions],
        answers=[artwork_shapes.ProviderAnswer.model_validate(one) for one in found.answers],
        fields=[artwork_shapes.ExplainedField.model_validate(one) for one in found.fields],
        artwork=[artwork.shaped(kind) for kind in found.artwork],
    )
