"""Pages of items: filtered, sorted by any of several keys, and paged by key, quick with hundreds of thousands of items.

Every kind is read in the order of its index, and the results are put together: `ix_item_shelf` holds all that is
filtered and sorted by, so that no document is read of an item that is not on the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from metarr.model.folding import folded
from metarr.model.media import Identity, ItemKind, ItemState
from metarr.store import schema
from metarr.store.columns import unindexed
from metarr.store.overview import AWAITS_CHOICE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from metarr.model.artwork import ArtworkKind
    from metarr.model.media import LibraryId
    from metarr.model.player import Shown
    from metarr.store.db import Tx
    from metarr.store.traits import Trait

_ITEM = schema.item
_KINDS = tuple(kind for kind in ItemKind if kind is not ItemKind.COLLECTION)  # a movie set lies in no folder
_SHOWN = (
    "id", "kind", "library_id", "parent_id", "title", "year", "season_number", "episode_number", "rating", "folder",
    "identity", "is_monitored", "is_held", "missing_since", "revision", "published_revision", "created_at",
    "changed_at", "awaits_choice",
)  # fmt: skip
_CHUNK = 500
_FEW = 2000  # items


class Sort(StrEnum):
    """What a list can be sorted by. Items that have no value of it come last, whichever the direction."""

    TITLE = "title"
    YEAR = "year"
    ADDED = "added"
    RATING = "rating"
    CHANGED = "changed"
    NUMBER = "number"  # of the season and the episode


COLUMNS: Mapping[Sort, sa.Column[Any]] = {
    Sort.TITLE: _ITEM.c.sort_title,
    Sort.YEAR: _ITEM.c.year,
    Sort.ADDED: _ITEM.c.created_at,
    Sort.RATING: _ITEM.c.rating,
    Sort.CHANGED: _ITEM.c.changed_at,
}
_EPISODES = 1_000_000  # more than a season has
_NUMBER = sa.func.coalesce(_ITEM.c.season_number, -1) * _EPISODES + sa.func.coalesce(_ITEM.c.episode_number, -1)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items; None and empty: all, but movie sets only by their kind or as what a person asks for by name."""

    kinds: tuple[ItemKind, ...] = ()
    library_id: int | None = None
    parent_id: int | None = None
    collection_id: int | None = None
    person_id: int | None = None
    search: str | None = None  # every word of it is in one of the titles
    state: ItemState | None = None
    is_monitored: bool | None = None
    is_locked: bool | None = None  # has any lock of its own
    lacks_artwork: ArtworkKind | None = None
    awaits_choice: bool | None = None
    is_published: bool | None = None  # as it is now
    is_synced: bool | None = None  # players were told of the files as they are
    shown: Shown | None = None  # how far some player is with it
    player_id: int | None = None  # this player, not any
    traits: Mapping[Trait, str] = field(default_factory=dict)
    year_from: int | None = None
    year_to: int | None = None
    added_since: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        """What is left is so little that it is better looked up and sorted than met in the order of an index."""
        return not {self.parent_id, self.collection_id, self.person_id} <= {None}


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page ended: the value it was sorted by (None: it has none) and the item."""

    value: Any  # one type for each Sort
    item_id: int


Found: TypeAlias = "list[tuple[Key, sa.RowMapping]]"


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted."""

    by: Sort = Sort.TITLE
    is_descending: bool = False


def page(tx: Tx, wanted: Filter, order: Order, after: Key | None, limit: int) -> Found:
    """Up to `limit` items behind `after`, each with its key."""
    conditions = _conditions(tx, wanted, order)
    if _is_followed(wanted, order, conditions):
        return _found(tx, tx.rows(_followed(wanted.kinds or _KINDS, conditions, order, after, limit)))
    return _found(tx, tx.rows(_sorted([_of_kinds(wanted), *conditions], order, after, limit)))


def first_page(tx: Tx, wanted: Filter, order: Order, limit: int) -> tuple[Found, int]:
    """The first `limit` items, and how many there are in all: where they are sorted, all of them are met anyway."""
    conditions = _conditions(tx, wanted, order)
    if _is_followed(wanted, order, conditions):
        return page(tx, wanted, order, None, limit), count(tx, wanted)
    number = sa.func.count().over().label("number")
    rows = tx.rows(_sorted([_of_kinds(wanted), *conditions], order, None, limit).add_columns(number))
    return _found(tx, rows), rows[0]["number"] if rows else 0


def count(tx: Tx, wanted: Filter) -> int:
    """How many items there are."""
    query = sa.select(sa.func.count()).select_from(_ITEM).where(*_all_conditions(tx, wanted))
    found: int = tx.execute(query).scalar_one()
    return found


def _found(tx: Tx, keys: Sequence[sa.RowMapping]) -> Found:
    rows = rows_of(tx, [row["id"] for row in keys])
    return [(Key(row["value"], row["id"]), rows[row["id"]]) for row in keys]


def _is_followed(wanted: Filter, order: Order, conditions: Sequence[sa.ColumnElement[bool]]) -> bool:
    """Whether the order of an index is followed until the page is full; else what there is gets sorted."""
    is_indexed = not conditions and order.by is not Sort.NUMBER
    return not wanted.is_narrow and (is_indexed or order.by is Sort.TITLE)


@dataclass(frozen=True, slots=True)
class Line:
    """As much of an item as work on many of them needs."""

    id: int
    library_id: LibraryId
    folder: str


def lines(tx: Tx, wanted: Filter | Collection[int], limit: int) -> list[Line]:
    """The first `limit` of those that match, or that are named and there, by their numbers."""
    columns = (_ITEM.c.id, _ITEM.c.library_id, _ITEM.c.folder)
    if isinstance(wanted, Filter):
        query = sa.select(*columns).where(*_all_conditions(tx, wanted)).order_by(_ITEM.c.id).limit(limit)
        return [Line(**row) for row in tx.rows(query)]
    named = sorted(set(wanted))[:limit]
    parts = (named[start : start + _CHUNK] for start in range(0, len(named), _CHUNK))
    queries = (sa.select(*columns).where(_ITEM.c.id.in_(part)).order_by(_ITEM.c.id) for part in parts)
    return [Line(**row) for query in queries for row in tx.rows(query)]


def rows_of(tx: Tx, item_ids: Collection[int]) -> dict[int, sa.RowMapping]:
    """What lists show of these items, by their numbers."""
    found: dict[int, sa.RowMapping] = {}
    wanted = list(item_ids)
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(*(_ITEM.c[name] for name in _SHOWN)).where(_ITEM.c.id.in_(wanted[start : start + _CHUNK]))
        found.update((row["id"], row) for row in tx.rows(query))
    return found


def _all_conditions(tx: Tx, wanted: Filter) -> list[sa.ColumnElement[bool]]:
    return [_of_kinds(wanted), *_conditions(tx, wanted)]


def _of_kinds(wanted: Filter) -> sa.ColumnElement[bool]:
    """As an expression where something narrower has an index that should be followed."""
    kind = unindexed(_ITEM.c.kind) if wanted.is_narrow else _ITEM.c.kind
    return kind.in_([one.value for one in wanted.kinds or _KINDS])


def _followed(
    kinds: Sequence[ItemKind],
    conditions: Sequence[sa.ColumnElement[bool]],
    order: Order,
    after: Key | None,
    limit: int,
) -> sa.Select[Any]:
    """Of every kind, and of those without a value, the first few; put together."""
    value = COLUMNS[order.by]
    first = sa.select(_ITEM.c.id, value.label("value")).order_by(*_ordered(value, _ITEM.c.id, order)).limit(limit)
    parts = [(_ITEM.c.kind == kind, *where) for kind in kinds for where in _behind(value, order, after)]
    branches = (sa.select(first.where(*conditions, *part).subquery()) for part in parts)
    found = sa.union_all(*branches).subquery()
    query = sa.select(found).order_by(found.c.value.is_(None), *_ordered(found.c.value, found.c.id, order))
    return query.limit(limit)


def _sorted(
    conditions: Sequence[sa.ColumnElement[bool]], order: Order, after: Key | None, limit: int
) -> sa.Select[Any]:
    """By an expression, of which no index has the order: what narrows the list down has an index to be followed."""
    value = _NUMBER if order.by is Sort.NUMBER else unindexed(COLUMNS[order.by])
    behind = sa.or_(*(sa.and_(sa.true(), *part) for part in _behind(value, order, after)))
    query = sa.select(_ITEM.c.id, value.label("value")).where(*conditions, behind)
    return query.order_by(value.is_(None), *_ordered(value, _ITEM.c.id, order)).limit(limit)


def _behind(value: sa.ColumnElement[Any], order: Order, after: Key | None) -> list[list[sa.ColumnElement[bool]]]:
    """What lies behind a key, in parts that each follow one order: items with a value, then those without."""
    parts: list[list[sa.ColumnElement[bool]]] = []
    is_nullable = order.by is not Sort.NUMBER and bool(COLUMNS[order.by].nullable)
    if after is None or after.value is not None:
        here = [] if after is None else [_is_behind((value, _ITEM.c.id), (after.value, after.item_id), order)]
        parts.append([*([value.is_not(None)] if is_nullable else []), *here])
    if is_nullable:
        is_there = after is not None and after.value is None
        here = [_is_behind((_ITEM.c.id,), (after.item_id,), order)] if after is not None and is_there else []
        parts.append([value.is_(None), *here])
    return parts


def _is_behind(
    columns: tuple[sa.ColumnElement[Any], ...], key: tuple[Any, ...], order: Order
) -> sa.ColumnElement[bool]:
    here = sa.tuple_(*columns)
    there = sa.tuple_(*(sa.literal(one, column.type) for one, column in zip(key, columns, strict=True)))
    return here < there if order.is_descending else here > there


def _ordered(
    value: sa.ColumnElement[Any], item_id: sa.ColumnElement[int], order: Order
) -> tuple[sa.ColumnElement[Any], ...]:
    return (value.desc(), item_id.desc()) if order.is_descending else (value, item_id)


def _conditions(tx: Tx, wanted: Filter, order: Order | None = None) -> list[sa.ColumnElement[bool]]:
    """All but the kind. `order` None: nothing is sorted, all that there is gets met."""
    is_few = wanted.is_narrow or (order is not None and order.by is Sort.TITLE)
    traits = [_has(tx, name, value, is_few=is_few) for name, value in wanted.traits.items()]
    return [*_of_equals(wanted), *_of_columns(wanted), *traits, *_of_others(wanted)]


def _of_equals(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    for name in ("library_id", "parent_id", "collection_id", "is_monitored"):
        asked = getattr(wanted, name)
        if asked is not None:
            yield _ITEM.c[name] == asked


def _has(tx: Tx, name: Trait, value: str, *, is_few: bool) -> sa.ColumnElement[bool]:
    """What few items have is looked up; what many have is asked of each item, where only few are met (`is_few`)."""
    trait = schema.trait
    those = sa.select(trait.c.item_id).where(trait.c.name == name.value, trait.c.value == value)
    few = sa.select(sa.func.count()).select_from(those.limit(_FEW).subquery())
    if not is_few or tx.execute(few).scalar_one() < _FEW:
        return _ITEM.c.id.in_(those)
    return sa.exists().where(trait.c.item_id == _ITEM.c.id, trait.c.name == name.value, trait.c.value == value)


def _of_columns(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    for word in folded(wanted.search or "").split():
        yield _ITEM.c.search.contains(word, autoescape=True)
    if wanted.state is not None:
        yield _STATES[wanted.state]
    if wanted.is_published is not None:
        is_published = sa.func.coalesce(_ITEM.c.published_revision, -1) >= _ITEM.c.revision
        yield is_published if wanted.is_published else ~is_published
    if wanted.is_synced is not None:
        is_synced = sa.func.coalesce(_ITEM.c.synced_revision, 0) >= _ITEM.c.disk_revision
        yield is_synced if wanted.is_synced else ~is_synced
    if wanted.year_from is not None:
        yield _ITEM.c.year >= wanted.year_from
    if wanted.year_to is not None:
        yield _ITEM.c.year <= wanted.year_to
    if wanted.added_since is not None:
        yield _ITEM.c.created_at >= wanted.added_since


def _of_others(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    """By what other tables say of an item."""
    credit, lock, choice, seen = schema.credit, schema.lock, schema.choice, schema.player_state
    if wanted.person_id is not None:
        yield _ITEM.c.id.in_(sa.select(credit.c.item_id).where(credit.c.person_id == wanted.person_id))
    if wanted.is_locked is not None:
        has_lock = _ITEM.c.id.in_(sa.select(lock.c.item_id).where(lock.c.is_locked))
        yield has_lock if wanted.is_locked else ~has_lock
    if wanted.lacks_artwork is not None:
        kind = wanted.lacks_artwork.value
        yield ~sa.exists().where(choice.c.item_id == _ITEM.c.id, choice.c.kind == kind)
    if wanted.awaits_choice is not None:
        yield AWAITS_CHOICE if wanted.awaits_choice else ~AWAITS_CHOICE
    if wanted.shown is not None or wanted.player_id is not None:
        is_player = seen.c.player_id == wanted.player_id if wanted.player_id is not None else sa.true()
        is_state = seen.c.state == wanted.shown.value if wanted.shown is not None else sa.true()
        yield _ITEM.c.id.in_(sa.select(seen.c.item_id).where(is_player, is_state))


def _states() -> Mapping[ItemState, sa.ColumnElement[bool]]:
    """`state_of` as conditions: each applies where none before it does."""
    is_missing = _ITEM.c.missing_since.is_not(None)
    is_doubtful = _ITEM.c.identity == Identity.REVIEW.value
    is_unpublished = _ITEM.c.published_revision.is_(None)
    is_guessed = _ITEM.c.identity == Identity.GUESSED.value
    here = sa.and_(~is_missing, ~is_doubtful, ~_ITEM.c.is_held)
    return {
        ItemState.MISSING: is_missing,
        ItemState.NEEDS_IDENTIFICATION: sa.and_(~is_missing, is_doubtful),
        ItemState.HELD: sa.and_(~is_missing, ~is_doubtful, _ITEM.c.is_held),
        ItemState.FOUND: sa.and_(here, is_unpublished, is_guessed),
        ItemState.IDENTIFIED: sa.and_(here, is_unpublished, ~is_guessed),
        ItemState.TO_BE_PUBLISHED: sa.and_(here, _ITEM.c.published_revision < _ITEM.c.revision),
        ItemState.PUBLISHED: sa.and_(here, _ITEM.c.published_revision >= _ITEM.c.revision),
    }


_STATES = _states()
