"""The recycle bin: what was replaced or removed and can be put back, one file, many, or all that a job did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import undoing
from metarr.actions.showing import storable
from metarr.api.deps import LARGEST, Number
from metarr.model.words import counted
from metarr.store import items, libraries, published
from metarr.store import settings as stored
from metarr.store.published import InBin
from metarr.ui.framing import back, house_of, show
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import Library
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_SHOWN = 50
_PLACE = "/recycle-bin"
_PICTURES: Final = frozenset({"jpg", "jpeg", "png", "webp", "gif"})
Ticked = Annotated[list[Annotated[int, Form(ge=1, le=LARGEST)]], Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows. `files` and `size` (bytes): of the whole bin; `keep`: how long something stays."""

    rows: Sequence[Row]
    before: int | None
    titles: Mapping[int, str]
    libraries: Sequence[Library]
    files: int
    size: int
    keep: timedelta


@router.get("/recycle-bin", dependencies=[READ])
async def list_bin(
    request: Request,
    library: Number = None,
    item: Number = None,
    job: Number = None,
    path: Annotated[str, Query(max_length=500)] = "",
    before: Number = None,
) -> HTMLResponse:
    """The page, newest first."""
    house = house_of(request)
    wanted = InBin(library or None, item or None, job or None, _text(path))

    def look(tx: Tx) -> Seen:
        found = undoing.page(tx, wanted, before=before, limit=_SHOWN)
        files, size = published.bin_size(tx)
        return Seen(
            rows=found["files"],
            before=found["before"],
            titles=items.titles(tx, sorted({row["item_id"] for row in found["files"] if row["item_id"] is not None})),
            libraries=libraries.everything(tx),
            files=files,
            size=size,
            keep=timedelta(days=stored.load(tx).publishing.recycle_days),
        )

    seen = await house.store.read(look)
    values = {"library": wanted.library_id, "item": wanted.item_id, "job": wanted.job_id, "path": wanted.part}
    kept = {name: value for name, value in values.items() if value}
    return await show(
        request,
        "recycle_bin.html",
        "recycle-bin",
        seen=seen,
        wanted=wanted,
        pictures=_PICTURES,
        names={one.id: one.name for one in seen.libraries},
        folder=str(house.blobs.root),
        first=f"{_PLACE}?{urlencode(kept)}",
        next=f"{_PLACE}?{urlencode({**kept, 'before': seen.before})}" if seen.before else "",
        is_first=before is None,
    )


@router.post("/recycle-bin/restore", dependencies=[OPERATE])
async def restore(request: Request, file: Ticked = []) -> RedirectResponse:  # noqa: B006  FastAPI copies it
    """Put files back where they were. Publishing of their items waits from then on."""
    if not file:
        return back(request, "Tick what is to be put back.", _PLACE, is_fault=True)
    done = await house_of(request).store.write(lambda tx: undoing.restore(tx, file))
    said = f"{counted(len(set(file)), 'file is', 'files are')} being put back; publishing waits until you release it."
    return back(request, said, _PLACE, work=done.scope)


@router.post("/recycle-bin/undo", dependencies=[OPERATE])
async def undo(
    request: Request, job: Annotated[int, Form(ge=1, le=LARGEST)], whole: Annotated[str, Form(max_length=3)] = ""
) -> RedirectResponse:
    """Put back all that a job wrote, replaced or removed; or its whole workflow."""
    done = await house_of(request).store.write(lambda tx: undoing.undo(tx, job, is_whole=bool(whole)))
    said = f"What {'the workflow of ' if whole else ''}job {job} did is being undone; publishing waits."
    return back(request, said, _PLACE, work=done.scope)


def _text(text: str) -> str:
    try:
        return storable(text.strip())
    except ValueError:
        return ""
