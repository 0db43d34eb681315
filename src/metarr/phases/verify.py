"""Verification: the publishing plan as a report, and repaired where allowed. Outside the chain.

Also the other direction: pictures that the cache lost are put back from the library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput
from metarr.library import placement, reconcile
from metarr.library.placement import Placed, Plan
from metarr.model.job import Done, Job, JobKind
from metarr.model.published import Finding
from metarr.phases.base import JobContext, in_thread
from metarr.store import findings, items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.library.files import Permissions
    from metarr.library.placement import Wanted
    from metarr.model.media import ItemId
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx


@dataclass(frozen=True, slots=True)
class Checked:
    """One item's check: what was found, and what was repaired."""

    plan: Plan
    found: tuple[Finding, ...]
    placed: Placed | None


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
        for number, item_id in enumerate(targets, start=1):
            result = await self._check(item_id, context)
            if result is not None:
                await context.write(partial(_record, job=job, checked=result))
                checked += 1
                found += len(result.found)
                repaired += sum(finding.is_repaired for finding in result.found)
            await context.report(100 * number / len(targets), f"{number} of {len(targets)} checked")
        words = f"{checked} items checked, {found} differences, {repaired} repaired"
        return Done(None, words, {"checked": checked, "found": found, "repaired": repaired})

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _check(self, item_id: ItemId, context: JobContext) -> Checked | None:
        settings = context.conditions.settings
        wanted = await context.store.read(lambda tx: placement.gather(tx, item_id, settings))
        if placement.why_not(wanted.item) is not None or wanted.item.published_revision is None:
            return None
        lost = await in_thread(self._heal_cache, wanted)
        plan = await in_thread(placement.plan, wanted, settings, self._blobs)
        placed = None
        if settings.verification.auto_repair and plan.operations:
            placed = Placed(plan)
            try:
                await in_thread(placement.carry_out, plan, self._blobs, self._permissions, placed)
            except BaseException:
                if placed.done:
                    await context.write(lambda tx: placement.record(tx, placed, None))
                raise
        return Checked(plan, (*lost, *_findings(plan, placed)), placed)

    def _heal_cache(self, wanted: Wanted) -> list[Finding]:
        """Bytes that the cache lost, but that lie intact in the library, go back into the cache."""
        found = []
        for row in wanted.owned:
            extension = row.path.rpartition(".")[2].lower()
            if self._blobs.has(row.sha256, extension):
                continue
            place = Path(wanted.library.root) / row.path
            is_back = place.is_file() and self._blobs.put_file(place, extension).sha256 == row.sha256
            detail = "put back from the library" if is_back else "neither in the cache nor in the library"
            found.append(Finding("missing_in_cache", row.path, detail, is_repaired=is_back))
        return found


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
