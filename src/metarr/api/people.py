"""`/api/v1/people`: actors, directors and writers, and what they have done."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from metarr.actions import people
from metarr.api import item_shapes
from metarr.api.deps import House, Id, Limit
from metarr.api.item_query import Words
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(prefix="/people", tags=["people"])


@router.get("", dependencies=[READ])
async def list_people(
    house: House,
    search: Annotated[Words, Query()] = "",
    after: Annotated[str | None, Query(max_length=2000)] = None,
    limit: Limit = 100,
) -> item_shapes.PeoplePage:
    """People by name. Case and accents do not matter in a search."""
    found = await house.store.read(lambda tx: people.page(tx, search, after=after, limit=limit))
    return item_shapes.PeoplePage.model_validate(found)


@router.get("/{person_id}", dependencies=[READ])
async def get_person(house: House, person_id: Id) -> item_shapes.PersonDetails:
    """A person, and every item that they have a credit in."""
    person, credits_ = await house.store.read(lambda tx: people.details(tx, person_id))
    shown = [item_shapes.Credit.model_validate(one) for one in credits_]
    return item_shapes.PersonDetails.model_validate({**person, "credits": shown})
