"""Phase 3, publishing: desired files -> plan -> files -> rows. Writes nothing when nothing changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput, NotFound
from metarr.jobs import ledger, policy, workflows
from metarr.library import checking, edits, files, placement
from metarr.library.placement import Placed
from metarr.library.reconcile import Action
from metarr.library.undo import Touched, touched
from metarr.library.wanted import gather
from metarr.model.job import Done, Job, JobKind, NewJob
from metarr.phases.base import JobContext, in_thread, to_the_end
from metarr.store import items, libraries, published

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.library.edits import Edited
    from metarr.library.files import Permissions
    from metarr.library.placement import Plan
    from metarr.library.wanted import Wanted
    from metarr.model.artwork import Blob
    from metarr.model.media import ItemId
    from metarr.model.published import Owned, Recycled
    from metarr.settings import Settings
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx

_SECOND_LOOKS = 2  # when others spoil the plan; then the item waits for the next scan


@dataclass(frozen=True, slots=True)
class Published:
    """What to record: nothing when the item was not fit for publishing. `fetching`: asks for what the cache lost."""

    item_id: ItemId
    placed: Placed | None
    fetching: tuple[NewJob, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """What can be carried out, what it replaces as it stands in the cache now, the texts that will replace texts of
    ours, and the paths whose bytes the cache lost.
    """

    plan: Plan
    kept: Sequence[Recycled]
    texts: Sequence[Blob]
    lost: Sequence[str]


class Publish:
    """Makes one item's folder as it should be."""

    kind: ClassVar[JobKind] = JobKind.PUBLISH

    def __init__(self, blobs: Blobs, permissions: Permissions) -> None:
        self._blobs = blobs
        self._permissions = permissions

    async def run(self, job: Job, context: JobContext, /) -> Done[Published]:
        """Plan and carry out. A failure half way is recorded as far as it got, then raised."""
        if job.item_id is None:
            raise InvalidInput("a publish job needs an item")
        if policy.puts_back(job):
            return await self._put_back(job, job.item_id, context)
        done = await self._publish(job, job.item_id, context)
        for _ in range(_SECOND_LOOKS):
            placed = done.result.placed
            if placed is None or not placed.skipped:
                break
            # Somebody was there between plan and deed, perhaps a film beside it with the same actor; or a failing disk
            # has other bytes under the same size and time: look again, at every byte.
            await context.write(partial(placement.record, placed=placed, job_id=job.id))
            done = await self._publish(job, job.item_id, context, is_deep=True)
        return done

    async def _publish(
        self, job: Job, item_id: ItemId, context: JobContext, *, is_deep: bool = False
    ) -> Done[Published]:
        settings = context.conditions.settings
        wanted = await context.store.read(lambda tx: gather(tx, item_id, settings))
        reason = placement.why_not(*(member.item for member in wanted.members))
        if reason is not None:
            return Done(Published(item_id, None), f"not published: {reason}")
        plan, edited = await in_thread(self._look, wanted, settings, after_crash=job.losses > 0, is_deep=is_deep)
        if edited:
            await context.write(lambda tx: edits.record(tx, plan, edited, job.id))
            wanted = await context.store.read(lambda tx: gather(tx, item_id, settings))
            plan = await in_thread(placement.plan, wanted, settings, self._blobs, is_deep=is_deep)
        return await self._carry_out(job, plan, context)

    def _look(
        self, wanted: Wanted, settings: Settings, *, after_crash: bool, is_deep: bool
    ) -> tuple[Plan, Sequence[Edited]]:
        placement.sweep(wanted, after_crash=after_crash)
        plan = placement.plan(wanted, settings, self._blobs, is_deep=is_deep)
        return plan, edits.find(plan, self._blobs)

    async def _put_back(self, job: Job, item_id: ItemId, context: JobContext) -> Done[Published]:
        """Undo what runs did to the item's files (`undo`: jobs), or restore files of the bin (`restore`: rows)."""
        settings = context.conditions.settings

        def look(tx: Tx) -> tuple[Wanted, Sequence[Touched], list[Owned]]:
            wanted = gather(tx, item_id, settings)
            if "restore" in job.payload:
                found = [Touched(row.path, None, row) for row in published.kept(tx, job.payload["restore"])]
            else:
                runs = job.payload["undo"]
                lines = published.run_lines(tx, wanted.item.id, runs)
                found = list(touched(lines, published.kept_by_runs(tx, wanted.item.id, runs)))
            return wanted, found, published.owned_at(tx, wanted.library.id, [one.path for one in found])

        wanted, found, rows = await context.store.read(look)
        is_named = "restore" in job.payload
        plan = await in_thread(placement.plan_back, wanted, found, rows, is_named=is_named)
        return await self._carry_out(job, plan, context)

    async def _carry_out(self, job: Job, plan: Plan, context: JobContext) -> Done[Published]:
        item_id, wanted = plan.wanted.item.id, plan.wanted
        if not plan.operations:
            placed = Placed(plan)
            return Done(Published(item_id, placed), placement.summary(placed), _figures(placed))
        ready = await in_thread(self._prepare, plan, is_back=policy.puts_back(job))
        plan = ready.plan
        if ready.kept or ready.texts:
            before = partial(placement.record_before, plan=plan, job_id=job.id, kept=ready.kept, texts=ready.texts)
            await context.write(before)
        placed = Placed(plan)
        try:
            await to_the_end(in_thread(placement.carry_out, plan, self._blobs, self._permissions, placed))
            fetching = await self._fetch_again(job, wanted, ready.lost, context)
        except BaseException:
            if placed.done:
                await context.write(lambda tx: placement.record(tx, placed, job.id))
            raise
        words = f"; fetched again, for the cache lost it: {', '.join(ready.lost)}" if ready.lost else ""
        return Done(Published(item_id, placed, fetching), placement.summary(placed) + words, _figures(placed))

    def _prepare(self, plan: Plan, *, is_back: bool) -> Ready:
        """What is undone is not fetched again: it is all there, or the undo fails."""
        lost = () if is_back else checking.lost(plan, self._blobs)
        at_hand = replace(plan, operations=tuple(one for one in plan.operations if one.path not in lost))
        kept = files.back_up(at_hand.operations, Path(plan.wanted.library.root), self._blobs)
        return Ready(at_hand, kept, placement.announced(at_hand), lost)

    async def _fetch_again(
        self, job: Job, wanted: Wanted, lost: Sequence[str], context: JobContext
    ) -> tuple[NewJob, ...]:
        """The jobs that bring what the cache lost, and publish it. Raises NotFound where they cannot, or did not."""
        if not lost:
            return ()
        now = context.conditions
        can_ask = now.settings.phase_config.enrichment.enabled and wanted.item.kind in now.enrichable
        did_ask = await context.store.read(lambda tx: workflows.came_from(tx, job, [JobKind.ENRICH, JobKind.PUBLISH]))
        if job.is_alone or did_ask or not can_ask:
            names = ", ".join(lost)
            raise NotFound(f"{names}: not in the cache any more; enrich the item, choose another, or restore a backup")
        return tuple(
            NewJob(JobKind.ENRICH, job.priority, member.item.id, wanted.library.id, is_bulk=job.is_bulk)
            for member in wanted.members
        )

    def record(self, tx: Tx, job: Job, result: Published, /) -> Sequence[ItemId]:
        """Rows, and that the desired state of this moment is published."""
        if result.placed is not None:
            placement.record(tx, result.placed, job.id)
            if policy.puts_back(job):
                placement.record_back(tx, result.placed)
            elif not result.placed.skipped and not result.fetching:
                placement.record_published(tx, result.placed.plan)
        if result.fetching:
            ledger.submit_many(tx, result.fetching, job)
            return ()  # publishing comes again after them
        return [result.item_id]


async def plan_item(store: Store, blobs: Blobs, item_id: ItemId) -> Plan:
    """What publishing this item would do now; changes nothing."""

    def look(tx: Tx) -> tuple[Wanted, Settings]:
        settings = libraries.settings_of(tx, items.get(tx, item_id).library_id)
        return gather(tx, item_id, settings), settings

    wanted, settings = await store.read(look)
    return await in_thread(placement.plan, wanted, settings, blobs)


def _figures(placed: Placed) -> dict[str, int]:
    """How many operations of each kind, for reports."""
    figures = {action.value: 0 for action in Action}
    for operation in placed.plan.operations:
        figures[operation.action.value] += 1
    return {"written": len(placed.written), **{name: count for name, count in figures.items() if count}}
