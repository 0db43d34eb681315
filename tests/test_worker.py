"""The real loop with small real phases, on both databases."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from metarr.errors import ClaimLost, Permanent, Transient, Wait
from metarr.jobs import desk, ledger, workers
from metarr.jobs.reach import Reach
from metarr.model.event import EventType
from metarr.model.job import Done, JobKind, NewJob
from metarr.phases.base import in_thread
from metarr.store import channels, events, health, schema
from metarr.store import settings as stored_settings
from metarr.store.db import JOBS
from patience import PATIENCE
from stages import (
    ALL_ON,
    Stage,
    conditions,
    ended,
    library,
    movie,
    new,
    rows,
    states,
    target,
    until,
    worker,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.job import Job
    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.store.db import Store, Tx

MINUTE = timedelta(minutes=1)
QUICK = workers.Pace(beat=timedelta(milliseconds=10))


class Gate:
    """A phase's work that waits until it is let go, and tells when it has begun."""

    def __init__(self) -> None:
        self.began: asyncio.Queue[str] = asyncio.Queue()
        self.open = asyncio.Event()
        self.ended_early: list[str] = []

    async def __call__(self, job: Job, _context: JobContext) -> Done[Any]:
        self.began.put_nowait(target(job))
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.ended_early.append(target(job))
            raise
        return Done(None)

    async def begun(self, count: int = 1) -> list[str]:
        async with asyncio.timeout(PATIENCE):
            return [await self.began.get() for _ in range(count)]


async def submit(store: Store, *jobs: NewJob) -> None:
    await store.write(lambda tx: [ledger.submit(tx, job) for job in jobs])


async def outcomes(store: Store) -> list[tuple[str, str | None]]:
    attempts = await store.read(lambda tx: rows(tx, schema.job_attempt))
    return [(attempt["outcome"], attempt["error"]) for attempt in attempts]


# --- order and slots --------------------------------------------------------------------------------------------------


async def test_urgent_work_is_done_first_and_equals_in_order(store: Store) -> None:
    stage = Stage(JobKind.CLEAN)
    jobs = [("low", 1), ("a", 5), ("b", 5), ("user", 10), ("c", 5)]
    await submit(store, *[new(name, priority=priority) for name, priority in jobs])
    async with working(store, stage, slots=1):
        await until(store, ended)
    assert stage.ran == ["user", "a", "b", "c", "low"]


async def test_four_jobs_run_at_once_and_a_fifth_waits(store: Store) -> None:
    gate = Gate()
    async with working(store, Stage(JobKind.CLEAN, gate)):
        await submit(store, *[new(f"t{number}") for number in range(5)])
        assert sorted(await gate.begun(4)) == ["t0", "t1", "t2", "t3"]
        assert await store.read(states) == {"running": 4, "pending": 1}
        gate.open.set()
        await until(store, ended)


async def test_one_slot_never_takes_library_wide_work(store: Store) -> None:
    gate = Gate()
    async with working(store, Stage(JobKind.CLEAN, gate)):
        await submit(store, *[new(f"bulk{number}", is_bulk=True, priority=10) for number in range(6)])
        await gate.begun(3)
        await submit(store, new("click", priority=1))
        assert await gate.begun() == ["click"]
        assert await store.read(states) == {"running": 4, "pending": 3}
        gate.open.set()
        await until(store, ended)


async def test_library_wide_work_never_takes_the_last_slot_over_many_settlements(store: Store) -> None:
    running, most = 0, 0

    async def count(job: Job, _context: JobContext) -> Done[Any]:
        nonlocal running, most
        running += job.is_bulk
        most = max(most, running)
        await asyncio.sleep(0)
        running -= job.is_bulk
        return Done(None)

    await submit(store, *[new(f"t{number}", is_bulk=number % 4 > 0) for number in range(60)])
    async with working(store, Stage(JobKind.CLEAN, count)):
        await until(store, ended)
    assert 1 <= most <= 3
    assert await store.read(states) == {"completed": 60}


async def test_a_worker_with_one_slot_takes_everything(store: Store) -> None:
    await submit(store, new("bulk", is_bulk=True), new("one"))
    async with working(store, Stage(JobKind.CLEAN), slots=1):
        await until(store, ended)


async def test_two_jobs_with_one_lock_never_run_at_once_and_nobody_starves(store: Store) -> None:
    library_id = await store.write(library)
    heat = await store.write(lambda tx: movie(tx, library_id))
    busy: set[str] = set()

    async def alone(job: Job, _context: JobContext) -> Done[Any]:
        assert target(job) not in busy
        busy.add(target(job))
        await asyncio.sleep(0.005)
        busy.discard(target(job))
        return Done(None)

    kinds = (JobKind.SCAN, JobKind.VERIFY, JobKind.SYNC, JobKind.ENRICH)
    stages = [Stage(kind, alone) for kind in kinds]
    async with working(store, *stages), working(store, *stages):
        for _ in range(5):
            for kind in kinds:
                await submit(store, NewJob(kind, 5, item_id=heat, library_id=library_id, is_alone=True))
        await until(store, ended)
    assert {outcome for outcome, _ in await outcomes(store)} == {"completed"}
    assert all(stage.ran for stage in stages)


# --- twins ------------------------------------------------------------------------------------------------------------


async def test_a_burst_of_triggers_while_the_twin_runs_is_exactly_one_more(store: Store) -> None:
    gate = Gate()
    stage = Stage(JobKind.CLEAN, gate)
    async with working(store, stage):
        await submit(store, new())
        await gate.begun()
        for _ in range(24):
            await submit(store, new())
        assert await store.read(states) == {"running": 1, "pending": 1}
        gate.open.set()
        await until(store, ended)
    assert stage.ran == ["x", "x"]


async def test_a_retry_that_meets_a_pending_twin_is_superseded(store: Store) -> None:
    gate = Gate()

    async def fail_once(job: Job, context: JobContext) -> Done[Any]:
        if len(stage.ran) == 1:
            await gate(job, context)
            raise Transient("timeout")
        return Done(None)

    stage = Stage(JobKind.CLEAN, fail_once)
    async with working(store, stage):
        await submit(store, new())
        await gate.begun()
        await submit(store, new())
        gate.open.set()
        await until(store, ended)
    assert await store.read(states) == {"superseded": 1, "completed": 1}


# --- the chain --------------------------------------------------------------------------------------------------------

CHAIN = (JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC)


async def scan_heat(store: Store) -> tuple[ItemId, NewJob]:
    def prepare(tx: Tx) -> tuple[ItemId, NewJob]:
        library_id = library(tx)
        return movie(tx, library_id), NewJob(JobKind.SCAN, 8, library_id=library_id, payload={"path": "Heat"})

    return await store.write(prepare)


async def test_each_phase_starts_the_next_and_all_belong_to_one_workflow(store: Store) -> None:
    heat, scan = await scan_heat(store)
    stages = [Stage(JobKind.SCAN, write=lambda _tx, _job, _result: [heat]), *(Stage(kind) for kind in CHAIN[1:])]
    await submit(store, scan)
    async with working(store, *stages):
        await until(store, ended)
    jobs = await store.read(rows)
    assert [(job["kind"], job["state"], job["priority"]) for job in jobs] == [(kind, "completed", 8) for kind in CHAIN]
    assert [job["parent_id"] for job in jobs] == [None, *(job["id"] for job in jobs[:-1])]
    assert {job["root_id"] or job["id"] for job in jobs} == {jobs[0]["id"]}
    written = await store.read(lambda tx: events.since(tx, 0))
    assert [event.type for event in written] == [
        EventType.SCAN_COMPLETED,
        EventType.ENRICHMENT_COMPLETED,
        EventType.PUBLISHING_COMPLETED,
        EventType.PLAYER_SYNC_COMPLETED,
    ]


async def test_a_disabled_phase_passes_through_without_running(store: Store) -> None:
    heat, scan = await scan_heat(store)
    now = conditions(providers={}, phase_config={"publishing": {"enabled": False}, "playerSync": {"autoSync": True}})
    sync = Stage(JobKind.SYNC)
    await submit(store, NewJob(JobKind.ENRICH, 10, item_id=heat, library_id=scan.library_id))
    async with working(store, sync, now=now):
        await until(store, ended)
    assert sync.ran == [str(heat)]
    messages = {job["kind"]: job["message"] for job in await store.read(rows)}
    assert messages["enrich"] == "passed through: no metadata provider has a key"
    assert messages["publish"] == "passed through: publishing is switched off"


async def test_thousands_that_pass_through_do_not_sit_in_one_transaction(store: Store) -> None:
    def prepare(tx: Tx) -> None:
        library_id = library(tx)
        ids = [movie(tx, library_id, f"Movie {number}") for number in range(450)]
        ledger.submit_many(tx, [NewJob(JobKind.SYNC, 5, item_id=item, library_id=library_id) for item in ids])

    await store.write(prepare)
    async with working(store, now=conditions(can_sync=False)):
        await until(store, ended)
    ends = {job["finished_at"] for job in await store.read(rows)}
    assert len(ends) > 1
    assert await store.read(states) == {"completed": 450}


async def test_a_job_runs_on_the_conditions_under_which_it_was_claimed(store: Store) -> None:
    seen: list[bool] = []

    async def look(_job: Job, context: JobContext) -> Done[Any]:
        seen.append(context.conditions is ALL_ON)
        return Done(None)

    await submit(store, new())
    async with working(store, Stage(JobKind.CLEAN, look)):
        await until(store, ended)
    assert seen == [True]


def have_spent(tx: Tx, attempts: int) -> bool:
    return all(job["attempts"] == attempts for job in rows(tx))


# --- errors -----------------------------------------------------------------------------------------------------------


async def test_a_passing_fault_is_retried_with_growing_pauses_and_then_goes_to_the_dead_letter(store: Store) -> None:
    async def fail(_job: Job, _context: JobContext) -> Done[Any]:
        raise Transient("the provider timed out")

    _, scan = await scan_heat(store)
    stage = Stage(JobKind.SCAN, fail)
    pauses = []
    async with working(store, stage):
        await submit(store, scan)
        for attempts in (1, 2):
            await until(store, partial(have_spent, attempts=attempts))
            [job] = await store.read(rows)
            pauses.append(await store.read(ledger.seconds_until_due))
            assert job["message"] == "the provider timed out"
            store.skew += MINUTE
        await until(store, ended)
    assert 3 < (pauses[0] or 0) < 6.3
    assert 6 < (pauses[1] or 0) < 12.6
    assert await outcomes(store) == [
        ("retried", "the provider timed out"),
        ("retried", "the provider timed out"),
        ("failed", "the provider timed out"),
    ]
    [event] = await store.read(lambda tx: events.since(tx, 0))
    assert (event.type, event.data["error"]) == (EventType.SCAN_FAILED, "the provider timed out")
    assert await store.read(states) == {"failed": 1}


@pytest.mark.parametrize(
    ("error", "text"),
    [(Permanent("no such movie"), "no such movie"), (Permanent("x" * 5000), "x" * 5000)],
    ids=["short", "long"],
)
async def test_a_permanent_error_goes_to_the_dead_letter_at_once(store: Store, error: Exception, text: str) -> None:
    async def fail(_job: Job, _context: JobContext) -> Done[Any]:
        raise error

    await submit(store, new())
    async with working(store, Stage(JobKind.CLEAN, fail)):
        await until(store, ended)
    assert await outcomes(store) == [("failed", text)]


async def test_an_unforeseen_fault_is_retried_and_named_in_the_history(store: Store) -> None:
    async def fail(_job: Job, _context: JobContext) -> Done[Any]:
        raise KeyError("surprise")

    await submit(store, new())
    async with working(store, Stage(JobKind.CLEAN, fail)):
        await until(store, lambda tx: rows(tx, schema.job_attempt))
    assert await outcomes(store) == [("retried", "KeyError: 'surprise'")]


async def test_a_failure_is_told_to_the_channels_that_want_it(store: Store) -> None:
    async def fail(_job: Job, _context: JobContext) -> Done[Any]:
        raise Permanent("broken")

    notify = Stage(JobKind.NOTIFY)
    _, scan = await scan_heat(store)
    await store.write(lambda tx: channels.fix(tx, "phone", "json://x", [EventType.SCAN_FAILED]))
    await store.write(lambda tx: channels.fix(tx, "other", "json://x", [EventType.SCAN_COMPLETED]))
    await store.write(lambda tx: stored_settings.change(tx, "notification", {"gatherSeconds": 0}))
    await submit(store, scan)
    async with working(store, Stage(JobKind.SCAN, fail), notify):
        await until(store, ended)
    assert notify.ran == ["channel:1"]


async def test_notifications_switched_off_are_not_even_submitted(store: Store) -> None:
    _, scan = await scan_heat(store)
    await store.write(lambda tx: channels.fix(tx, "phone", "json://x", [EventType.SCAN_COMPLETED]))
    await store.write(lambda tx: stored_settings.change(tx, "notification", {"enabled": False}))
    await submit(store, scan)
    async with working(store, Stage(JobKind.SCAN, write=lambda _tx, _job, _result: [])):
        await until(store, ended)
    assert await store.read(states) == {"completed": 1}


async def test_waiting_spends_no_attempt_and_shows_one_health_line_until_it_is_over(store: Store) -> None:
    is_on = False

    async def sync(_job: Job, _context: JobContext) -> Done[Any]:
        if not is_on:
            raise Wait("Kodi is off", cause="kodi:off", delay=MINUTE)
        return Done(None)

    stage = Stage(JobKind.CLEAN, sync)
    async with working(store, stage):
        await submit(store, new("a"), new("b"))
        await until(store, lambda tx: len(rows(tx, schema.job_attempt)) == 2)
        lines = await store.read(health.lines)
        assert [(line["cause"], line["message"]) for line in lines] == [("kodi:off", "Kodi is off")]
        assert [(job["attempts"], job["waits_for"]) for job in await store.read(rows)] == [(0, "kodi:off")] * 2
        is_on = True
        store.skew += 2 * MINUTE
        await until(store, ended)
    assert await store.read(health.lines) == []
    assert await store.read(states) == {"completed": 2}


async def test_waiting_for_another_cause_ends_the_line_of_the_first(store: Store) -> None:
    causes = iter(["tmdb:down", "space:/cache"])

    async def wait(_job: Job, _context: JobContext) -> Done[Any]:
        cause = next(causes)
        raise Wait(cause, cause=cause, delay=MINUTE)

    async with working(store, Stage(JobKind.CLEAN, wait)):
        await submit(store, new())
        await until(store, lambda tx: len(rows(tx, schema.job_attempt)) == 1)
        store.skew += 2 * MINUTE
        await until(store, lambda tx: len(rows(tx, schema.job_attempt)) == 2)
    assert [line["cause"] for line in await store.read(health.lines)] == ["space:/cache"]


async def test_a_result_that_cannot_be_recorded_leaves_no_rows_and_counts_as_a_fault(store: Store) -> None:
    def record(tx: Tx, _job: Job, _result: Any) -> Sequence[ItemId]:
        health.report(tx, "half", "written before the fault")
        raise Permanent("the answer makes no sense")

    await submit(store, new())
    async with working(store, Stage(JobKind.CLEAN, write=record)):
        await until(store, ended)
    assert await store.read(health.lines) == []
    assert await outcomes(store) == [("failed", "the answer makes no sense")]


async def test_a_databases_complaint_is_kept_without_the_values_that_it_refused(store: Store) -> None:
    def record(tx: Tx, _job: Job, _result: Any) -> Sequence[ItemId]:
        tx.execute(sa.insert(schema.health).values(cause="secret-key", message=None))
        return []

    await submit(store, new())
    async with working(store, Stage(JobKind.CLEAN, write=record)):
        await until(store, lambda tx: rows(tx, schema.job_attempt))
    assert await outcomes(store) == [("retried", "IntegrityError: the database refused the result")]


async def test_a_database_that_is_away_for_a_moment_costs_no_attempt(store: Store) -> None:
    is_away = True

    async def look(_job: Job, _context: JobContext) -> Done[Any]:
        if is_away:
            raise OperationalError("SELECT", None, Exception(), connection_invalidated=True)
        return Done(None)

    async with working(store, Stage(JobKind.CLEAN, look)):
        await submit(store, new())
        await until(store, lambda tx: rows(tx, schema.job_attempt))
        assert [line["cause"] for line in await store.read(health.lines)] == ["database"]
        is_away = False
        store.skew += MINUTE
        await until(store, ended)
    [job] = await store.read(rows)
    assert (job["state"], job["attempts"]) == ("completed", 0)
    assert await store.read(health.lines) == []


async def test_an_idle_worker_leaves_the_database_alone(store: Store) -> None:
    bodies = 0

    def count(_connection: object) -> None:
        nonlocal bodies
        bodies += 1

    async with working(store, Stage(JobKind.CLEAN)):
        await submit(store, *[new(f"t{number}") for number in range(20)])
        await until(store, ended)
        await asyncio.sleep(0.2)
        sa.event.listen(store.engine, "begin", count)
        await asyncio.sleep(1)
        sa.event.remove(store.engine, "begin", count)
    assert bodies <= 1


async def test_a_workers_reach_limits_what_it_claims_and_others_are_woken_for_the_rest(store: Store) -> None:
    heat, scan = await scan_heat(store)
    heard: list[str] = []
    stages = [Stage(JobKind.SCAN, write=lambda _tx, _job, _result: [heat]), Stage(JobKind.ENRICH)]
    async with working(store, *stages, reach=Reach(frozenset({JobKind.SCAN}))):
        store.on(JOBS, lambda: heard.append(JOBS))
        await submit(store, scan)
        heard.clear()
        await until(store, lambda tx: states(tx) == {"completed": 1, "pending": 1})
    assert heard
    assert stages[1].ran == []


# --- cancelling -------------------------------------------------------------------------------------------------------


async def test_a_running_job_is_cancelled_within_moments_and_its_chain_ends(store: Store) -> None:
    heat, scan = await scan_heat(store)
    gate = Gate()
    stages = [Stage(JobKind.SCAN, gate, lambda _tx, _job, _result: [heat]), Stage(JobKind.ENRICH)]
    async with working(store, *stages):
        await submit(store, scan)
        await gate.begun()
        await store.write(lambda tx: desk.cancel(tx, 1))
        await until(store, ended)
    assert gate.ended_early
    assert await store.read(states) == {"cancelled": 1}
    assert await outcomes(store) == [("cancelled", None)]


async def test_a_pending_job_that_was_cancelled_never_runs(store: Store) -> None:
    gate = Gate()
    stage = Stage(JobKind.CLEAN, gate)
    async with working(store, stage, slots=1):
        await submit(store, new("a"), new("b"))
        await gate.begun()
        await store.write(lambda tx: desk.cancel(tx, 2))
        gate.open.set()
        await until(store, ended)
    assert stage.ran == ["a"]


async def test_a_call_stuck_in_the_kernel_is_abandoned_and_its_slot_goes_on(store: Store) -> None:
    stuck, never = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def read_a_dead_share() -> None:
        loop.call_soon_threadsafe(stuck.set)
        never.wait()

    async def work(job: Job, _context: JobContext) -> Done[Any]:
        if target(job) == "stuck":
            await in_thread(read_a_dead_share)
        return Done(None)

    try:
        async with working(store, Stage(JobKind.CLEAN, work), slots=1):
            await submit(store, new("stuck", priority=9), new("next"))
            await stuck.wait()
            await store.write(lambda tx: desk.cancel(tx, 1))
            await until(store, ended)  # while the call is still stuck
    finally:
        never.set()
    assert await store.read(states) == {"cancelled": 1, "completed": 1}


# --- losing and handing back ------------------------------------------------------------------------------------------


async def test_whoever_lost_the_claim_writes_nothing_more(store: Store) -> None:
    refused: list[bool] = []

    async def freeze(job: Job, context: JobContext) -> Done[Any]:
        if not refused:
            refused.append(False)
            await store.write(lambda tx: workers.hand_back(tx, made.id, {job.claim}))
            try:
                await context.write(lambda tx: health.report(tx, "ghost", "a row of the dead"))
            except ClaimLost:
                refused[0] = True
                raise
        return Done(None, "second")

    async with working(store, Stage(JobKind.CLEAN, freeze)) as made:
        await submit(store, new())
        await until(store, ended)
    assert refused == [True]
    assert await store.read(health.lines) == []
    assert [outcome for outcome, _ in await outcomes(store)] == ["lost", "completed"]


async def test_a_late_settlement_is_refused_and_leaves_no_rows(store: Store) -> None:
    def record(tx: Tx, job: Job, _result: Any) -> Sequence[ItemId]:
        health.report(tx, f"attempt by {job.claim}", "recorded")
        return []

    async def freeze(job: Job, _context: JobContext) -> Done[Any]:
        if len(stage.ran) == 1:
            await store.write(lambda tx: workers.hand_back(tx, made.id, {job.claim}))
        return Done(None)

    stage = Stage(JobKind.CLEAN, freeze, record)
    async with working(store, stage) as made:
        await submit(store, new())
        await until(store, ended)
    assert len(await store.read(health.lines)) == 1
    assert [outcome for outcome, _ in await outcomes(store)] == ["lost", "completed"]


async def test_the_jobs_of_a_worker_that_vanished_are_taken_over(store: Store) -> None:
    def vanish(tx: Tx) -> None:
        workers.register(tx, "vanished", "host", 1, 4)
        ledger.submit(tx, new())
        ledger.claim(tx, "vanished", ledger.Slots(1, 1))

    await store.write(vanish)
    store.skew += workers.LEASE + MINUTE
    async with working(store, Stage(JobKind.CLEAN), pace=QUICK):
        await until(store, ended)
    assert [outcome for outcome, _ in await outcomes(store)] == ["lost", "completed"]


async def test_a_worker_taken_for_dead_drops_its_work_and_registers_anew(store: Store) -> None:
    gate = Gate()
    stage = Stage(JobKind.CLEAN, gate)
    async with working(store, stage, pace=QUICK):
        await submit(store, new())
        await gate.begun()
        await store.write(workers.take_back_all)
        await gate.begun()
        await until(store, lambda _tx: gate.ended_early)
        gate.open.set()
        await until(store, ended)
        assert len(await store.read(lambda tx: rows(tx, schema.worker))) == 1
    assert [outcome for outcome, _ in await outcomes(store)] == ["lost", "completed"]


async def test_a_claim_whose_answer_was_lost_is_found_and_run(store: Store) -> None:
    stage = Stage(JobKind.CLEAN)
    async with working(store, stage, pace=QUICK) as made:

        def claim_unheard(tx: Tx) -> None:
            ledger.submit(tx, new())
            ledger.claim(tx, made.id, ledger.Slots(1, 1))

        await store.write(claim_unheard)
        await until(store, ended)
    assert await outcomes(store) == [("lost", "its worker lost sight of it"), ("completed", None)]
    assert (await store.read(rows))[0]["losses"] == 0


async def test_a_job_without_progress_is_ended_and_retried(store: Store) -> None:
    gate = Gate()
    patience = {JobKind.CLEAN: timedelta()}
    async with working(store, Stage(JobKind.CLEAN, gate), pace=QUICK, patience=patience):
        await submit(store, new())
        await until(store, lambda tx: rows(tx, schema.job_attempt))
        assert await outcomes(store) == [("retried", "no progress for 0 minutes; the attempt was ended")]
    assert gate.ended_early == ["x"]


async def test_a_stop_lets_running_jobs_finish_and_claims_no_more(store: Store) -> None:
    gate = Gate()
    made = worker(store, Stage(JobKind.CLEAN, gate), slots=1)
    running = asyncio.create_task(made.run())
    await submit(store, new("a"), new("b"))
    await gate.begun()
    made.stop()
    gate.open.set()
    async with asyncio.timeout(PATIENCE):
        await running
    assert await store.read(states) == {"completed": 1, "pending": 1}
    assert await store.read(lambda tx: rows(tx, schema.worker)) == []


async def test_a_hard_stop_hands_running_jobs_back_and_nothing_counts_as_lost(store: Store) -> None:
    gate = Gate()
    running = asyncio.create_task(worker(store, Stage(JobKind.CLEAN, gate)).run())
    await submit(store, new("a"), new("b"))
    await gate.begun(2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(gate.ended_early) == ["a", "b"]
    jobs = await store.read(rows)
    assert [(job["state"], job["losses"], job["attempts"]) for job in jobs] == [("pending", 0, 0)] * 2
    assert await store.read(lambda tx: rows(tx, schema.worker)) == []


# --- progress and rows between beats ----------------------------------------------------------------------------------


async def test_progress_stands_on_the_job_and_in_an_event(store: Store) -> None:
    gate = Gate()

    async def half(job: Job, context: JobContext) -> Done[Any]:
        await context.report(50.0, "half way")
        await context.report(51.0, "throttled")
        return await gate(job, context)

    _, scan = await scan_heat(store)
    async with working(store, Stage(JobKind.SCAN, half, lambda _tx, _job, _result: [])):
        await submit(store, scan)
        await gate.begun()
        [job] = await store.read(rows)
        assert (job["progress"], job["message"]) == (50.0, "half way")
        [event] = await store.read(lambda tx: events.since(tx, 0))
        assert event.type is EventType.SCAN_PROGRESS
        assert event.data == {"percent": 50.0, "message": "half way", "root": job["id"]}
        gate.open.set()
        await until(store, ended)


async def test_a_phase_starts_the_next_jobs_together_with_the_rows_that_it_writes(store: Store) -> None:
    heat, scan = await scan_heat(store)

    async def directory_by_directory(_job: Job, context: JobContext) -> Done[Any]:
        assert await context.write(lambda tx: context.go_on(tx, [heat])) == 1
        return Done(None)

    enrich = Stage(JobKind.ENRICH, write=lambda _tx, _job, _result: [])
    stages = [Stage(JobKind.SCAN, directory_by_directory, lambda _tx, _job, _result: []), enrich]
    await submit(store, scan)
    async with working(store, *stages):
        await until(store, ended)
    assert enrich.ran == [str(heat)]


async def test_the_report_and_the_summary_of_a_run_are_kept(store: Store) -> None:
    async def count(_job: Job, _context: JobContext) -> Done[Any]:
        return Done(None, "3 items", {"items": 3})

    await submit(store, new())
    async with working(store, Stage(JobKind.CLEAN, count)):
        await until(store, ended)
    [job] = await store.read(rows)
    assert (job["message"], job["result"]) == ("3 items", {"items": 3})


async def test_two_workers_share_the_work_and_nothing_runs_twice(store: Store) -> None:
    first, second = Stage(JobKind.CLEAN), Stage(JobKind.CLEAN)
    await store.write(lambda tx: ledger.submit_many(tx, [new(f"t{number}") for number in range(200)]))
    async with working(store, first), working(store, second):
        await until(store, ended)
    assert sorted(first.ran + second.ran) == sorted(f"t{number}" for number in range(200))
    assert await store.read(states) == {"completed": 200}
