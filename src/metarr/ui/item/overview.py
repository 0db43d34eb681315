"""An item at a glance: what it is, who is in it, what belongs to it, what players show of it, and its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from metarr.actions import items
from metarr.api.deps import Id
from metarr.jobs import desk
from metarr.jobs.summary import Scope
from metarr.model.media import FileRole, ItemKind
from metarr.store import files, overview, people, reviews
from metarr.store.item_pages import Filter, Order, Sort
from metarr.ui.framing import house_of
from metarr.ui.item.collection import Set, set_of, set_page
from metarr.ui.item.files import StreamLine, streams_of
from metarr.ui.item.framed import Head, head_of, show_item
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.items import ItemLine
    from metarr.errors import MetarrError
    from metarr.model.media import CastMember, Item
    from metarr.store.db import Row, Tx
    from metarr.store.people import Portrait

router = Router(include_in_schema=False)
_ACTORS_SHOWN = 24
_JOBS_SHOWN = 8
_MOST_BELOW = 500
_SEASONS_OPEN = 12  # a show of more seasons shows the episodes on the pages of its seasons
PHASES = (
    ("scan", "Scan Directory"),
    ("enrich", "Enrich"),
    ("publish", "Publish"),
    ("sync", "Sync Players"),
    ("verify", "Verify"),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody of the cast, with the number and the head shot where they are known."""

    name: str
    role: str
    person_id: int | None
    portrait: str | None


@dataclass(frozen=True, slots=True)
class Season:
    """A season, and its episodes where they are shown here."""

    line: ItemLine
    episodes: Sequence[ItemLine]


@dataclass(frozen=True, slots=True)
class Glance:
    """What the page shows, read in one transaction."""

    head: Head
    actors: tuple[Actor, ...]
    seasons: tuple[Season, ...]
    episodes: Sequence[ItemLine]
    streams: Sequence[StreamLine]
    players: Sequence[Row]
    jobs: Sequence[Row]
    questions: Sequence[Row]


@router.get("/items/{item_id}", dependencies=[READ])
async def get_overview(request: Request, item_id: Id) -> Response:
    """The page."""
    return await overview_page(request, item_id)


async def overview_page(request: Request, item_id: int, fault: MetarrError | None = None) -> Response:
    """The page, perhaps with what went wrong. Raises NotFound."""
    seen = await house_of(request).store.read(lambda tx: _seen(tx, item_id))
    if isinstance(seen, Set):
        return RedirectResponse(seen.head.home, 303) if fault is None else await set_page(request, seen, fault)
    return await show_item(request, "item.html", seen.head, fault, seen=seen, phases=PHASES)


def _seen(tx: Tx, item_id: int) -> Glance | Set:
    head = head_of(tx, item_id)
    return set_of(tx, item_id) if head.item.kind is ItemKind.COLLECTION else _glance(tx, head)


def _glance(tx: Tx, head: Head) -> Glance:
    item, item_id = head.item, head.item.id
    is_show, is_season = item.kind is ItemKind.SERIES, item.kind is ItemKind.SEASON
    videos = [one for one in files.of_item(tx, item_id) if one.role is FileRole.VIDEO]
    return Glance(
        head=head,
        actors=_actors(tx, item),
        seasons=_seasons(tx, item) if is_show else (),
        episodes=_below(tx, Filter(parent_id=item.id)) if is_season else (),
        streams=[] if is_show or is_season else [streams_of(one) for one in videos],
        players=overview.player_states(tx, [item_id]),
        jobs=desk.page(tx, scope=Scope(item_id=item_id), limit=_JOBS_SHOWN),
        questions=reviews.open_questions(tx, item_id=item_id),
    )


def _actors(tx: Tx, item: Item) -> tuple[Actor, ...]:
    cast = item.metadata.cast[:_ACTORS_SHOWN]
    known = {one.name: one for one in people.portraits(tx, item.id, _ACTORS_SHOWN)} if cast else {}
    return tuple(_actor(one, known.get(one.name)) for one in cast)


def _actor(member: CastMember, person: Portrait | None) -> Actor:
    if person is None:
        return Actor(member.name, member.role, None, None)
    return Actor(member.name, member.role, person.person_id, person.blob)


def _seasons(tx: Tx, show: Item) -> tuple[Season, ...]:
    """In their order, with the specials last."""
    found = sorted(
        _below(tx, Filter(parent_id=show.id, kinds=(ItemKind.SEASON,))), key=lambda one: one.season_number == 0
    )
    has_episodes = len(found) <= _SEASONS_OPEN
    return tuple(Season(one, _below(tx, Filter(parent_id=one.id)) if has_episodes else ()) for one in found)


def _below(tx: Tx, wanted: Filter) -> Sequence[ItemLine]:
    return items.page(tx, wanted, Order(Sort.NUMBER), limit=_MOST_BELOW).items
