"""What an item is, by a person's word: one of what the providers find, ids, or something that no provider knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Query, Request, Response

from metarr.actions import identities, providers
from metarr.actions.identities import Candidates
from metarr.actions.showing import storable
from metarr.api.deps import Id
from metarr.errors import InvalidInput, MetarrError
from metarr.model.media import ItemKind
from metarr.store import items, reviews
from metarr.ui.framing import house_of
from metarr.ui.item.framed import Version, answer, changed, head_of, show_item
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.actions.phases import Submitted
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_OF_THEIR_OWN = frozenset({ItemKind.MOVIE, ItemKind.SERIES})
Text = Annotated[str, Form(max_length=100)]
Year = Annotated[str, Query(max_length=4, pattern=r"^[0-9]*$")]
_FIRST_YEAR, _LAST_YEAR = 1870, 2200


@router.get("/items/{item_id}/identify", dependencies=[READ])
async def get_identity(
    request: Request, item_id: Id, query: Annotated[str, Query(max_length=200)] = "", year: Year = ""
) -> Response:
    """The page; with a title or year in the address, what the providers find by it."""
    return await _page(request, item_id, query=query, year=year)


@router.post("/items/{item_id}/identity", dependencies=[OPERATE])
async def set_identity(
    request: Request,
    item_id: Id,
    tmdb: Text = "",
    imdb: Text = "",
    tvdb: Text = "",
    tvmaze: Text = "",
    version: Version = "",
) -> Response:
    """It is what these ids name."""
    given = {"tmdb": tmdb, "imdb": imdb, "tvdb": tvdb, "tvmaze": tvmaze}
    ids = {name: text.strip() for name, text in given.items() if text.strip()}
    return await _do(request, item_id, version, lambda tx: identities.set_identity(tx, item_id, ids))


@router.post("/items/{item_id}/identity/choice", dependencies=[OPERATE])
async def choose_identity(
    request: Request, item_id: Id, choice: Annotated[int, Form(ge=1, le=1000)], version: Version = ""
) -> Response:
    """It is what the review queue offers under this number."""
    return await _do(request, item_id, version, lambda tx: identities.choose(tx, item_id, choice))


@router.post("/items/{item_id}/local", dependencies=[OPERATE])
async def mark_local(request: Request, item_id: Id, local: Annotated[bool, Form()], version: Version = "") -> Response:
    """No provider knows it; or: look for it at the providers again."""
    mark = identities.mark_local if local else identities.unmark_local
    return await _do(request, item_id, version, lambda tx: mark(tx, item_id))


@router.post("/items/{item_id}/episode-order", dependencies=[OPERATE])
async def set_order(request: Request, item_id: Id, order: Text, version: Version = "") -> Response:
    """The order that the numbers in a show's files are of."""
    return await _do(request, item_id, version, lambda tx: identities.set_episode_order(tx, item_id, order))


async def _do(request: Request, item_id: int, version: str, change: Callable[[Tx], Submitted]) -> Response:
    async def again(fault: MetarrError) -> Response:
        return await _page(request, item_id, fault)

    done = changed(request, item_id, version, change)
    return await answer(request, done, "Done; what follows from it has begun.", f"/items/{item_id}", again)


async def _page(
    request: Request, item_id: int, fault: MetarrError | None = None, query: str = "", year: str = ""
) -> Response:
    house = house_of(request)
    head, questions, evidence = await house.store.read(
        lambda tx: (
            head_of(tx, item_id),
            reviews.open_questions(tx, item_id=item_id),
            items.evidence(tx, items.get(tx, item_id).id),
        )
    )
    found: Candidates | None = None
    if query or year:
        try:
            found = await identities.candidates(house, item_id, _words(query), _year(year))
        except (MetarrError, ValueError) as error:
            fault = error if isinstance(error, MetarrError) else InvalidInput(str(error))
    return await show_item(
        request,
        "item_identify.html",
        head,
        fault,
        questions=questions,
        evidence=evidence,
        found=found,
        query=query,
        year=year,
        orders=(await providers.episode_orders(house, item_id)).orders if head.item.kind is ItemKind.SERIES else (),
        is_findable=head.item.kind in _OF_THEIR_OWN,
    )


def _words(query: str) -> str | None:
    return storable(query.strip()) or None


def _year(text: str) -> int | None:
    year = int(text) if text else None
    if year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"{year} is no year of a film or show.")
    return year
