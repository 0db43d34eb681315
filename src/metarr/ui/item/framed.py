"""What every page of an item has: what it is, where it stands, the ways to its other pages, and how faults are told."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Form

from metarr.actions import items as looking
from metarr.api import etags
from metarr.api.changing import unchanged
from metarr.errors import MetarrError
from metarr.model.media import ItemKind
from metarr.store import artwork, files, items, libraries
from metarr.ui.badges import STATES
from metarr.ui.framing import back, house_of, show
from metarr.web.problems import problem_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from fastapi import Request
    from fastapi.responses import HTMLResponse, Response

    from metarr.actions.artwork import Check
    from metarr.actions.phases import Submitted
    from metarr.model.media import Item, ItemState, Library
    from metarr.store.db import Tx
    from metarr.ui.badges import Badge

_TABS: Final = (
    ("", "Overview"),
    ("/edit", "Edit"),
    ("/artwork", "Artwork"),
    ("/files", "Files"),
    ("/plan", "Plan"),
    ("/history", "History"),
)
_PLACES = {
    ItemKind.MOVIE: ("movies", "Movies"),
    ItemKind.COLLECTION: ("collections", "Collections"),
    ItemKind.SERIES: ("series", "Series"),
    ItemKind.SEASON: ("series", "Series"),
    ItemKind.EPISODE: ("series", "Series"),
}
Version = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above each page. `above`: what the item is part of, address and name; `pictures`: sha256 by kind."""

    item: Item
    title: str
    state: ItemState
    library: Library
    place: str
    above: tuple[tuple[str, str], ...]
    pictures: Mapping[str, str]
    version: str
    has_files: bool

    @property
    def address(self) -> str:
        """What the addresses of its pages begin with."""
        return f"/items/{self.item.id}"

    @property
    def badge(self) -> Badge:
        """Where it stands."""
        return STATES[self.state]

    @property
    def home(self) -> str:
        """Its first page."""
        return f"/collections/{self.item.id}" if self.item.kind is ItemKind.COLLECTION else self.address

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """Addresses and names of the pages that it has."""
        return [(self.address + path if path else self.home, name) for path, name in _TABS if self._has(path)]

    def _has(self, path: str) -> bool:
        return path != "/files" or self.has_files


def head_of(tx: Tx, item_id: int) -> Head:
    """Raises NotFound."""
    item = items.get(tx, item_id)
    place, name = _PLACES[item.kind]
    parents: list[tuple[str, str]] = []
    parent_id = item.parent_id
    while parent_id is not None:
        parent = items.get(tx, parent_id)
        parents.insert(0, (f"/items/{parent.id}", called(parent)))
        parent_id = parent.parent_id
    return Head(
        item=item,
        title=called(item),
        state=looking.state_of(item),
        library=libraries.get(tx, item.library_id),
        place=place,
        above=((f"/{place}", name), *parents),
        pictures=artwork.first_pictures(tx, [item.id]).get(item.id, {}),
        version=etags.of_parts(looking.version(tx, item_id), None),
        has_files=files.has_any(tx, item.id),
    )


def called(item: Item) -> str:
    """The item as a heading names it."""
    known = item.metadata
    title = known.title or item.folder or f"Item {item.id}"
    if item.kind is ItemKind.EPISODE and known.episode is not None:
        return f"{known.season or 0}x{known.episode:02d} {known.title or ''}".strip()
    if item.kind is ItemKind.SEASON and known.season is not None:
        return known.title or ("Specials" if known.season == 0 else f"Season {known.season}")
    return f"{title} ({known.year})" if known.year else title


async def show_item(
    request: Request,
    template: str,
    head: Head,
    fault: MetarrError | None = None,
    **values: Any,  # noqa: ANN401  what templates show
) -> HTMLResponse:
    """One of an item's pages; with a fault, what went wrong stands at its top, and in the status."""
    status = HTTPStatus.OK if fault is None else problem_of(fault).status_code
    text = "" if fault is None else str(fault)
    return await show(request, template, head.place, status, head=head, fault=text, **values)


async def answer(
    request: Request,
    change: Awaitable[Submitted],
    said: str,
    otherwise: str,
    again: Callable[[MetarrError], Awaitable[Response]],
) -> Response:
    """Carry out what a form asks for, and go back to the page that it stands on. `again`: that page with a fault."""
    try:
        done = await change
    except MetarrError as error:
        return await again(error)
    return back(request, said, otherwise, work=done.scope if done.jobs else None)


async def changed(request: Request, item_id: int, version: str, change: Callable[[Tx], Submitted]) -> Submitted:
    """Change the item, unless somebody else has since the page was made. Raises Outdated."""
    check = guard(item_id, version)

    def body(tx: Tx) -> Submitted:
        check(tx)
        return change(tx)

    return await house_of(request).store.write(body)


def guard(item_id: int, version: str) -> Check:
    """What to call first in the transaction that changes the item; a form without a version changes it regardless."""
    return unchanged(item_id, version or None)


def work_of(found: Submitted, done: str) -> str:
    """What was done, and that work follows from it."""
    return f"{done}; the work that follows has begun." if found.jobs else f"{done}."
