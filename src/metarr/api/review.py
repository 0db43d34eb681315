"""`/api/v1/review`: what waits for a person, with the evidence. Answers go to `/items/{id}/identity` and `/local`."""

from __future__ import annotations

from fastapi import APIRouter

from metarr.actions import identities
from metarr.api import shapes
from metarr.api.deps import House, Limit
from metarr.web.access import READ

router = APIRouter(prefix="/review", tags=["review"])


@router.get("", dependencies=[READ])
async def list_questions(
    house: House, library: int | None = None, after: int = 0, limit: Limit = 100
) -> shapes.QuestionPage:
    """Open questions, oldest first."""
    page = await house.store.read(lambda tx: identities.questions(tx, library_id=library, after=after, limit=limit))
    return shapes.QuestionPage.model_validate(page)
