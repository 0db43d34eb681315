"""`/api/v1/items/bulk`: the same for many items, named or described by the filter of the list."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from metarr.actions import bulk
from metarr.actions.bulk import MOST, Action, BulkOrder
from metarr.actions.editing import Edit
from metarr.api.deps import LARGEST, House
from metarr.api.item_query import ItemQuery
from metarr.api.shapes import Scope, Shape, Text
from metarr.errors import InvalidInput
from metarr.store.locks import EVERYTHING
from metarr.web.access import OPERATE
from metarr.web.routing import Router

router = Router(prefix="/items", tags=["items"])
_EXAMPLES: list[JsonValue] = [
    {"action": "edit", "itemIds": [1, 2], "fields": {"genres": ["Western"]}},
    {"action": "lock", "filter": {"kind": ["movie"], "library": 1, "genre": "Western"}, "targets": ["artwork.poster"]},
]


class BulkRequest(Shape):
    """`itemIds` or `filter`. `fields`: of `edit`; `targets`: of `lock` and `unlock`, everything (`*`) unless told;
    `deep`: of `verify`, every byte is read.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})

    action: Action
    item_ids: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]] | None, Field(min_length=1, max_length=MOST)] = (
        None
    )
    filter: ItemQuery | None = None
    fields: Edit | None = None
    targets: Annotated[list[Annotated[str, Field(max_length=50)]], Field(min_length=1, max_length=100)] = Field(
        default_factory=lambda: [EVERYTHING]
    )
    deep: bool = False


class BulkFailure(Shape):
    item_id: int
    error: Text


class BulkResult(Shape):
    """`items`: how many were meant. `failed`: those of them for which it could not be done, with the reason."""

    items: int
    jobs: int
    failed: list[BulkFailure]
    scope: Scope


@router.post("/bulk", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def change_many(house: House, wanted: BulkRequest) -> BulkResult:
    """Do the same to many items. The work that it leads to has the priority of bulk work."""
    if (wanted.item_ids is None) == (wanted.filter is None):
        raise InvalidInput("Name either `itemIds` or a `filter`.")
    which = wanted.filter.as_filter() if wanted.filter is not None else (wanted.item_ids or [])
    order = BulkOrder(wanted.action, wanted.fields, tuple(wanted.targets), wanted.deep)
    done = await bulk.run(house, which, order)
    failed = [BulkFailure(item_id=item_id, error=error) for item_id, error in done.failed.items()]
    return BulkResult(items=done.items, jobs=done.jobs, failed=failed, scope=Scope.model_validate(done.scope))
