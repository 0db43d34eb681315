"""What verification found, run by run, and page by page across them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.published import Finding
from metarr.store import pruning, schema
from metarr.store.db import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta

    from metarr.model.job import JobId
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_FINDING, _ITEM = schema.finding, schema.item


class Against(StrEnum):
    """How the findings of a run stand to those of another."""

    NEW = "new"
    GONE = "gone"  # those are the other's
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; nothing set: all. `run`: of this run; `other` and `against`: as they stand to that one's."""

    run: int | None = None
    other: int | None = None
    against: Against | None = None
    library_id: int | None = None
    kind: str | None = None
    writer: str | None = None
    is_repaired: bool | None = None


def add(tx: Tx, library_id: LibraryId, item_id: ItemId, job_id: JobId, found: Iterable[Finding]) -> None:
    """The findings of one run about one item."""
    rows = [
        {
            "library_id": library_id,
            "item_id": item_id,
            "job_id": job_id,
            "kind": finding.kind,
            "path": finding.path,
            "detail": finding.detail,
            "writer": finding.writer,
            "is_repaired": finding.is_repaired,
        }
        for finding in found
    ]
    if rows:
        tx.execute(sa.insert(_FINDING).values(found_at=NOW), rows)


def found_by(tx: Tx, job_id: int) -> list[Finding]:
    """The same as findings alone."""
    names = ("kind", "path", "detail", "is_repaired", "writer")
    return [Finding(**{name: row[name] for name in names}) for row in of_run(tx, job_id)]


def of_run(tx: Tx, job_id: int) -> Sequence[sa.RowMapping]:
    """What one run found."""
    return tx.rows(sa.select(_FINDING).where(_FINDING.c.job_id == job_id).order_by(_FINDING.c.id))


def page(tx: Tx, wanted: Wanted, before: int | None, limit: int) -> Sequence[sa.RowMapping]:
    """Findings with the titles of their items, newest first; `before`: the last number of the page before."""
    query = sa.select(_FINDING, _ITEM.c.title).join(_ITEM, _ITEM.c.id == _FINDING.c.item_id)
    query = query.where(*_conditions(wanted)).order_by(_FINDING.c.id.desc()).limit(limit)
    return tx.rows(query if before is None else query.where(_FINDING.c.id < before))


def count(tx: Tx, wanted: Wanted) -> int:
    """How many they are."""
    query = sa.select(sa.func.count()).select_from(_FINDING).where(*_conditions(wanted))
    found: int = tx.execute(query).scalar_one()
    return found


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget what was found longer ago than that, first found first. Returns how many."""
    first = sa.select(_FINDING.c.id, _FINDING.c.found_at).order_by(_FINDING.c.id).limit(pruning.MOST).subquery("first")
    is_old = first.c.found_at < pruning.ago(keep)
    return pruning.prune(tx, _FINDING, _FINDING.c.id.in_(sa.select(first.c.id).where(is_old)))


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    values = (
        (_FINDING.c.library_id, wanted.library_id),
        (_FINDING.c.kind, wanted.kind),
        (_FINDING.c.writer, wanted.writer),
        (_FINDING.c.is_repaired, wanted.is_repaired),
    )
    yield from (column == value for column, value in values if value is not None)
    if wanted.run is not None:
        yield from _of_run(wanted, wanted.run)


def _of_run(wanted: Wanted, run: int) -> Iterator[sa.ColumnElement[bool]]:
    other = wanted.other or 0  # there is no such run: all is new
    match wanted.against:
        case None:
            yield _FINDING.c.job_id == run
        case Against.GONE:
            yield _FINDING.c.job_id == other
            yield _place(_FINDING).not_in(_places(run))
        case Against.NEW:
            yield _FINDING.c.job_id == run
            yield _place(_FINDING).not_in(_places(other))
        case Against.SAME:
            yield _FINDING.c.job_id == run
            yield _place(_FINDING).in_(_places(other))


def _place(table: sa.FromClause) -> sa.Tuple:
    return sa.tuple_(table.c.path, table.c.kind)


def _places(run: int) -> sa.Select[Any]:
    other = _FINDING.alias("other")
    return sa.select(other.c.path, other.c.kind).where(other.c.job_id == run)
