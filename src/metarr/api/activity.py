"""`/api/v1/activity`: everything that happened, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AliasPath, Field

from metarr.actions import activity, waiting
from metarr.actions.waiting import NeedKind
from metarr.api.deps import House, Limit, Number
from metarr.api.shapes import Shape, Text
from metarr.model.access import Right
from metarr.model.event import PROGRESS, EventType
from metarr.store.activity import Other, Wanted
from metarr.web.access import READ

router = APIRouter(prefix="/activity", tags=["activity"])
_TYPES = tuple(sorted([*(one.value for one in EventType if one not in PROGRESS), *(one.value for one in Other)]))
Type = Literal[_TYPES]  # type: ignore[valid-type]  # made of the enums, so that no type is forgotten


class Entry(Shape):
    """Something that happened. `root`: the job that its workflow began with."""

    type: str
    words: Text
    item_id: int | None
    title: Text | None
    library_id: int | None
    job_id: int | None
    root: int | None
    at: Annotated[datetime, Field(validation_alias=AliasPath("place", "at"))]


class EntryPage(Shape):
    """`before`: where the next page begins; null: this was the last."""

    entries: list[Entry]
    before: str | None


class Need(Shape):
    """Something that a person has to decide or to mend. `words` follow the number, where there is one.

    `right`: what whoever deals with it needs; `subject`: the name or number of what it is about; `isHealth`: work waits
    for it.
    """

    kind: NeedKind
    right: Right
    number: int | None
    words: Text
    remedy: Text
    subject: Text
    since: datetime | None
    is_health: bool


@router.get("/needs", dependencies=[READ])
async def list_needs(house: House) -> list[Need]:
    """What waits for a person: doubtful matches, failed jobs, refused keys, a first publishing, and so on."""
    return [Need.model_validate(one) for one in await house.store.read(waiting.needs)]


@router.get("", dependencies=[READ])
async def list_activity(
    house: House,
    types: Annotated[list[Type] | None, Query(alias="type", max_length=len(_TYPES))] = None,
    library: Number = None,
    item: Number = None,
    before: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 100,
) -> EntryPage:
    """Everything that happened, newest first: what jobs came to, what download managers sent, what was cancelled."""
    wanted = Wanted(frozenset(types or ()), library, item)
    return EntryPage.model_validate(
        await house.store.read(lambda tx: activity.page(tx, wanted, before=before, limit=limit))
    )
