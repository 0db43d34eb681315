"""`/api/v1/collections`: sets of movies. Everything of `/items/{id}` works for them too."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from metarr.actions import collections
from metarr.api import item_shapes
from metarr.api.deps import House, Id, Limit, Number
from metarr.api.item_query import Words
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(prefix="/collections", tags=["collections"])


@router.get("", dependencies=[READ])
async def list_collections(
    house: House,
    library: Number = None,
    search: Annotated[Words | None, Query()] = None,
    after: Annotated[str | None, Query(max_length=4000)] = None,
    limit: Limit = 100,
) -> item_shapes.CollectionPage:
    """Sets of movies by name."""
    found = await house.store.read(
        lambda tx: collections.page(tx, library_id=library, search=search, after=after, limit=limit)
    )
    return item_shapes.CollectionPage.model_validate(found)


@router.get("/{collection_id}", dependencies=[READ])
async def get_collection(house: House, collection_id: Id) -> item_shapes.CollectionDetails:
    """A set with the movies of it that are here or were; `state` says which are missing."""
    line, members = await house.store.read(lambda tx: collections.details(tx, collection_id))
    shown = [item_shapes.ItemLine.model_validate(one) for one in members]
    set_ = item_shapes.ItemLine.model_validate(line.item)
    return item_shapes.CollectionDetails(item=set_, movies=line.movies, missing=line.missing, members=shown)
