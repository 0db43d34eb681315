"""People and what they have done, a set and its movies, and the search in the bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from metarr.actions import collections, items, people
from metarr.actions.showing import storable
from metarr.api.deps import Id
from metarr.model.artwork import KINDS, ArtworkKind
from metarr.model.media import ItemKind
from metarr.store.item_pages import Filter
from metarr.ui.cards import cards
from metarr.ui.filters import address
from metarr.ui.framing import house_of, show
from metarr.ui.lists import in_numbers
from metarr.web.access import READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.collections import CollectionLine
    from metarr.store.db import Row, Tx
    from metarr.ui.cards import Card

router = APIRouter(include_in_schema=False)
Words = Annotated[str, Query(max_length=200), AfterValidator(storable)]
After = Annotated[str | None, Query(max_length=2000)]
_SHOWN = 96  # people on a page
_FOUND = 12  # of each kind, in the search
_FACES = 8
_JOBS = {"actor": "Acting", "director": "Directing", "writer": "Writing"}
_PLACES = (
    (ItemKind.MOVIE, "Movies", "/movies"),
    (ItemKind.SERIES, "Series", "/series"),
    (ItemKind.EPISODE, "Episodes", "/series"),
    (ItemKind.COLLECTION, "Collections", "/collections"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Items under one heading. `more`: where all of them are; None: these are all."""

    title: str
    cards: Sequence[Card]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    groups: Sequence[Group]
    people: Sequence[Row]
    more_people: str | None


@dataclass(frozen=True, slots=True)
class Set:
    """A set of movies. `plot` and `backdrop` are empty where there is none."""

    line: CollectionLine
    numbers: str
    plot: str
    members: Sequence[Card]

    @property
    def backdrop(self) -> str | None:
        """The sha256 of its fan art."""
        return self.line.item.pictures.get(ArtworkKind.FANART)

    @property
    def poster(self) -> str | None:
        """The sha256 of its poster."""
        return self.line.item.pictures.get(ArtworkKind.POSTER)


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


@router.get("/collections/{collection_id}", dependencies=[READ])
async def collection(request: Request, collection_id: Id) -> HTMLResponse:
    """A set and its movies."""
    found = await house_of(request).store.read(lambda tx: _set(tx, collection_id))
    return await show(request, "collection.html", "collections", set=found, art=sorted(KINDS[ItemKind.MOVIE]))


@router.get("/search", dependencies=[READ])
async def everything(request: Request, q: Words = "") -> HTMLResponse:
    """Items and people whose titles and names have these words."""
    words = q.strip()
    found = await house_of(request).store.read(lambda tx: _found(tx, words)) if words else Found((), (), None)
    return await show(request, "search.html", "search", found=found, words=words)


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


def _set(tx: Tx, collection_id: int) -> Set:
    line, members = collections.details(tx, collection_id)
    item = items.details(tx, collection_id).item
    return Set(line, in_numbers(line), item.metadata.plot or "", cards(tx, members))


def _found(tx: Tx, words: str) -> Found:
    groups = [_group(tx, words, *place) for place in _PLACES]
    known = people.page(tx, words, limit=_FACES)
    more = address("/people", [("search", words)]) if known.after else None
    return Found([group for group in groups if group.cards], known.people, more)


def _group(tx: Tx, words: str, kind: ItemKind, title: str, path: str) -> Group:
    page = items.page(tx, Filter(kinds=(kind,), search=words), limit=_FOUND)
    of_kind = [("kind", kind.value)] if kind is ItemKind.EPISODE else []
    more = address(path, [*of_kind, ("search", words)]) if page.after else None
    return Group(title, cards(tx, page.items), more)
