"""Looking at people: who is known, and what each has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.actions import cursors, items
from metarr.store import item_pages, people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.items import ItemLine
    from metarr.store.db import Row, Tx


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page; `after` asks for the next one, None: this was the last."""

    people: Sequence[Row]
    after: str | None


@dataclass(frozen=True, slots=True)
class Credit:
    """What a person did for an item: job (actor, director, writer) and role."""

    item: ItemLine
    job: str
    role: str


def page(tx: Tx, search: str = "", *, after: str | None = None, limit: int = 100) -> PeoplePage:
    """People by name."""
    key = None
    if after is not None:
        name, number = cursors.read(after, cursors.text, cursors.number)
        key = (cursors.text(name), cursors.number(number))
    rows = people.page(tx, search, key, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return PeoplePage(rows[:limit], None if last is None else cursors.written(last["search"], last["id"]))


def details(tx: Tx, person_id: int) -> tuple[Row, tuple[Credit, ...]]:
    """A person and what they have done. Raises NotFound."""
    person = people.get(tx, person_id)
    done = people.credits_of(tx, person_id)
    rows = item_pages.rows_of(tx, {row["item_id"] for row in done})
    shown = {line.id: line for line in items.lines(tx, list(rows.values()))}
    return person, tuple(Credit(shown[row["item_id"]], row["job"], row["role"]) for row in done)
