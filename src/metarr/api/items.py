"""`/api/v1/items`: pages by title, everything about one, its plan, and every phase by hand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import TypeAdapter

from metarr.actions import identities, items, phases, providers, targets
from metarr.api import shapes
from metarr.api.deps import House, Limit
from metarr.errors import InvalidInput
from metarr.jobs.triggers import Order
from metarr.library import placement
from metarr.model.job import JobKind
from metarr.model.media import ItemId, ItemKind, Metadata
from metarr.phases.base import in_thread
from metarr.phases.publish import plan_item
from metarr.web.access import OPERATE, READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.phases import Submitted
    from metarr.model.artwork import Candidate, Score
    from metarr.store.db import Tx

router = APIRouter(prefix="/items", tags=["items"])
_DOCUMENT = TypeAdapter(Metadata)


@router.get("", dependencies=[READ])
async def list_items(
    house: House,
    kind: ItemKind | None = None,
    library: int | None = None,
    search: str | None = None,
    after: str | None = None,
    limit: Limit = 100,
) -> shapes.ItemPage:
    """Items by title; movie sets (`kind=collection`) only when they are asked for."""
    found = await house.store.read(
        lambda tx: items.page(tx, kind=kind, library_id=library, search=search, after=after, limit=limit)
    )
    return shapes.ItemPage.model_validate(found)


@router.post("/find", dependencies=[READ])
async def find_items(house: House, wanted: shapes.Target) -> shapes.Found:
    """What an item's number, an absolute path or a library's name means. Changes nothing."""
    found = await house.store.read(lambda tx: targets.resolve(tx, wanted.target))
    return shapes.Found(library_id=found.library.id, item_ids=list(found.item_ids), path=found.path)


@router.get("/{item_id}", dependencies=[READ])
async def get_item(house: House, item_id: int) -> shapes.ItemDetails:
    """Everything that is known about an item."""
    found = await house.store.read(lambda tx: items.details(tx, item_id))
    document = _DOCUMENT.dump_python(found.item.metadata, exclude_defaults=True)
    item = {field: getattr(found.item, field) for field in shapes.Item.model_fields} | {"metadata": document}
    return shapes.ItemDetails(
        item=shapes.Item.model_validate(item),
        state=found.state,
        library=shapes.Library.model_validate(found.library),
        files=[shapes.File.model_validate(file) for file in found.files],
        choices=[shapes.Choice.model_validate(choice) for choice in found.choices],
        candidates=_candidates(found.candidates),
        questions=[shapes.Question.model_validate(row) for row in found.questions],
        history=[shapes.Change.model_validate(row) for row in found.history],
        players=[shapes.PlayerState.model_validate(row) for row in found.players],
        jobs=[shapes.Job.model_validate(row) for row in found.jobs],
    )


@router.get("/{item_id}/plan", dependencies=[READ])
async def get_plan(house: House, item_id: int) -> shapes.Plan:
    """What publishing would do to the item's folder now. Changes nothing."""
    plan = await plan_item(house.store, house.blobs, ItemId(item_id))
    item = plan.wanted.item
    diffs = await in_thread(placement.differences, plan)
    told = [(shapes.Operation.model_validate(one), diffs.get(one.path)) for one in plan.operations]
    return shapes.Plan(
        item_id=item.id,
        title=item.metadata.title or item.folder,
        root=plan.wanted.library.root,
        waits_for=placement.why_not(item),
        operations=[one.model_copy(update={"diff": diff}) for one, diff in told],
    )


@router.post("/{item_id}/identity", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def set_identity(house: House, item_id: int, wanted: shapes.NewIdentity) -> shapes.Submitted:
    """Say what the item is. It is asked about at the providers again."""
    if (wanted.ids is None) == (wanted.choice is None):
        raise InvalidInput("Name either `ids` or the `choice` of what the review queue offers.")

    def change(tx: Tx) -> Submitted:
        if wanted.choice is not None:
            return identities.choose(tx, item_id, wanted.choice)
        return identities.set_identity(tx, item_id, wanted.ids or {})

    return shapes.Submitted.model_validate(await house.store.write(change))


@router.post("/{item_id}/local", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def mark_local(house: House, item_id: int) -> shapes.Submitted:
    """No provider knows it, a home video for instance: it is published from what is known here."""
    return shapes.Submitted.model_validate(await house.store.write(lambda tx: identities.mark_local(tx, item_id)))


@router.delete("/{item_id}/local", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def unmark_local(house: House, item_id: int) -> shapes.Submitted:
    """Look for it at the providers again."""
    return shapes.Submitted.model_validate(await house.store.write(lambda tx: identities.unmark_local(tx, item_id)))


@router.get("/{item_id}/episode-orders", dependencies=[READ])
async def list_episode_orders(house: House, item_id: int) -> list[shapes.KnownOrder]:
    """The orders that a show's episodes can be pinned to, as its providers know them."""
    return [shapes.KnownOrder.model_validate(one) for one in await providers.episode_orders(house, item_id)]


@router.put("/{item_id}/episode-order", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def set_episode_order(house: House, item_id: int, wanted: shapes.EpisodeOrder) -> shapes.Submitted:
    """The order that the numbers in a show's files are of."""
    submitted = await house.store.write(lambda tx: identities.set_episode_order(tx, item_id, wanted.order))
    return shapes.Submitted.model_validate(submitted)


@router.post("/{item_id}/{kind}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def run_phase(
    house: House, item_id: int, kind: JobKind, order: shapes.PhaseOrder | None = None
) -> shapes.Submitted:
    """Scan the item's folder again, or enrich, publish, sync or verify it."""
    order = order or shapes.PhaseOrder()
    wanted = Order(kind, is_alone=order.only, is_forced=order.accept_missing, is_deep=order.deep)
    submitted = await house.store.write(lambda tx: phases.submit(tx, wanted, targets.resolve(tx, str(item_id))))
    return shapes.Submitted.model_validate(submitted)


def _candidates(found: Sequence[tuple[Candidate, Score | None, bool]]) -> list[shapes.Candidate]:
    names = ("id", "kind", "provider", "url", "width", "height", "language")
    return [
        shapes.Candidate.model_validate(
            {name: getattr(candidate, name) for name in names}
            | {"score": score and score.total, "score_parts": score.parts if score else {}, "is_blocked": is_blocked}
        )
        for candidate, score, is_blocked in found
    ]
