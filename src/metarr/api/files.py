"""`/api/v1/files`: files as scans saw them, above all those that they were not sure about."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from metarr.actions import files
from metarr.api import item_shapes
from metarr.api.deps import LARGEST, House, Limit, Number
from metarr.model.media import FileRole
from metarr.store.file_pages import FileFilter
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(prefix="/files", tags=["files"])


@router.get("", dependencies=[READ])
async def list_files(
    house: House,
    library: Number = None,
    role: Annotated[list[FileRole] | None, Query(max_length=len(FileRole))] = None,
    confidence_below: Annotated[int | None, Query(alias="confidenceBelow", ge=0, le=101)] = None,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Limit = 100,
) -> item_shapes.FilePage:
    """Files by their numbers. Below a confidence of 80 a person is asked about them."""
    wanted = FileFilter(library, tuple(role or ()), confidence_below)
    found = await house.store.read(lambda tx: files.page(tx, wanted, after=after, limit=limit))
    shown = [item_shapes.ListedFile.model_validate({**row, "item_ids": owners}) for row, owners in found.files]
    return item_shapes.FilePage(files=shown, after=found.after)
