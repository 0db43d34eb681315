"""`/api/v1/review`: what waits for a person, with the evidence. Answers go to `/items/{id}/identity` and `/local`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from metarr.actions import identities
from metarr.api import item_shapes
from metarr.api.deps import LARGEST, House, Id, Limit, Number
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

router = Router(prefix="/review", tags=["review"])


@router.get("", dependencies=[READ])
async def list_questions(
    house: House, library: Number = None, after: Annotated[int, Query(ge=0, le=LARGEST)] = 0, limit: Limit = 100
) -> item_shapes.QuestionPage:
    """Open questions, oldest first."""
    page = await house.store.read(lambda tx: identities.questions(tx, library_id=library, after=after, limit=limit))
    return item_shapes.QuestionPage.model_validate(page)


@router.post("/{question_id}/ignore", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def ignore_question(house: House, question_id: Id) -> None:
    """Leave it unanswered: a file stays what it was taken for, an item is not monitored any more."""
    await house.store.write(lambda tx: identities.ignore(tx, question_id))
