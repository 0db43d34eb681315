"""What a worker may claim, and the statements that take the most urgent job within its reach.

A machine that does not mount a library's root, or that shall only do some phases, is kept from everything else here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from metarr.model.job import JobKind, JobState
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.prepared import Prepared

_JOB = schema.job
_LIBRARY = schema.library
TAKEN = (
    "id", "kind", "priority", "item_id", "library_id", "payload", "is_bulk", "is_forced", "is_alone", "attempts",
    "losses", "claim", "parent_id", "root_id", "waits_for",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """Which jobs a worker may claim. `kinds`, `libraries` (their names): None is all that it knows.

    A newer release beside this one may ask for kinds of jobs that are unknown here: these are left to its workers.

    A job of no library (a notification, the clean-up) belongs to workers that are not limited to libraries, and to
    those that name its kind.
    """

    kinds: frozenset[JobKind] | None = None
    libraries: frozenset[str] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether there are jobs that only others may claim."""
        return self.kinds is not None or self.libraries is not None


EVERYTHING = Reach()


@lru_cache(maxsize=16)
def taking(reach: Reach, *, express: bool) -> Prepared:
    """Take the most urgent ready job whose lock is free. One statement, so that a claim costs one round trip.

    `express`: passes by library-wide work. Parameters: `b_claim`, `b_worker`; it returns the columns of `TAKEN`.
    """
    ready = sa.alias(_JOB, "ready")
    running = sa.alias(_JOB, "running")
    is_locked = sa.exists().where(sa.text("running.state = 'running'"), running.c.lock_key == ready.c.lock_key)
    first = (
        sa.select(ready.c.id)
        .where(sa.text("ready.state = 'pending' AND ready.run_at IS NULL"), *_within(reach, ready), ~is_locked)
        .order_by(sa.text("ready.priority DESC, ready.id"))
        .limit(sa.literal_column("1"))
        .with_for_update(skip_locked=True, of=ready)
    )
    if express:
        first = first.where(sa.text("NOT ready.is_bulk"))
    taken: dict[str, Any] = {
        "state": JobState.RUNNING.value,
        "claim": sa.bindparam("b_claim"),
        "worker_id": sa.bindparam("b_worker"),
        "started_at": NOW,
        "progress": None,
        "message": "",
    }
    take = sa.update(_JOB).where(_JOB.c.id == first.scalar_subquery()).values(**taken)
    return Prepared(take.returning(*(_JOB.c[name] for name in TAKEN)))


def _within(reach: Reach, ready: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    kinds = frozenset(JobKind) if reach.kinds is None else reach.kinds
    conditions.append(_filter(*(ready.c.kind == kind.value for kind in sorted(kinds))))
    if reach.libraries is not None:
        is_named = sa.or_(sa.false(), *(_LIBRARY.c.name == name for name in sorted(reach.libraries)))
        inside = ready.c.library_id.in_(sa.select(_LIBRARY.c.id).where(is_named))
        conditions.append(_filter(inside) if reach.kinds is None else _filter(inside, ready.c.library_id.is_(None)))
    return conditions


def _filter(*one_of: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A condition checked on the way along the index of ready jobs, so that an order by urgency needs no sorting.

    CASE keeps both databases from taking another index for what is inside, or making a join of it.
    """
    return sa.case((sa.or_(sa.false(), *one_of), sa.true()), else_=sa.false())
