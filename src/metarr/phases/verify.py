"""Verification: the publishing plan as a report, and repaired where allowed. Outside the chain.

Of a library every item is looked at quickly, and closely where something differs. Also the other direction: pictures
that the cache lost are put back from the library, or fetched again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput, NotFound, Permanent, Transient, Wait, shown
from metarr.jobs import ledger, triggers
from metarr.library import checking, placement
from metarr.library.checking import Past
from metarr.library.placement import Placed
from metarr.library.wanted import gather
from metarr.model.event import EventType, NewEvent
from metarr.model.job import Done, Job, JobKind, NewJob, Priority
from metarr.model.verification import Mode
from metarr.model.words import counted
from metarr.phases.base import JobContext, in_thread, to_the_end
from metarr.store import findings, health, items, libraries, verifications
from metarr.store.disk import is_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metarr.library.checking import Check
    from metarr.library.files import Permissions
    from metarr.library.wanted import Wanted
    from metarr.model.media import Item, ItemId, Library
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_TOGETHER = 500  # items of one quick look
_REPORTED = 200  # problems kept with the job
_WEEK = timedelta(days=7)  # how long a deep look is good for, and how long repairs of one file are counted


@dataclass(frozen=True, slots=True)
class Checked:
    """One item's close look, what was carried out of it, and what kept the rest from being repaired."""

    check: Check
    placed: Placed
    problem: str | None = None


@dataclass(slots=True)
class Tally:
    """What a run came to so far. `contested`: the health lines of items whose repair was given up."""

    library: Library
    mode: Mode
    total: int = 1  # items
    checked: int = 0
    found: int = 0
    repaired: int = 0
    problems: list[str] = field(default_factory=list)
    contested: set[str] = field(default_factory=set)
    seen: set[ItemId] = field(default_factory=set)  # of several episodes in one file the first stands for all

    @property
    def progress(self) -> tuple[float, str]:
        """In percent, and in words."""
        return (
            100 * self.checked / self.total,
            f"{self.checked} of {self.total} checked, {counted(self.found, 'difference')}",
        )

    def add(self, result: Checked) -> None:
        """One more item."""
        found = result.check.findings(result.placed)
        self.found += len(found)
        self.repaired += sum(finding.is_repaired for finding in found)
        self.problems += [result.problem] if result.problem is not None else []
        if result.check.contested:
            self.contested.add(_cause(result.check.plan.wanted))

    def done(self) -> Done[Tally]:
        """As the job's result."""
        words = (
            f"{counted(self.checked, 'item')} checked, {counted(self.found, 'difference')}, {self.repaired} repaired"
        )
        if self.problems:
            words += f"; {counted(len(self.problems), 'item')} could not be repaired: {shown(self.problems[0])}"
        figures = {"checked": self.checked, "found": self.found, "repaired": self.repaired}
        problems = [shown(text) for text in self.problems[:_REPORTED]]
        return Done(self, words, {**figures, "mode": self.mode.value, "problems": problems})


class Verify:
    """Checks one item, or every item of a library."""

    kind: ClassVar[JobKind] = JobKind.VERIFY

    def __init__(self, blobs: Blobs, permissions: Permissions) -> None:
        self._blobs = blobs
        self._permissions = permissions

    async def run(self, job: Job, context: JobContext, /) -> Done[Tally]:
        """Rows are written item by item, so a crash loses one item's check."""
        library = await context.store.read(lambda tx: _library(tx, job))
        tally = Tally(library, Mode.DEEP if job.payload.get("deep") else Mode.QUICK)
        is_repairing = context.conditions.settings.verification.auto_repair
        tally.repaired = tally.found = await context.write(
            lambda tx: verifications.begin(tx, job, library.id, tally.mode, is_repairing=is_repairing)
        )
        if job.item_id is not None:
            tally.checked += await self._check(job.item_id, job, context, tally)
            return tally.done()
        targets = await context.store.read(lambda tx: verifications.to_check(tx, library.id))
        if targets:
            await in_thread(checking.check_root, Path(library.root))
            tally.total = len(targets)
        for group in _grouped(targets):
            await self._check_group(group, job, context, tally)
            await context.report(*tally.progress)
        return tally.done()

    def record(self, tx: Tx, job: Job, tally: Tally, /) -> Sequence[ItemId]:
        """The run is complete; nothing follows from it."""
        verifications.end(tx, job.id, tally.checked)
        if job.item_id is None:
            health.clear_others(tx, _causes(tally.library), tally.contested)
        return ()

    async def _check_group(
        self, group: Sequence[tuple[ItemId, bool]], job: Job, context: JobContext, tally: Tally
    ) -> None:
        known = await context.store.read(lambda tx: verifications.known(tx, group, _WEEK))
        is_deep = tally.mode is Mode.DEEP
        suspects = await in_thread(checking.suspects, Path(tally.library.root), known, self._blobs, is_deep=is_deep)
        tally.checked += len(group) - len(suspects)
        for item_id in suspects:
            tally.checked += await self._check(item_id, job, context, tally)
            await context.report(*tally.progress)

    async def _check(self, item_id: ItemId, job: Job, context: JobContext, tally: Tally) -> bool:
        """Whether there was something to check. Raises Wait when the root is gone; what else keeps this one item from
        being checked or repaired is a line of the report.
        """
        settings = context.conditions.settings
        try:
            wanted, past = await context.store.read(lambda tx: (gather(tx, item_id, settings), _past(tx, item_id, job)))
        except NotFound:
            return False  # it was deleted meanwhile
        if wanted.item.id in tally.seen or not _is_published(wanted):
            return wanted.item.id in tally.seen
        tally.seen.add(wanted.item.id)
        is_held = any(member.item.is_held for member in wanted.members)
        is_repairing = settings.verification.auto_repair and not is_held
        try:
            check = await in_thread(
                checking.check,
                wanted,
                settings,
                self._blobs,
                past,
                is_deep=tally.mode is Mode.DEEP,
                is_repairing=is_repairing,
            )
            result = await self._repair(check, job, context)
        except (Wait, Transient, Permanent, InvalidInput) as error:
            if not await in_thread(is_folder, Path(wanted.library.root)):
                raise
            tally.problems.append(str(error))
            return True
        tally.add(result)
        await context.write(partial(self._record, job=job, result=result, context=context, tally=tally))
        return True

    async def _repair(self, check: Check, job: Job, context: JobContext) -> Checked:
        placed = Placed(check.plan)
        if not check.plan.operations:
            return Checked(check, placed)
        await in_thread(placement.sweep, check.plan.wanted, after_crash=False)
        texts = placement.announced(check.plan)
        if texts:
            await context.write(lambda tx: placement.record_before(tx, check.plan, job.id, (), texts))
        try:
            await to_the_end(in_thread(placement.carry_out, check.plan, self._blobs, self._permissions, placed))
        except (Wait, Transient, Permanent, InvalidInput) as error:
            return Checked(check, placed, str(error))  # a full disk is one item's trouble: the others are checked too
        except BaseException:
            if placed.done:
                await context.write(lambda tx: placement.record(tx, placed, job.id))
            raise
        return Checked(check, placed)

    def _record(self, tx: Tx, *, job: Job, result: Checked, context: JobContext, tally: Tally) -> None:
        """One item's rows: what was found and done, what is fetched again, and who works against us."""
        check = result.check
        item = check.plan.wanted.item
        found = check.findings(result.placed)
        findings.add(tx, item.library_id, item.id, job.id, found)
        placement.record(tx, result.placed, job.id)
        if tally.mode is Mode.DEEP and all(finding.is_repaired for finding in found):
            verifications.mark_read(tx, [member.item.id for member in check.plan.wanted.members])
        if check.lost and not job.is_alone and not item.is_held and _can_fetch(item, context):
            again = NewJob(JobKind.ENRICH, Priority.VERIFICATION, item.id, item.library_id, is_bulk=job.is_bulk)
            ledger.submit(tx, again, job)
        _tell_of_contest(tx, job, check)


def _library(tx: Tx, job: Job) -> Library:
    if job.item_id is not None:
        return libraries.get(tx, items.get(tx, job.item_id).library_id)
    if job.library_id is None:
        raise InvalidInput("a verify job needs an item or a library")
    return libraries.get(tx, job.library_id)


def _grouped(targets: Sequence[tuple[ItemId, bool]]) -> Iterator[Sequence[tuple[ItemId, bool]]]:
    for start in range(0, len(targets), _TOGETHER):
        yield targets[start : start + _TOGETHER]


def _is_published(wanted: Wanted) -> bool:
    """What an undo holds back is looked at too, though not repaired."""
    first = replace(wanted.item, is_held=False)
    return first.published_revision is not None and placement.why_not(first) is None


def _can_fetch(item: Item, context: JobContext) -> bool:
    settings, known = context.conditions.settings, context.conditions.enrichable
    return settings.verification.auto_repair and settings.phase_config.enrichment.enabled and item.kind in known


def _past(tx: Tx, item_id: ItemId, job: Job) -> Past:
    """After an upgrade it is known who deletes, and that it ends: what that costs is put back however often."""
    return Past(
        {} if "because" in job.payload else verifications.repairs(tx, item_id, _WEEK),
        verifications.usual_writers(tx, item_id, _WEEK),
        verifications.written(tx, item_id),
    )


def _causes(library: Library) -> str:
    return f"repairs:{library.id}:"


def _cause(wanted: Wanted) -> str:
    return f"{_causes(wanted.library)}{wanted.item.id}"


def _tell_of_contest(tx: Tx, job: Job, check: Check) -> None:
    """A health line for as long as it lasts, and an event when it begins."""
    wanted = check.plan.wanted
    cause = _cause(wanted)
    if not check.contested:
        health.clear(tx, cause)
        return
    told = "; ".join(f"{path}: {reason}" for path, reason in check.contested.items())
    is_new = not health.is_known(tx, cause)
    health.report(tx, cause, shown(told))
    if is_new:
        data = {"error": shown(told)}
        new = NewEvent(EventType.ERROR_OCCURRED, job.id, wanted.item.id, wanted.library.id, data)
        triggers.announce(tx, job, new)
