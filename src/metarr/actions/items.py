"""Looking at items: pages of them, and everything that is known about one."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput
from metarr.jobs import desk
from metarr.jobs.summary import Scope
from metarr.model.media import Identity, Item, ItemKind
from metarr.store import artwork, files, items, libraries, overview, published, reviews

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.artwork import Candidate, Score, Selection
    from metarr.model.media import Library, MediaFile
    from metarr.store.db import Row, Tx

_CANDIDATES_SHOWN = 200
_JOBS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in a list. `state` says in a few words how far it is."""

    id: int
    kind: str
    library_id: int
    title: str
    year: int | None
    folder: str
    state: str
    awaits_choice: bool
    players: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page; `after` asks for the next one, None: this was the last."""

    items: tuple[ItemLine, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """Everything that is known about an item."""

    item: Item
    state: str
    library: Library
    files: Sequence[MediaFile]
    choices: Sequence[Selection]
    candidates: Sequence[tuple[Candidate, Score | None, bool]]
    questions: Sequence[Row]
    history: Sequence[Row]
    players: Sequence[Row]
    jobs: Sequence[Row]


def page(
    tx: Tx,
    *,
    kind: ItemKind | None = None,
    library_id: int | None = None,
    search: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> ItemPage:
    """Items by title; movie sets only by their kind."""
    key = None if after is None else _key(after)
    rows = items.page(tx, kind=kind, library_id=library_id, search=search, after_key=key, limit=limit + 1)
    rows, has_more = rows[:limit], len(rows) > limit
    ids = [row["id"] for row in rows]
    awaiting = overview.awaiting_among(tx, ids)
    players: dict[int, list[Row]] = {}
    for row in overview.player_states(tx, ids):
        players.setdefault(row["item_id"], []).append(row)
    lines = tuple(_line(row, row["id"] in awaiting, tuple(players.get(row["id"], ()))) for row in rows)
    last = rows[-1] if has_more else None
    return ItemPage(lines, None if last is None else _cursor(last["sort_title"], last["id"]))


def details(tx: Tx, item_id: int) -> ItemDetails:
    """Raises NotFound."""
    item = items.get(tx, item_id)
    return ItemDetails(
        item=item,
        state=state(item.identity, item.revision, item.published_revision, is_missing=item.missing_since is not None),
        library=libraries.get(tx, item.library_id),
        files=files.of_item(tx, item_id),
        choices=artwork.selections(tx, item_id),
        candidates=artwork.candidates(tx, item.id)[:_CANDIDATES_SHOWN],
        questions=reviews.open_questions(tx, item_id=item_id),
        history=published.history(tx, item_id),
        players=overview.player_states(tx, [item_id]),
        jobs=desk.page(tx, scope=Scope(item_id=item_id), limit=_JOBS_SHOWN),
    )


def state(identity: Identity, revision: int, published_revision: int | None, *, is_missing: bool) -> str:
    """How far an item is, in the words that lists and pages use."""
    if is_missing:
        return "missing"
    if identity is Identity.REVIEW:
        return "needs identification"
    if published_revision is None:
        return "found" if identity is Identity.GUESSED else "identified"
    return "published" if published_revision >= revision else "to be published again"


def _line(row: Row, awaits_choice: bool, players: tuple[Row, ...]) -> ItemLine:  # noqa: FBT001  one of its columns
    return ItemLine(
        id=row["id"],
        kind=row["kind"],
        library_id=row["library_id"],
        title=row["title"] or row["folder"],
        year=row["year"],
        folder=row["folder"],
        state=state(
            Identity(row["identity"]),
            row["revision"],
            row["published_revision"],
            is_missing=row["missing_since"] is not None,
        ),
        awaits_choice=awaits_choice,
        players=players,
    )


def _cursor(sort_title: str, item_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort_title, item_id]).encode()).decode()


def _key(cursor: str) -> tuple[str, int]:
    try:
        title, item_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(title), int(item_id)
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidInput("`after` must be the value that the page before this one gave.") from error
