"""A workflow as a whole: whether it goes on, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.jobs.summary import SHOWN_STATE, WAITING, Scope, inside
from metarr.model.job import JobKind
from metarr.store import schema
from metarr.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.job import Job
    from metarr.model.media import ItemId
    from metarr.store.db import Tx

_JOB = schema.job
_HISTORY = schema.history
_TITLES = 5  # named in a summary
_MOST = 100  # items that are looked at
_ACTIONS = {"create": "written", "replace": "written", "adopt": "adopted", "restore": "restored", "recycle": "removed"}
_OPEN = Prepared(
    sa.select(_JOB.c.id)
    .where(
        _JOB.c.root_id == sa.bindparam("b_root", type_=sa.BigInteger()),
        sa.text("job.state IN ('pending', 'running')"),
        sa.text("job.kind <> 'notify'"),
        sa.text("(job.state = 'running' OR job.run_at IS NULL OR job.waits_for IS NULL)"),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a workflow came to. `done`: jobs that did their work, by kind; those that passed through did not.

    `scanned`: new, changed and missing items. `files`: what was done to files, in a word, and how often.
    `titles`: of the first few items that were published.
    """

    scanned: Mapping[str, int]
    done: Mapping[JobKind, int]
    files: Mapping[str, int]
    failed: int
    waiting: int
    titles: tuple[str, ...]
    item_ids: tuple[ItemId, ...]

    @property
    def is_news(self) -> bool:
        """Whether anything happened that a person may want to hear of."""
        return bool(any(self.scanned.values()) or any(self.files.values()) or self.failed)

    @property
    def counts(self) -> dict[str, int]:
        """All the figures under one name each."""
        done = {kind.value: count for kind, count in self.done.items()}
        return {**self.scanned, **done, **self.files, "failed": self.failed, "waiting": self.waiting}


def is_open(tx: Tx, root: int) -> bool:
    """Whether jobs of it are still to be done; those that wait for the outside world do not count."""
    return bool(tx.run(_OPEN, {"b_root": root}))


def outcome(tx: Tx, root: int) -> Outcome:
    """What its jobs came to so far."""
    return outcome_of(tx, Scope(root=root))


def outcome_of(tx: Tx, scope: Scope) -> Outcome:
    """What the jobs of any scope came to so far."""
    which = inside(scope)
    state = SHOWN_STATE.label("shown")
    passed = _JOB.c.message.like("passed through%").label("passed")
    columns = (_JOB.c.kind, state, passed, sa.func.count().label("jobs"))
    rows = tx.rows(sa.select(*columns).where(which).group_by(_JOB.c.kind, state, passed))
    worked = [row for row in rows if row["shown"] == "completed" and not row["passed"]]
    kinds = (JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC)
    done = {kind: sum(row["jobs"] for row in worked if row["kind"] == kind) for kind in kinds}
    count = {name: sum(row["jobs"] for row in rows if row["shown"] == name) for name in ("failed", WAITING)}
    item_ids = tuple(_published(tx, which))
    titles = tuple(row["title"] for row in tx.rows(_titled(item_ids[:_TITLES]))) if item_ids else ()
    return Outcome(_scanned(tx, which), done, _files(tx, which), count["failed"], count[WAITING], titles, item_ids)


def _scanned(tx: Tx, which: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(_JOB.c.result).where(which, _JOB.c.kind == JobKind.SCAN, _JOB.c.result.is_not(None))
    results = [row["result"] or {} for row in tx.rows(query)]
    return {name: sum(int(one.get(name) or 0) for one in results) for name in ("new", "changed", "missing")}


def _files(tx: Tx, which: sa.ColumnElement[bool]) -> dict[str, int]:
    jobs = sa.select(_JOB.c.id).where(which)
    query = sa.select(_HISTORY.c.action, sa.func.count().label("files")).where(_HISTORY.c.job_id.in_(jobs))
    found: dict[str, int] = {}
    for row in tx.rows(query.group_by(_HISTORY.c.action)):
        word = _ACTIONS.get(row["action"])
        if word is not None:
            found[word] = found.get(word, 0) + row["files"]
    return found


def _published(tx: Tx, which: sa.ColumnElement[bool]) -> list[ItemId]:
    query = (
        sa.select(_JOB.c.item_id).distinct().where(which, _JOB.c.kind == JobKind.PUBLISH, _JOB.c.item_id.is_not(None))
    )
    return [row["item_id"] for row in tx.rows(query.order_by(_JOB.c.item_id).limit(100))]


def _titled(item_ids: tuple[ItemId, ...]) -> sa.Select[tuple[str]]:
    item = schema.item
    return sa.select(item.c.title).where(item.c.id.in_(item_ids)).order_by(item.c.sort_title)


def came_from(tx: Tx, job: Job, kinds: Sequence[JobKind]) -> bool:
    """Whether these led to the job, the nearest first."""
    above = job.parent_id
    for kind in kinds:
        row = tx.one(sa.select(_JOB.c.kind, _JOB.c.parent_id).where(_JOB.c.id == above))
        if row is None or row["kind"] != kind:
            return False
        above = row["parent_id"]
    return True
