"""A set of movies: what it is, its movies, and what can be done to it. Its other pages are those of any item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request, Response

from metarr.actions import collections
from metarr.api.deps import Id
from metarr.model.artwork import KINDS
from metarr.model.media import ItemKind
from metarr.ui.cards import cards
from metarr.ui.framing import house_of
from metarr.ui.item.framed import head_of, show_item
from metarr.ui.lists import in_numbers
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.errors import MetarrError
    from metarr.store.db import Tx
    from metarr.ui.cards import Card
    from metarr.ui.item.framed import Head

router = Router(include_in_schema=False)
_PHASES = (("enrich", "Enrich"), ("publish", "Publish"))  # it lies in no folder, and players know it by its movies


@dataclass(frozen=True, slots=True)
class Set:
    """What the page shows, read in one transaction."""

    head: Head
    numbers: str
    members: Sequence[Card]


@router.get("/collections/{item_id}", dependencies=[READ])
async def get_set(request: Request, item_id: Id) -> Response:
    """The page."""
    return await set_page(request, await house_of(request).store.read(lambda tx: set_of(tx, item_id)))


async def set_page(request: Request, seen: Set, fault: MetarrError | None = None) -> Response:
    """The page, perhaps with what went wrong."""
    art = sorted(KINDS[ItemKind.MOVIE])
    return await show_item(request, "collection.html", seen.head, fault, seen=seen, phases=_PHASES, art=art)


def set_of(tx: Tx, item_id: int) -> Set:
    """Raises NotFound, also for what is no set."""
    line, members = collections.details(tx, item_id)
    return Set(head_of(tx, item_id), in_numbers(line), cards(tx, members))
