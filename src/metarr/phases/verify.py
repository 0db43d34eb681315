"""Verification: the publishing plan as a report, and repaired where allowed. Outside the chain.

Also the other direction: pictures that the cache lost are put back from the library.
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput, Permanent, Transient, Wait, shown
from metarr.library import placement, reconcile
from metarr.library.placement import Placed, Plan
from metarr.library.wanted import gather
from metarr.model.job import Done, Job, JobKind
from metarr.model.published import Finding
from metarr.phases.base import JobContext, in_thread, to_the_end
from metarr.store import findings, items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.library.files import Permissions
    from metarr.library.wanted import Wanted
    from metarr.model.media import ItemId
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_REPORTED = 200  # problems kept with the job


@dataclass(frozen=True, slots=True)
class Checked:
    """One item's check: what was found, what was repaired, and what kept the rest from being repaired."""

    plan: Plan
    found: tuple[Finding, ...]
    placed: Placed | None
    problem: str | None = None


class Verify:
    """Checks one item, or every item of a library."""

    kind: ClassVar[JobKind] = JobKind.VERIFY

    def __init__(self, blobs: Blobs, permissions: Permissions) -> None:
        self._blobs = blobs
        self._permissions = permissions

    async def run(self, job: Job, context: JobContext, /) -> Done[None]:
        """Rows are written item by item, so a crash loses one item's check."""
        targets = await context.store.read(lambda tx: _targets(tx, job))
        checked = found = repaired = 0
        problems: list[str] = []
        for number, item_id in enumerate(targets, start=1):
            result = await self._check(item_id, job, context)
            if result is not None:
                await context.write(partial(_record, job=job, checked=result))
                checked += 1
                found += len(result.found)
                repaired += sum(finding.is_repaired for finding in result.found)
                problems += [result.problem] if result.problem is not None else []
            await context.report(100 * number / len(targets), f"{number} of {len(targets)} checked")
        words = f"{checked} items checked, {found} differences, {repaired} repaired"
        if problems:
            words += f"; {len(problems)} items could not be repaired: {shown(problems[0])}"
        report = {"checked": checked, "found": found, "repaired": repaired}
        return Done(None, words, {**report, "problems": [shown(text) for text in problems[:_REPORTED]]})

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _check(self, item_id: ItemId, job: Job, context: JobContext) -> Checked | None:
        """Raises Wait when the root is gone; what keeps this one item from being repaired is part of its result."""
        settings = context.conditions.settings
        wanted = await context.store.read(lambda tx: gather(tx, item_id, settings))
        if placement.why_not(wanted.item) is not None or wanted.item.published_revision is None:
            return None
        lost = await in_thread(self._heal_cache, wanted)
        plan = await in_thread(placement.plan, wanted, settings, self._blobs)
        if not settings.verification.auto_repair or not plan.operations:
            return Checked(plan, (*lost, *_findings(plan, None)), None)
        await in_thread(placement.sweep, wanted, after_crash=False)
        placed = Placed(plan)
        problem = None
        try:
            await to_the_end(in_thread(placement.carry_out, plan, self._blobs, self._permissions, placed))
        except (Wait, Transient, Permanent, InvalidInput) as error:
            problem = str(error)  # a full disk or a lost picture is one item's trouble: the others are checked too
        except BaseException:
            if placed.done:
                await context.write(lambda tx: placement.record(tx, placed, job.id))
            raise
        return Checked(plan, (*lost, *_findings(plan, placed)), placed, problem)

    def _heal_cache(self, wanted: Wanted) -> list[Finding]:
        """Bytes that the cache lost, but that lie intact in the library, go back into the cache."""
        found = []
        for row in wanted.owned:
            extension = row.path.rpartition(".")[2].lower()
            if self._blobs.has(row.sha256, extension):
                continue
            data = _read(Path(wanted.library.root) / row.path, row.size)
            is_back = data is not None and hashlib.sha256(data).hexdigest() == row.sha256
            if is_back and data is not None:
                self._blobs.put(data, extension)
            detail = "put back from the library" if is_back else "neither in the cache nor in the library"
            found.append(Finding("missing_in_cache", row.path, detail, is_repaired=is_back))
        return found


def _read(place: Path, size: int) -> bytes | None:
    """A published file of that size; None when it is something else, or not to be had."""
    try:
        status = place.lstat()
        return place.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size == size else None
    except OSError:
        return None


def _targets(tx: Tx, job: Job) -> list[ItemId]:
    if job.item_id is not None:
        return [job.item_id]
    if job.library_id is None:
        raise InvalidInput("a verify job needs an item or a library")
    return items.of_library(tx, job.library_id)


def _findings(plan: Plan, placed: Placed | None) -> list[Finding]:
    repaired = {applied.operation.path for applied in placed.done} if placed else set()
    return [
        Finding(difference.kind.value, difference.path, difference.reason, is_repaired=difference.path in repaired)
        for difference in reconcile.discrepancies(plan.operations)
    ]


def _record(tx: Tx, job: Job, checked: Checked) -> None:
    item = checked.plan.wanted.item
    findings.add(tx, item.library_id, item.id, job.id, checked.found)
    if checked.placed is not None:
        placement.record(tx, checked.placed, job.id)
