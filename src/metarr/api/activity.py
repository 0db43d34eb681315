"""`/api/v1/activity`: everything that happened, newest first."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Query
from pydantic import AliasPath, Field

from metarr.actions import activity, waiting
from metarr.actions.schedules import user_zone
from metarr.actions.waiting import NeedKind
from metarr.api.activity_query import TYPES, Severity, Sought
from metarr.api.deps import House, Limit, Number
from metarr.api.item_query import Words
from metarr.api.shapes import Shape, Text
from metarr.model.access import Right
from metarr.model.job import Trigger
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.store.db import Tx

router = Router(prefix="/activity", tags=["activity"])
Type = Literal[TYPES]  # type: ignore[valid-type]  # made of the enums, so that no type is forgotten


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


def _sought(  # noqa: PLR0913  FastAPI reads the query's words from the parameters
    *,
    types: Annotated[list[Type] | None, Query(alias="type", max_length=len(TYPES))] = None,
    severity: Annotated[Severity | None, Query(description="Only faults, or all but them")] = None,
    trigger: Annotated[Trigger | None, Query(description="What its workflow began with")] = None,
    library: Number = None,
    item: Number = None,
    title: Annotated[Words, Query(description="A part of its item's title")] = "",
    since: Annotated[date | None, Query(description="From this day on, in the time zone of the schedules")] = None,
    until: Annotated[date | None, Query(description="Up to the end of this day")] = None,
) -> Sought:
    return Sought(types or (), severity, trigger, library, item, title.strip(), since, until)


@router.get("", dependencies=[READ])
async def list_activity(
    house: House,
    sought: Annotated[Sought, Depends(_sought)],
    before: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 100,
) -> EntryPage:
    """Everything that happened, newest first: what jobs came to, what download managers sent, what was cancelled."""

    def look(tx: Tx) -> activity.Page:
        wanted = sought.wanted(user_zone(tx, house.machine_zone))
        return activity.page(tx, wanted, before=before, limit=limit)

    return EntryPage.model_validate(await house.store.read(look))
