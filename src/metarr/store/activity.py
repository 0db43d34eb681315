"""What happened, out of three tables: events, deliveries of download managers, and jobs that ended without an event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.event import PROGRESS, EventType
from metarr.model.job import JobKind, JobState, Trigger
from metarr.store import schema
from metarr.store.columns import unindexed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from metarr.store.db import Tx

_EVENT, _JOB, _DELIVERY, _ITEM = schema.event, schema.job, schema.webhook_delivery, schema.item
_NOTHING: sa.ColumnElement[Any] = sa.null()


class Other(StrEnum):
    """What can happen beside events."""

    WEBHOOK_RECEIVED = "webhook_received"
    JOB_CANCELLED = "job_cancelled"
    CLEAN_UP_COMPLETED = "clean_up_completed"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an entry stands in time, among those of the same moment too. The newest is the greatest."""

    at: datetime
    source: int
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. `root`: the job that its workflow began with."""

    place: Place
    type: str
    words: str
    item_id: int | None
    title: str | None
    library_id: int | None
    job_id: int | None
    root: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; nothing set: all."""

    types: frozenset[str] = frozenset()
    library_id: int | None = None
    item_id: int | None = None
    trigger: str | None = None  # what its workflow began with
    title: str = ""  # a part of its item's, folded
    since: datetime | None = None
    until: datetime | None = None


def page(tx: Tx, wanted: Wanted, before: Place | None, limit: int) -> list[Entry]:
    """Entries, newest first."""
    parts = (read(tx, wanted, before, limit) for read in (_events, _deliveries, _jobs))
    return list(islice(merge(*parts, key=lambda entry: entry.place, reverse=True), limit))


def _events(tx: Tx, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    types = [one for one in EventType if one not in PROGRESS and _is_asked(one, wanted)]
    columns = (_EVENT.c.item_id, _EVENT.c.library_id, _EVENT.c.job_id)
    query = sa.select(_EVENT.c.id, _EVENT.c.type, _EVENT.c.at, _EVENT.c.data, *columns, _ITEM.c.title)
    query = query.select_from(_EVENT.outerjoin(_ITEM, _ITEM.c.id == _EVENT.c.item_id))
    query = query.where(_EVENT.c.type.in_(types), *_about(wanted, _EVENT.c.library_id, _EVENT.c.item_id))
    query = query.where(*_within(wanted, _EVENT.c.at), *_begun(wanted, _EVENT.c.job_id))
    return [
        _entry(row, 2, row["type"], _words(row["data"]), row["data"].get("root"))
        for row in _newest(tx, query, _EVENT.c.at, _EVENT.c.id, (2, before), limit)
    ]


def _words(data: dict[str, Any]) -> str:
    return str(data.get("error") or data.get("summary") or data.get("message") or "")


def _deliveries(tx: Tx, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    """What a delivery concerns is what the workflow concerns that it began."""
    is_of_them = wanted.trigger in {None, Trigger.WEBHOOK} and not wanted.title
    if not is_of_them or not _is_asked(Other.WEBHOOK_RECEIVED, wanted):
        return ()
    row = _DELIVERY.c
    query = sa.select(
        row.id, row.received_at.label("at"), row.source, row.instance, row.event_type, row.outcome, row.detail,
        row.job_id, _JOB.c.library_id, _NOTHING.label("item_id"), _NOTHING.label("title"),
    ).select_from(_DELIVERY.outerjoin(_JOB, _JOB.c.id == row.job_id))  # fmt: skip
    query = query.where(*_about(wanted, _JOB.c.library_id, None), *_within(wanted, row.received_at))
    if wanted.item_id is not None:
        other = sa.alias(_JOB, "other")
        query = query.where(sa.exists().where(other.c.root_id == row.job_id, other.c.item_id == wanted.item_id))
    return [
        _entry(one, 1, Other.WEBHOOK_RECEIVED, _delivered(one), one["job_id"])
        for one in _newest(tx, query, row.received_at, row.id, (1, before), limit)
    ]


def _delivered(row: sa.RowMapping) -> str:
    who = f"{row['source']} {row['instance']}".strip()
    return f"{who}: {row['event_type']}, {row['outcome']}" + (f" ({row['detail']})" if row["detail"] else "")


def _jobs(tx: Tx, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    # With the kinds, of which all are named, an index has them; few jobs end like that, so that they are sorted then.
    is_cancelled = sa.and_(_JOB.c.kind.in_([kind.value for kind in JobKind]), _JOB.c.state == JobState.CANCELLED)
    finished = unindexed(_JOB.c.finished_at)
    is_clean = sa.and_(_JOB.c.kind == JobKind.CLEAN, _JOB.c.state == JobState.COMPLETED)
    kinds = [(Other.JOB_CANCELLED, is_cancelled), (Other.CLEAN_UP_COMPLETED, is_clean)]
    asked = [condition for name, condition in kinds if _is_asked(name, wanted)]
    columns = (_JOB.c.id, _JOB.c.kind, _JOB.c.state, _JOB.c.message, _JOB.c.item_id, _JOB.c.library_id)
    query = sa.select(
        *columns, _JOB.c.finished_at.label("at"), _JOB.c.id.label("job_id"), _JOB.c.root_id, _ITEM.c.title
    )
    query = query.select_from(_JOB.outerjoin(_ITEM, _ITEM.c.id == _JOB.c.item_id))
    query = query.where(
        sa.or_(sa.false(), *asked), finished.is_not(None), *_about(wanted, _JOB.c.library_id, _JOB.c.item_id)
    ).where(*_within(wanted, finished), *_begun(wanted, _JOB.c.id))
    return [
        _entry(row, 0, _job_type(row), f"{row['kind']}: {row['message']}", row["root_id"] or row["id"])
        for row in _newest(tx, query, finished, _JOB.c.id, (0, before), limit)
    ]


def _job_type(row: sa.RowMapping) -> str:
    return Other.JOB_CANCELLED if row["state"] == JobState.CANCELLED else Other.CLEAN_UP_COMPLETED


def _is_asked(name: str, wanted: Wanted) -> bool:
    return not wanted.types or name in wanted.types


def _about(
    wanted: Wanted, library_id: sa.ColumnElement[Any], item_id: sa.ColumnElement[Any] | None
) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.library_id is not None:
        yield library_id == wanted.library_id
    if item_id is None:
        return
    if wanted.item_id is not None:
        yield item_id == wanted.item_id
    if wanted.title:
        yield item_id.in_(sa.select(_ITEM.c.id).where(_ITEM.c.search.contains(wanted.title, autoescape=True)))


def _within(wanted: Wanted, at: sa.ColumnElement[Any]) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.since is not None:
        yield at >= wanted.since
    if wanted.until is not None:
        yield at < wanted.until


def _begun(wanted: Wanted, job_id: sa.ColumnElement[Any]) -> Iterator[sa.ColumnElement[bool]]:
    """By its workflow's first job."""
    if wanted.trigger is not None:
        job, root = _JOB.alias("its_job"), _JOB.alias("its_root")
        first = root.c.id == sa.func.coalesce(job.c.root_id, job.c.id)
        joined = sa.select(sa.literal(1)).select_from(job.join(root, first))
        yield sa.exists(joined.where(job.c.id == job_id, root.c.trigger == wanted.trigger))


def _newest(
    tx: Tx,
    query: sa.Select[Any],
    at: sa.ColumnElement[Any],
    row_id: sa.ColumnElement[Any],
    where: tuple[int, Place | None],
    limit: int,
) -> Sequence[sa.RowMapping]:
    source, before = where
    if before is not None:
        # Of the same moment: what is of a source that stands below, or has a lower number in the same one.
        same = sa.true() if source < before.source else sa.false() if source > before.source else row_id < before.id
        query = query.where(at <= before.at, sa.or_(at < before.at, same))
    return tx.rows(query.order_by(at.desc(), row_id.desc()).limit(limit))


def _entry(row: sa.RowMapping, source: int, kind: str, words: str, root: int | None) -> Entry:
    place = Place(row["at"], source, row["id"])
    return Entry(place, str(kind), words, row["item_id"], row["title"], row["library_id"], row["job_id"], root)
