"""Looking at items: pages of them, and everything that is known about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metarr.actions import cursors
from metarr.actions.follow_up import nothing
from metarr.errors import InvalidInput
from metarr.jobs import desk
from metarr.jobs.summary import Scope
from metarr.model.media import Identity, Item, ItemState
from metarr.store import artwork, files, item_pages, items, libraries, locks, overview, published, reviews
from metarr.store.item_pages import Filter, Key, Order, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from metarr.actions.phases import Submitted
    from metarr.model.artwork import Candidate, Score, Selection
    from metarr.model.media import Library, MediaFile
    from metarr.store.db import Row, Tx

_CANDIDATES_SHOWN = 200
_JOBS_SHOWN = 20
EVERYTHING, BY_TITLE = Filter(), Order()


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in a list. `state` says in a few words how far it is; `pictures`: the first of each kind, its sha256."""

    id: int
    kind: str
    library_id: int
    parent_id: int | None
    title: str
    year: int | None
    season_number: int | None
    episode_number: int | None
    rating: float | None
    folder: str
    state: ItemState
    is_monitored: bool
    awaits_choice: bool
    created_at: datetime
    changed_at: datetime | None
    pictures: Mapping[str, str]
    players: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page; `after` asks for the next one, None: this was the last. `total`: of all pages, where it was asked."""

    items: tuple[ItemLine, ...]
    after: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """Everything that is known about an item."""

    item: Item
    state: ItemState
    library: Library
    files: Sequence[MediaFile]
    choices: Sequence[Selection]
    candidates: Sequence[tuple[Candidate, Score | None, bool]]
    questions: Sequence[Row]
    history: Sequence[Row]
    players: Sequence[Row]
    jobs: Sequence[Row]
    version: dict[str, Any]


def page(
    tx: Tx,
    wanted: Filter = EVERYTHING,
    order: Order = BY_TITLE,
    *,
    after: str | None = None,
    limit: int = 100,
    is_counted: bool = False,
) -> ItemPage:
    """Items that match, in this order; movie sets only by their kind."""
    total: int | None
    if is_counted and after is None:
        found, total = item_pages.first_page(tx, wanted, order, limit + 1)
    else:
        found = item_pages.page(tx, wanted, order, None if after is None else _key(after, order), limit + 1)
        total = item_pages.count(tx, wanted) if is_counted else None
    last = found[limit - 1][0] if len(found) > limit else None
    return ItemPage(
        lines(tx, [row for _, row in found[:limit]]),
        None if last is None else _cursor(last, order),
        total,
    )


def lines(tx: Tx, rows: Sequence[Row]) -> tuple[ItemLine, ...]:
    """These rows as lists show them, in their order."""
    ids = [row["id"] for row in rows]
    pictures = artwork.first_pictures(tx, ids)
    players: dict[int, list[Row]] = {}
    for row in overview.player_states(tx, ids):
        players.setdefault(row["item_id"], []).append(row)
    return tuple(
        ItemLine(
            title=row["title"] or row["folder"],
            state=_state_of_row(row),
            awaits_choice=row["awaits_choice"],
            pictures=pictures.get(row["id"], {}),
            players=tuple(players.get(row["id"], ())),
            **{name: row[name] for name in _COPIED},
        )
        for row in rows
    )


def details(tx: Tx, item_id: int) -> ItemDetails:
    """Raises NotFound."""
    item = items.get(tx, item_id)
    return ItemDetails(
        item=item,
        state=state_of(item),
        library=libraries.get(tx, item.library_id),
        files=files.of_item(tx, item_id),
        choices=artwork.selections(tx, item_id),
        candidates=artwork.candidates(tx, item.id)[:_CANDIDATES_SHOWN],
        questions=reviews.open_questions(tx, item_id=item_id),
        history=published.history(tx, item_id),
        players=overview.player_states(tx, [item_id]),
        jobs=desk.page(tx, scope=Scope(item_id=item_id), limit=_JOBS_SHOWN),
        version=version(tx, item_id),
    )


def version(tx: Tx, item_id: int) -> dict[str, Any]:
    """What two people could overwrite for each other: it is another document after every edit, lock and choice.

    The revision grows with the metadata and with what is chosen, whoever changes it; the rest has no part in it.
    """
    item = items.get(tx, item_id)
    return {
        "id": item.id,
        "revision": item.revision,
        "identity": item.identity.value,
        "order": item.episode_order,
        "monitored": item.is_monitored,
        "held": item.is_held,
        "missing": item.missing_since is not None,
        "locks": locks.own(tx, item.id),
        "choices": [
            [one.kind.value, one.rank, one.blob, one.chosen_by.value] for one in artwork.selections(tx, item.id)
        ],
        "blocked": artwork.blocked(tx, item.id),
    }


def hold(tx: Tx, item_id: int) -> None:
    """Nobody else changes the item until this transaction ends. Raises NotFound."""
    items.hold(tx, item_id)


def files_of(tx: Tx, item_id: int) -> Sequence[MediaFile]:
    """The files that make up an item. Raises NotFound."""
    return files.of_item(tx, items.get(tx, item_id).id)


def set_monitored(tx: Tx, item_id: int, *, is_monitored: bool) -> Submitted:
    """Whether its metadata is asked for again as time goes by."""
    item = items.get(tx, item_id)
    items.update(tx, item.id, is_monitored=is_monitored)
    return nothing(tx, item)


def state_of(item: Item) -> ItemState:
    """How far an item is."""
    return _state(
        item.identity,
        item.revision,
        item.published_revision,
        is_missing=item.missing_since is not None,
        is_held=item.is_held,
    )


def _state_of_row(row: Row) -> ItemState:
    return _state(
        Identity(row["identity"]),
        row["revision"],
        row["published_revision"],
        is_missing=row["missing_since"] is not None,
        is_held=row["is_held"],
    )


def _state(
    identity: Identity, revision: int, published_revision: int | None, *, is_missing: bool, is_held: bool
) -> ItemState:
    if is_missing:
        return ItemState.MISSING
    if identity is Identity.REVIEW:
        return ItemState.NEEDS_IDENTIFICATION
    if is_held:
        return ItemState.HELD
    if published_revision is None:
        return ItemState.FOUND if identity is Identity.GUESSED else ItemState.IDENTIFIED
    return ItemState.PUBLISHED if published_revision >= revision else ItemState.TO_BE_PUBLISHED


_COPIED = (
    "id", "kind", "library_id", "parent_id", "year", "season_number", "episode_number", "rating", "folder",
    "is_monitored", "created_at", "changed_at",
)  # fmt: skip


_KINDS_OF_VALUES = {
    Sort.TITLE: cursors.text,
    Sort.YEAR: cursors.or_none(cursors.number),
    Sort.ADDED: cursors.instant,
    Sort.RATING: cursors.or_none(cursors.fraction),
    Sort.CHANGED: cursors.or_none(cursors.instant),
    Sort.NUMBER: cursors.number,
}


def _cursor(key: Key, order: Order) -> str:
    return cursors.written(order.by.value, order.is_descending, key.value, key.item_id)


def _key(cursor: str, order: Order) -> Key:
    anything = cursors.or_none(lambda part: part)
    by, is_descending, *_ = cursors.read(cursor, cursors.text, cursors.truth, anything, cursors.number)
    if (by, is_descending) != (order.by.value, order.is_descending):
        raise InvalidInput(f"`after` is of a list that is sorted by {by!r}; ask for its first page anew.")
    kinds = (cursors.text, cursors.truth, _KINDS_OF_VALUES[order.by], cursors.number)
    _, _, value, item_id = cursors.read(cursor, *kinds)
    return Key(value, cursors.number(item_id))
