"""People and what they have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from metarr.actions import people
from metarr.actions.showing import storable
from metarr.api.deps import Id
from metarr.ui.cards import cards
from metarr.ui.filters import address
from metarr.ui.framing import house_of, show
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.db import Row, Tx
    from metarr.ui.cards import Card

router = Router(include_in_schema=False)
Words = Annotated[str, Query(max_length=200), AfterValidator(storable)]
After = Annotated[str | None, Query(max_length=2000)]
_SHOWN = 96  # people on a page
_JOBS = {"actor": "Acting", "director": "Directing", "writer": "Writing"}


@dataclass(frozen=True, slots=True)
class Group:
    """Items under one heading."""

    title: str
    cards: Sequence[Card]


@router.get("/people", dependencies=[READ])
async def everybody(request: Request, search: Words = "", after: After = None) -> HTMLResponse:
    """People by name."""
    found = await house_of(request).store.read(lambda tx: people.page(tx, search, after=after, limit=_SHOWN))
    kept = [("search", search)] if search else []
    following = found.after and address("/people", [*kept, ("after", found.after)])
    return await show(request, "people.html", "people", found=found, search=search, next=following, is_first=not after)


@router.get("/people/{person_id}", dependencies=[READ])
async def person(request: Request, person_id: Id) -> HTMLResponse:
    """What somebody has done."""
    found, groups = await house_of(request).store.read(lambda tx: _person(tx, person_id))
    return await show(request, "person.html", "people", person=found, groups=groups)


def _person(tx: Tx, person_id: int) -> tuple[Row, list[Group]]:
    found, credits_ = people.details(tx, person_id)
    groups = []
    for job, title in _JOBS.items():
        done = [one for one in credits_ if one.job == job]
        roles: dict[int, list[str]] = {}
        for one in done:
            roles.setdefault(one.item.id, []).append(one.role)
        lines = {one.item.id: one.item for one in done}
        shown = [card.with_role(", ".join(filter(None, roles[card.id]))) for card in cards(tx, list(lines.values()))]
        groups += [Group(title, shown)] if shown else []
    return found, groups
