"""The same for many items: as bulk work, which no click has to wait for, in short transactions.

What fails for one item is told of that item, and the others go on; of no item is anything half done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from metarr.actions import editing, identities
from metarr.actions.phases import watched
from metarr.errors import InvalidInput
from metarr.jobs import ledger, triggers
from metarr.jobs.summary import Scope, summary
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind, Priority
from metarr.model.media import ItemId
from metarr.store import item_pages, items
from metarr.store.locks import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from metarr.actions.editing import Edit
    from metarr.actions.installation import Installation
    from metarr.model.job import NewJob
    from metarr.store.db import Tx
    from metarr.store.item_pages import Filter, Line

MOST = 20_000  # items of one request
_AT_ONCE = 200  # items of one transaction


class Action(StrEnum):
    """What can be done to many items."""

    SCAN = "scan"
    ENRICH = "enrich"
    PUBLISH = "publish"
    SYNC = "sync"
    VERIFY = "verify"
    EDIT = "edit"
    LOCK = "lock"
    UNLOCK = "unlock"
    MONITOR = "monitor"
    UNMONITOR = "unmonitor"
    RELEASE = "release"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """What is to be done. `edit`: for EDIT; `targets`: of LOCK and UNLOCK; `is_deep`: of VERIFY."""

    action: Action
    edit: Edit | None = None
    targets: tuple[str, ...] = (EVERYTHING,)
    is_deep: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """`items`: how many were meant, `failed`: why it could not be done, by item; `scope`: what to follow."""

    items: int
    jobs: int
    failed: Mapping[int, str]
    scope: Scope


async def run(house: Installation, wanted: Filter | Sequence[int], order: BulkOrder) -> Done:
    """Do it to the items that are named or match. Raises InvalidInput where that are too many, or nothing to do."""
    if (order.edit is None) == (order.action is Action.EDIT):
        raise InvalidInput("`fields` go with the action `edit`, and with no other.")
    found, scope = await house.store.read(lambda tx: _found(tx, wanted))
    named = () if isinstance(wanted, item_pages.Filter) else wanted
    there = {line.id for line in found}
    failed = {one: f"There is no item {one}." for one in named if one not in there}
    jobs = 0
    for start in range(0, len(found), _AT_ONCE):
        part = found[start : start + _AT_ONCE]
        submitted, faults = await house.store.write(partial(_do, part=part, order=order))
        jobs += submitted
        failed |= faults
    return Done(len(there) + len(failed.keys() - there), jobs, failed, scope)


def _found(tx: Tx, wanted: Filter | Sequence[int]) -> tuple[Sequence[Line], Scope]:
    found = item_pages.lines(tx, wanted, MOST + 1)
    if len(found) > MOST:
        raise InvalidInput(f"These are more than {MOST} items; ask for fewer at a time.")
    libraries = {line.library_id for line in found}
    if len(libraries) == 1:
        return found, watched(tx, libraries.pop())
    now = summary(tx, Scope(), limit=0)
    return found, Scope(since=now.first_open or now.last + 1)


def _do(tx: Tx, part: Sequence[Line], order: BulkOrder) -> tuple[int, dict[int, str]]:
    """Returns how many jobs it led to, and what could not be done."""
    change = _CHANGES[order.action]
    new: list[NewJob] = []
    failed: dict[int, str] = {}
    for line in part:
        try:
            with tx.savepoint():
                new += change(tx, line, order)
        except InvalidInput as error:
            failed[line.id] = str(error)
    return ledger.submit_together(tx, new), failed


def _phase(_tx: Tx, line: Line, order: BulkOrder) -> Iterable[NewJob]:
    asked = Order(JobKind(order.action.value), is_deep=order.is_deep)
    return [triggers.item_job(asked, line.library_id, ItemId(line.id), is_bulk=True)]


def _scan(_tx: Tx, line: Line, order: BulkOrder) -> Iterable[NewJob]:
    asked = Order(JobKind(order.action.value))
    whole = triggers.library_job(asked, line.library_id)
    job = triggers.folder_job(asked, line.library_id, line.folder) if line.folder else whole
    return [replace(job, priority=Priority.AUTOMATED, is_bulk=True)]


def _edit(tx: Tx, line: Line, order: BulkOrder) -> Iterable[NewJob]:
    if order.edit is not None:
        editing.apply(tx, line.id, order.edit)
    return [_job(line, JobKind.PUBLISH)]


def _lock(tx: Tx, line: Line, order: BulkOrder) -> Iterable[NewJob]:
    _, then = editing.apply_locks(tx, line.id, dict.fromkeys(order.targets, order.action is Action.LOCK))
    return [] if then is None else [_job(line, then)]


def _monitor(tx: Tx, line: Line, order: BulkOrder) -> Iterable[NewJob]:
    items.update(tx, ItemId(line.id), is_monitored=order.action is Action.MONITOR)
    return []


def _release(tx: Tx, line: Line, _order: BulkOrder) -> Iterable[NewJob]:
    items.update(tx, ItemId(line.id), is_held=False)
    return [_job(line, JobKind.PUBLISH)]


def _local(tx: Tx, line: Line, _order: BulkOrder) -> Iterable[NewJob]:
    there = identities.make_local(tx, line.id)
    order = Order(JobKind.PUBLISH)
    return [triggers.item_job(order, one.library_id, one.id, is_bulk=True) for one in there]


def _job(line: Line, kind: JobKind) -> NewJob:
    """What providers said lately is good enough for it."""
    return replace(triggers.item_job(Order(kind), line.library_id, ItemId(line.id), is_bulk=True), is_forced=False)


_CHANGES: Mapping[Action, Callable[[Tx, Line, BulkOrder], Iterable[NewJob]]] = {
    Action.SCAN: _scan,
    Action.ENRICH: _phase,
    Action.PUBLISH: _phase,
    Action.SYNC: _phase,
    Action.VERIFY: _phase,
    Action.EDIT: _edit,
    Action.LOCK: _lock,
    Action.UNLOCK: _lock,
    Action.MONITOR: _monitor,
    Action.UNMONITOR: _monitor,
    Action.RELEASE: _release,
    Action.LOCAL: _local,
}
