"""`/api/v1/recycle-bin`, and undoing what a job did to the files of a library."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Body, Depends, Query
from pydantic import AfterValidator, Field

from metarr.actions import undoing
from metarr.actions.showing import storable
from metarr.api import shapes
from metarr.api.deps import LARGEST, House, Id, Limit, Number
from metarr.store.published import InBin
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

router = Router(tags=["files"])
PathPart = Annotated[str, Field(max_length=500), AfterValidator(storable)]
_NUMBERS = Body(min_length=1, max_length=500, description="Numbers of the recycle bin's list", examples=[[7, 8]])
Rows = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]], _NUMBERS]


class RecycledFile(shapes.Shape):
    """A file that was replaced or removed. Its bytes are in the cache."""

    id: int
    library_id: int
    item_id: int | None
    job_id: int | None
    path: shapes.Text
    size: int
    reason: shapes.Text
    recycled_at: datetime


class RecycledPage(shapes.Shape):
    """`before`: where the next page begins; None: this was the last."""

    files: list[RecycledFile]
    before: int | None


def _sought(
    library: Number = None,
    item: Number = None,
    job: Number = None,
    path: Annotated[PathPart, Query(description="A part of its path; case does not matter")] = "",
) -> InBin:
    return InBin(library, item, job, path.strip())


@router.get("/recycle-bin", dependencies=[READ])
async def list_recycled(
    house: House, wanted: Annotated[InBin, Depends(_sought)], before: Number = None, limit: Limit = 100
) -> RecycledPage:
    """What can be put back, newest first."""
    found = await house.store.read(lambda tx: undoing.page(tx, wanted, before=before, limit=limit))
    return RecycledPage.model_validate(found)


@router.post("/recycle-bin/restore", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def restore_files(house: House, rows: Rows) -> shapes.Submitted:
    """Put files back where they were. Their items are not published again until they are released."""
    return shapes.Submitted.model_validate(await house.store.write(lambda tx: undoing.restore(tx, rows)))


@router.post("/jobs/{job_id}/undo", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def undo_job(house: House, job_id: Id, *, workflow: bool = False) -> shapes.Submitted:
    """Put the files back that a job (or its whole workflow) wrote, replaced or removed."""
    return shapes.Submitted.model_validate(
        await house.store.write(lambda tx: undoing.undo(tx, job_id, is_whole=workflow))
    )


@router.post("/items/{item_id}/release", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def release_item(house: House, item_id: Id) -> shapes.Submitted:
    """Publish an item again that an undo put on hold."""
    return shapes.Submitted.model_validate(await house.store.write(lambda tx: undoing.release(tx, item_id)))
