"""Movies, series and sets: searched, filtered, sorted, as posters or as a table, with what people keep as tabs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse

from metarr.actions import collections, items, views
from metarr.actions.views import Place
from metarr.api import listing_text
from metarr.model.artwork import KINDS
from metarr.model.media import ItemKind
from metarr.model.words import counted
from metarr.store import libraries, traits
from metarr.store.traits import Trait
from metarr.ui import filters
from metarr.ui.cards import Card, cards
from metarr.ui.filters import Offered, address
from metarr.ui.framing import house_of, show
from metarr.web.access import READ, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.collections import CollectionLine
    from metarr.api.item_query import ItemListing
    from metarr.model.access import Caller
    from metarr.store.db import Tx
    from metarr.store.views import SavedView
    from metarr.ui.filters import Chip, Field, Pairs

router = Router(include_in_schema=False)
_SHOWN = 96  # on a page: whole rows of 2, 3, 4, 6 or 8
_LOOK = "metarr_view"
_LOOKS = ("grid", "table")
_YEAR = 31_536_000  # seconds


@dataclass(frozen=True, slots=True)
class Shelf:
    """A list in the navigation. `kinds`: the first unless another is asked for, with their names."""

    place: Place
    title: str
    kinds: dict[ItemKind, str]

    @property
    def path(self) -> str:
        """Its address."""
        return f"/{self.place}"


@dataclass(frozen=True, slots=True)
class Tab:
    """A list that somebody kept. `number`: None for all items."""

    name: str
    address: str
    is_current: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What the page shows."""

    kind: ItemKind
    cards: Sequence[Card]
    total: int | None
    query: str
    pairs: Pairs
    fields: Sequence[Field]
    chips: Sequence[Chip]
    tabs: Sequence[Tab]
    next: str | None


SHELVES = {
    shelf.place: shelf
    for shelf in (
        Shelf(Place.MOVIES, "Movies", {ItemKind.MOVIE: "Movies"}),
        Shelf(
            Place.SERIES,
            "Series",
            {ItemKind.SERIES: "Series", ItemKind.SEASON: "Seasons", ItemKind.EPISODE: "Episodes"},
        ),
        Shelf(Place.COLLECTIONS, "Collections", {ItemKind.COLLECTION: "Collections"}),
    )
}


@router.get("/movies", dependencies=[READ])
async def movies(request: Request, caller: Known) -> HTMLResponse:
    """All movies."""
    return await _page(request, caller, SHELVES[Place.MOVIES])


@router.get("/series", dependencies=[READ])
async def series(request: Request, caller: Known) -> HTMLResponse:
    """All shows, seasons or episodes."""
    return await _page(request, caller, SHELVES[Place.SERIES])


@router.get("/collections", dependencies=[READ])
async def sets(request: Request, caller: Known) -> HTMLResponse:
    """All sets of movies."""
    return await _page(request, caller, SHELVES[Place.COLLECTIONS])


def of_shelf(shelf: Shelf, wanted: ItemListing) -> ItemListing:
    """The same of exactly one kind of this shelf."""
    kind = next((one for one in wanted.kind if one in shelf.kinds), next(iter(shelf.kinds)))
    return wanted.model_copy(update={"kind": [kind]})


async def _page(request: Request, caller: Caller, shelf: Shelf) -> HTMLResponse:
    asked, faults = listing_text.understood(request.query_params.multi_items())
    wanted = of_shelf(shelf, asked)
    listing = await house_of(request).store.read(lambda tx: _listing(tx, caller, shelf, wanted))
    chosen = request.query_params.get("view", "")
    look = next((one for one in (chosen, request.cookies.get(_LOOK)) if one in _LOOKS), _LOOKS[0])
    answer = await show(
        request,
        "list.html",
        shelf.place.value,
        shelf=shelf,
        listing=listing,
        wanted=wanted,
        faults=faults,
        look=look,
        links=_Links(shelf, listing),
        sorts=filters.sorts(listing.kind),
        art=sorted(KINDS[listing.kind]),
    )
    if chosen in _LOOKS:
        is_safe = request.url.scheme == "https"
        answer.set_cookie(_LOOK, chosen, max_age=_YEAR, path="/", secure=is_safe, httponly=True, samesite="lax")
    return answer


class _Links:
    """Addresses of the same list, differently."""

    def __init__(self, shelf: Shelf, listing: Listing) -> None:
        self._path, self._pairs = shelf.path, listing.pairs

    @property
    def first(self) -> str:
        """Its first page."""
        return address(self._path, self._pairs)

    def look(self, name: str) -> str:
        """As a grid or a table."""
        return address(self._path, [*self._pairs, ("view", name)])

    def kind(self, kind: ItemKind) -> str:
        """Of another kind; filters of the one need not fit the other."""
        return address(self._path, [("kind", kind.value)])

    def sort(self, name: str) -> str:
        """By a column; once more, the other way round."""
        given = dict(self._pairs)
        is_again = given.get("sort", "title") == name and given.get("descending") != "true"
        others = [pair for pair in self._pairs if pair[0] not in {"sort", "descending"}]
        return address(self._path, [*others, ("sort", name), *([("descending", "true")] if is_again else [])])


def _listing(tx: Tx, caller: Caller, shelf: Shelf, wanted: ItemListing) -> Listing:
    page = items.page(
        tx,
        wanted.as_filter(),
        wanted.order,
        after=wanted.after,
        limit=_SHOWN,
        is_counted=wanted.after is None,
    )
    [kind] = wanted.kind
    pairs = _plain(shelf, wanted)
    fields = filters.fields(kind, _offered(tx), dict(pairs))
    return Listing(
        kind=kind,
        cards=_with_sizes(tx, cards(tx, page.items)),
        total=page.total,
        query=listing_text.written(wanted),
        pairs=pairs,
        fields=fields,
        chips=filters.chips(shelf.path, pairs, fields),
        tabs=_tabs(shelf, pairs, views.listed(tx, caller)),
        next=page.after and address(shelf.path, [*pairs, ("after", page.after)]),
    )


def _plain(shelf: Shelf, wanted: ItemListing) -> Pairs:
    """Without what the list's own address says already."""
    own = ("kind", next(iter(shelf.kinds)).value)
    return [pair for pair in listing_text.pairs(wanted) if pair != own]


def _tabs(shelf: Shelf, pairs: Pairs, kept: Sequence[SavedView]) -> list[Tab]:
    found = [Tab("All", shelf.path, not pairs)]
    for view in kept:
        if view.place == shelf.place:
            asked, _ = listing_text.understood(listing_text.parts(view.query))
            theirs = _plain(shelf, of_shelf(shelf, asked))
            found.append(Tab(view.name, address(shelf.path, theirs), theirs == pairs, view.id))
    return found


def _offered(tx: Tx) -> Offered:
    known = tuple((str(one.id), one.name) for one in libraries.everything(tx))
    return Offered(known, *(traits.values(tx, one) for one in (Trait.GENRE, Trait.AUDIO, Trait.SUBTITLE)))


def _with_sizes(tx: Tx, found: Sequence[Card]) -> Sequence[Card]:
    """Sets say how many movies they have."""
    if not found or found[0].line.kind != ItemKind.COLLECTION:
        return found
    counted = collections.counted(tx, tuple(card.line for card in found))
    return [replace(card, note=in_numbers(one)) for card, one in zip(found, counted, strict=True)]


def in_numbers(one: CollectionLine) -> str:
    """How many movies of a set are here."""
    here = counted(one.movies, "movie")
    return f"{here}, {one.missing} missing" if one.missing else here
