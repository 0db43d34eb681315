"""The search: its page, and the answers that the dialog in the bar shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from metarr.actions import searching
from metarr.actions.settings import described
from metarr.actions.showing import storable
from metarr.model.media import ItemKind
from metarr.store import libraries
from metarr.ui.account.area import ACCOUNT
from metarr.ui.cards import cards
from metarr.ui.filters import address
from metarr.ui.framing import house_of, show
from metarr.ui.rendering import render
from metarr.ui.search import deeds
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.sections import page_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import READ, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.searching import Titles
    from metarr.model.access import Caller
    from metarr.store.db import Row, Tx
    from metarr.ui.cards import Card
    from metarr.ui.search.deeds import Entry

router = Router(include_in_schema=False)
Words = Annotated[str, Query(max_length=200), AfterValidator(storable)]
_AREAS = (SETTINGS, SYSTEM, ACCOUNT)
_OFFERED = 6  # of each kind, in the dialog
_FOUND, _FACES, _ENTRIES = 12, 8, 24  # on the page
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
    more: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `entries`: by the words that stand above them, what can be done, opened and set."""

    groups: Sequence[Group]
    people: Sequence[Row]
    more_people: str | None
    entries: Sequence[tuple[str, Sequence[Entry]]]

    @property
    def number(self) -> int:
        """Of everything that is shown."""
        parts = (*(group.cards for group in self.groups), self.people, *(one for _, one in self.entries))
        return sum(map(len, parts))


@router.get("/search", dependencies=[READ])
async def everything(request: Request, caller: Known, q: Words = "") -> HTMLResponse:
    """Everything that has these words."""
    words = q.strip()
    found = await house_of(request).store.read(lambda tx: _found(tx, caller, words)) if words else None
    return await show(request, "search.html", "search", found=found, words=words)


@router.get("/search/offers", dependencies=[READ])
async def offers(request: Request, caller: Known, q: Words = "") -> HTMLResponse:
    """A list for the dialog: the best few of each kind."""
    words = q.strip()
    return render("search_offers.html", **await house_of(request).store.read(lambda tx: _offered(tx, caller, words)))


def _found(tx: Tx, caller: Caller, words: str) -> Found:
    titles = searching.by_kind(tx, words, [kind for kind, *_ in _PLACES], _FOUND)
    shown = {card.id: card for card in cards(tx, [line for found in titles.values() for line in found.items])}
    groups = [_group(words, titles[place[0]], shown, *place) for place in _PLACES]
    known = searching.names(tx, words, _FACES)
    more = address("/people", [("search", words)]) if known.has_more else None
    entries = _entries(tx, caller, words, _ENTRIES)
    return Found([group for group in groups if group.cards], known.people, more, entries)


def _group(words: str, found: Titles, shown: Mapping[int, Card], kind: ItemKind, title: str, path: str) -> Group:
    of_kind = [("kind", kind.value)] if kind is ItemKind.EPISODE else []
    more = address(path, [*of_kind, ("search", words)]) if found.has_more else None
    return Group(title, [shown[line.id] for line in found.items], more)


def _offered(tx: Tx, caller: Caller, words: str) -> dict[str, object]:
    found = searching.titles(tx, words, [kind for kind, *_ in _PLACES], _OFFERED)
    return {
        "words": words,
        "titles": cards(tx, found.items),
        "people": searching.names(tx, words, _OFFERED).people,
        "entries": _entries(tx, caller, words, _OFFERED),
    }


def _entries(tx: Tx, caller: Caller, words: str, limit: int) -> list[tuple[str, Sequence[Entry]]]:
    """The group with the best answer first."""
    groups = (
        ("Actions", deeds.deeds(libraries.everything(tx))),
        ("Pages", deeds.pages(_AREAS)),
        ("Settings", deeds.settings(described(), page_of)),
    )
    ranked = [(title, deeds.found(entries, words, caller.rights, limit)) for title, entries in groups]
    answers = sorted(((title, found) for title, found in ranked if found), key=lambda one: one[1][0][0])
    return [(title, [entry for _, entry in found]) for title, found in answers]
