"""`/api/v1/items`: pages by title, everything about one, its plan, and every phase by hand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response
from pydantic import TypeAdapter

from metarr.actions import identities, items, phases, providers, targets
from metarr.api import etags, item_shapes, library_shapes, shapes
from metarr.api.changing import submit
from metarr.api.deps import House, Id
from metarr.api.etags import IfMatch, IfNoneMatch
from metarr.api.item_query import ItemListing, Words
from metarr.errors import InvalidInput
from metarr.jobs.triggers import Order
from metarr.library import placement
from metarr.model.job import JobKind
from metarr.model.media import ItemId, Metadata
from metarr.phases.base import in_thread
from metarr.phases.publish import plan_item
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.phases import Submitted
    from metarr.model.artwork import Candidate, Score
    from metarr.store.db import Tx

router = Router(prefix="/items", tags=["items"])
_DOCUMENT = TypeAdapter(Metadata)


@router.get("", dependencies=[READ])
async def list_items(house: House, wanted: Annotated[ItemListing, Query()]) -> item_shapes.ItemPage:
    """Items, filtered and sorted; movie sets (`kind=collection`) only when they are asked for."""
    found = await house.store.read(
        lambda tx: items.page(
            tx,
            wanted.as_filter(),
            wanted.order,
            after=wanted.after,
            limit=wanted.limit,
            is_counted=wanted.count,
        )
    )
    return item_shapes.ItemPage.model_validate(found)


@router.post("/find", dependencies=[READ])
async def find_items(house: House, wanted: shapes.Target) -> item_shapes.Found:
    """What an item's number, an absolute path or a library's name means. Changes nothing."""
    found = await house.store.read(lambda tx: targets.resolve(tx, wanted.target))
    return item_shapes.Found(library_id=found.library.id, item_ids=list(found.item_ids), path=found.path)


@router.get(
    "/{item_id}",
    dependencies=[READ],
    response_model=item_shapes.ItemDetails,
    responses={304: {"description": "Nothing has changed since"}},
)
async def get_item(
    house: House, item_id: Id, answer: Response, if_none_match: IfNoneMatch = None
) -> item_shapes.ItemDetails | Response:
    """Everything that is known about an item. The `ETag` of the answer guards changes (`If-Match`)."""
    found = await house.store.read(lambda tx: items.details(tx, item_id))
    shown = _details(found)
    tag = etags.of_parts(found.version, shown.model_dump(mode="json"))
    if if_none_match is not None and etags.matches(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    answer.headers["ETag"] = tag
    return shown


@router.patch("/{item_id}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def change_item(
    house: House, item_id: Id, wanted: item_shapes.ItemPatch, if_match: IfMatch = None
) -> shapes.Submitted:
    """Monitor an item, or no longer. Leads to no work."""
    return await submit(
        house, item_id, if_match, lambda tx: items.set_monitored(tx, item_id, is_monitored=wanted.is_monitored)
    )


@router.post("/{item_id}/refresh", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def refresh_item(house: House, item_id: Id) -> shapes.Submitted:
    """Ask the providers for what they say now, past the answers that are kept."""
    target = str(item_id)
    return shapes.Submitted.model_validate(
        await house.store.write(lambda tx: phases.submit(tx, Order(JobKind.ENRICH), targets.resolve(tx, target)))
    )


@router.get("/{item_id}/files", dependencies=[READ])
async def list_files_of_item(house: House, item_id: Id) -> list[item_shapes.File]:
    """The files that make up an item, with what is in them."""
    found = await house.store.read(lambda tx: items.files_of(tx, item_id))
    return [item_shapes.File.model_validate(one) for one in found]


@router.get("/{item_id}/plan", dependencies=[READ])
async def get_plan(house: House, item_id: Id) -> item_shapes.Plan:
    """What publishing would do to the item's folder now. Changes nothing."""
    plan = await plan_item(house.store, house.blobs, ItemId(item_id))
    item = plan.wanted.item
    diffs = await in_thread(placement.differences, plan)
    told = [(item_shapes.Operation.model_validate(one), diffs.get(one.path)) for one in plan.operations]
    return item_shapes.Plan(
        item_id=item.id,
        title=item.metadata.title or item.folder,
        root=plan.wanted.library.root,
        waits_for=placement.why_not(item),
        operations=[one.model_copy(update={"diff": diff}) for one, diff in told],
    )


@router.get("/{item_id}/identity/candidates", dependencies=[READ])
async def find_identities(
    house: House,
    item_id: Id,
    query: Annotated[Words | None, Query(description="A title; else the item's own")] = None,
    year: Annotated[int | None, Query(ge=1870, le=2200)] = None,
) -> item_shapes.IdentityCandidates:
    """What the providers find that the item could be, best first, each with the parts of its score."""
    found = await identities.candidates(house, item_id, query, year)
    return item_shapes.IdentityCandidates(
        candidates=[
            item_shapes.IdentityCandidate(
                provider=name,
                ids=one.hit.ids.as_dict(),
                score=one.score,
                score_parts=one.parts,
                title=one.hit.title,
                original_title=one.hit.original_title,
                year=one.hit.year,
                original_language=one.hit.original_language,
                runtime=one.hit.runtime,
            )
            for name, one in found.ranked
        ],
        faults=dict(found.faults),
    )


@router.post("/{item_id}/identity", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def set_identity(
    house: House, item_id: Id, wanted: item_shapes.NewIdentity, if_match: IfMatch = None
) -> shapes.Submitted:
    """Say what the item is. It is asked about at the providers again."""
    if (wanted.ids is None) == (wanted.choice is None):
        raise InvalidInput("Name either `ids` or the `choice` of what the review queue offers.")

    def change(tx: Tx) -> Submitted:
        if wanted.choice is not None:
            return identities.choose(tx, item_id, wanted.choice)
        return identities.set_identity(tx, item_id, wanted.ids or {})

    return await submit(house, item_id, if_match, change)


@router.post("/{item_id}/local", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def mark_local(house: House, item_id: Id, if_match: IfMatch = None) -> shapes.Submitted:
    """No provider knows it, a home video for instance: it is published from what is known here."""
    return await submit(house, item_id, if_match, lambda tx: identities.mark_local(tx, item_id))


@router.delete("/{item_id}/local", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def unmark_local(house: House, item_id: Id, if_match: IfMatch = None) -> shapes.Submitted:
    """Look for it at the providers again."""
    return await submit(house, item_id, if_match, lambda tx: identities.unmark_local(tx, item_id))


@router.get("/{item_id}/episode-orders", dependencies=[READ])
async def list_episode_orders(house: House, item_id: Id) -> item_shapes.KnownOrders:
    """The orders that a show's episodes can be pinned to, as its providers know them."""
    return item_shapes.KnownOrders.model_validate(await providers.episode_orders(house, item_id))


@router.put("/{item_id}/episode-order", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def set_episode_order(
    house: House, item_id: Id, wanted: item_shapes.EpisodeOrder, if_match: IfMatch = None
) -> shapes.Submitted:
    """The order that the numbers in a show's files are of."""
    return await submit(house, item_id, if_match, lambda tx: identities.set_episode_order(tx, item_id, wanted.order))


@router.post("/{item_id}/{kind}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def run_phase(
    house: House, item_id: Id, kind: shapes.Phase, order: shapes.PhaseOrder | None = None
) -> shapes.Submitted:
    """Scan the item's folder again, or enrich, publish, sync or verify it."""
    order = order or shapes.PhaseOrder()
    wanted = Order(kind, is_alone=order.only, is_forced=order.accept_missing, is_deep=order.deep)
    submitted = await house.store.write(lambda tx: phases.submit(tx, wanted, targets.resolve(tx, str(item_id))))
    return shapes.Submitted.model_validate(submitted)


def _details(found: items.ItemDetails) -> item_shapes.ItemDetails:
    document = _DOCUMENT.dump_python(found.item.metadata, exclude_defaults=True)
    item = {field: getattr(found.item, field) for field in item_shapes.Item.model_fields} | {"metadata": document}
    return item_shapes.ItemDetails(
        item=item_shapes.Item.model_validate(item),
        state=found.state,
        library=library_shapes.Library.model_validate(found.library),
        files=[item_shapes.File.model_validate(file) for file in found.files],
        choices=[item_shapes.Choice.model_validate(choice) for choice in found.choices],
        candidates=_candidates(found.candidates),
        questions=[item_shapes.Question.model_validate(row) for row in found.questions],
        history=[item_shapes.Change.model_validate(row) for row in found.history],
        players=[item_shapes.PlayerState.model_validate(row) for row in found.players],
        jobs=[shapes.Job.model_validate(row) for row in found.jobs],
    )


def _candidates(found: Sequence[tuple[Candidate, Score | None, bool]]) -> list[item_shapes.Candidate]:
    names = ("id", "kind", "provider", "url", "width", "height", "language")
    return [
        item_shapes.Candidate.model_validate(
            {name: getattr(candidate, name) for name in names}
            | {"score": score and score.total, "score_parts": score.parts if score else {}, "is_blocked": is_blocked}
        )
        for candidate, score, is_blocked in found
    ]
