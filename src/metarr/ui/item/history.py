"""What happened to an item's files, run by run, each of which can be undone; and what lies in the recycle bin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request, Response

from metarr.actions import undoing
from metarr.api.deps import LARGEST, Id
from metarr.errors import InvalidInput
from metarr.store import published
from metarr.store.published import InBin
from metarr.ui.framing import house_of
from metarr.ui.item.files import size
from metarr.ui.item.framed import answer, changed, head_of, show_item
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from metarr.actions.phases import Submitted
    from metarr.errors import MetarrError
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_BIN_SHOWN = 100
Number = Annotated[int, Form(ge=1, le=LARGEST)]


@dataclass(frozen=True, slots=True)
class Run:
    """What one job did, newest first; None: no job did it."""

    job_id: int | None
    at: datetime
    lines: Sequence[Row]


@router.get("/items/{item_id}/history", dependencies=[READ])
async def get_history(request: Request, item_id: Id) -> Response:
    """The page."""
    return await _page(request, item_id)


@router.post("/items/{item_id}/undo", dependencies=[OPERATE])
async def undo(request: Request, item_id: Id, job: Number) -> Response:
    """Put the files back that a job wrote, replaced or removed. Publishing waits from then on."""

    def change(tx: Tx) -> Submitted:
        if not published.run_lines(tx, head_of(tx, item_id).item.id, [job]):
            raise InvalidInput(f"Job {job} changed no file of this item, so there is nothing to undo.")
        return undoing.undo(tx, job)

    return await _do(request, item_id, f"What job {job} did is being undone; publishing waits.", change)


@router.post("/items/{item_id}/restore", dependencies=[OPERATE])
async def restore(request: Request, item_id: Id, file: Number) -> Response:
    """Put a file of the recycle bin back where it was."""
    said = "The file is being put back; publishing waits."
    return await _do(request, item_id, said, lambda tx: undoing.restore(tx, [file]))


async def _do(request: Request, item_id: int, said: str, change: Callable[[Tx], Submitted]) -> Response:
    async def again(fault: MetarrError) -> Response:
        return await _page(request, item_id, fault)

    return await answer(request, changed(request, item_id, "", change), said, f"/items/{item_id}/history", again)


async def _page(request: Request, item_id: int, fault: MetarrError | None = None) -> Response:
    head, lines, kept = await house_of(request).store.read(
        lambda tx: (head_of(tx, item_id), published.history(tx, item_id), _bin(tx, item_id))
    )
    runs = [Run(job_id, rows[0]["at"], rows) for job_id, rows in _runs(lines)]
    return await show_item(request, "item_history.html", head, fault, runs=runs, kept=kept, size=size)


def _bin(tx: Tx, item_id: int) -> Sequence[Row]:
    found: Sequence[Row] = undoing.page(tx, InBin(item_id=item_id), before=None, limit=_BIN_SHOWN)["files"]
    return found


def _runs(lines: Sequence[Row]) -> list[tuple[int | None, Sequence[Row]]]:
    return [(job_id, list(rows)) for job_id, rows in groupby(lines, key=lambda row: row["job_id"])]
