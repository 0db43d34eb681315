"""`/audit`: who did what that matters to who may do what."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime

from metarr.actions import audit
from metarr.actions.audit import Form
from metarr.api.deps import House, Limit, Number
from metarr.api.shapes import Document, Shape, Text
from metarr.model.audit import Deed, Result, Wanted
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(prefix="/audit", tags=["system"])
_FIRST, _LAST = 1900, 9000  # in every time zone, on every database
_TYPES = {Form.JSONL: "application/jsonl", Form.CSV: "text/csv; charset=utf-8"}


def _in_reach(moment: datetime) -> datetime:
    if not _FIRST <= moment.year <= _LAST:
        raise ValueError(f"the year must be from {_FIRST} to {_LAST}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class AuditEntry(Shape):
    """One line. `what`: the name of the thing it was done to; `more`: what else is known of it, never a secret.

    `times`: how often the same was refused between `at` and `lastAt`; `who` "": nobody whom we know.
    """

    id: int
    at: datetime
    last_at: datetime
    deed: Deed
    what: Text
    who: Text
    user_id: int | None
    address: Text
    result: Result
    times: int
    more: Document


class AuditPage(Shape):
    """Newest first. `before`: what to ask the next page with; null: this was the last one."""

    entries: list[AuditEntry]
    before: int | None


def _wanted(
    deed: Deed | None = None,
    who: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = None,
    user: Number = None,
    result: Result | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Wanted:
    return Wanted(deed, who, user, result, since, until)


Chosen = Annotated[Wanted, Depends(_wanted)]


@router.get("", dependencies=[ADMIN])
async def list_audit(house: House, wanted: Chosen, before: Number = None, limit: Limit = 100) -> AuditPage:
    """Who did what: of this kind, by this person, program or key (`who`) or user (`user`), in this time."""
    found = await house.store.read(lambda tx: audit.page(tx, wanted, before=before, limit=limit))
    return AuditPage.model_validate(found)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        HTTPStatus.OK.value: {
            "content": {
                "application/jsonl": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
            "description": "Every line that is wanted, newest first",
        }
    },
    dependencies=[ADMIN],
)
async def export_audit(
    house: House, wanted: Chosen, form: Annotated[Form, Query(alias="format")] = Form.JSONL
) -> StreamingResponse:
    """The same without pages, as a file: JSON lines or CSV. That it was exported is recorded, too."""
    name = f'attachment; filename="metarr-audit.{form.value}"'
    lines = audit.export(house, wanted, form)
    return StreamingResponse(lines, media_type=_TYPES[form], headers={"Content-Disposition": name})
