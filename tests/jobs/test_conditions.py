"""What decides about the chain: the same for every process that asks, in the moment in which it asks."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from metarr.errors import Wait
from metarr.jobs import conditions, ledger
from metarr.jobs.policy import Conditions
from metarr.model.job import Done, JobKind, NewJob
from metarr.model.media import ItemKind, LibraryId
from metarr.settings import LibraryOverrides, in_library
from metarr.store import facts, health, libraries, players, settings
from metarr.store.db import Store
from metarr.worker import Worker
from patience import PATIENCE
from stages import Stage, ended, library, movie, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from metarr.model.job import Job
    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext, Phase
    from metarr.store.db import Tx

MINUTE = timedelta(minutes=1)
MOVIES, SHOWS = frozenset({ItemKind.MOVIE}), frozenset({ItemKind.SERIES})
HOME = LibraryId(1)


def _override(tx: Tx) -> None:
    libraries.change(tx, libraries.get(tx, HOME), overrides=LibraryOverrides(actor_pictures=3))


# Each goes on from the one before it.
CHANGES: dict[str, tuple[Callable[[Tx], object], Callable[[Conditions], object], object]] = {
    "a setting": (
        lambda tx: settings.change(tx, "publishing", {"actorPictures": 7}),
        lambda now: now.settings.publishing.actor_pictures,
        7,
    ),
    "a library's own": (_override, lambda now: now.of(HOME).settings.publishing.actor_pictures, 3),
    "providers": (
        lambda tx: facts.save_providers(tx, {"tmdb": MOVIES, "tvmaze": SHOWS}),
        lambda now: now.enrichable,
        MOVIES | SHOWS,
    ),
    "a key that is refused": (lambda tx: health.report(tx, "tmdb:key", "no"), lambda now: now.enrichable, SHOWS),
    "another trouble of a provider": (
        lambda tx: health.report(tx, "tvmaze:unreachable", "no"),
        lambda now: now.enrichable,
        SHOWS,
    ),
    "a key that is accepted again": (
        lambda tx: health.clear(tx, "tmdb:key"),
        lambda now: now.enrichable,
        MOVIES | SHOWS,
    ),
    "a player": (lambda tx: players.save(tx, "den", "kodi", {}), lambda now: now.can_sync, True),
    "a player that is switched off": (lambda tx: players.disable(tx, 1), lambda now: now.can_sync, False),
    "a pause": (lambda tx: facts.pause(tx, HOME), lambda now: now.paused, {HOME}),
    "its end": (lambda tx: facts.resume(tx, HOME), lambda now: now.paused, set()),
    "a library that is gone": (lambda tx: libraries.remove(tx, HOME), lambda now: now.libraries, {}),
}


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """The same database, as another process has it."""
    found = Store(store.url)
    yield found
    found.close()


def _in_parts(tx: Tx) -> Conditions:
    everywhere = settings.load(tx)
    own = {one: in_library(everywhere, overrides) for one, overrides in libraries.overridden(tx).items()}
    return Conditions(everywhere, facts.usable(tx), players.any_enabled(tx), facts.paused(tx), own)


def test_what_another_process_changes_counts_at_once(store: Store, other: Store) -> None:
    assert store.write_now(library) == HOME
    assert store.write_now(conditions.current) == store.write_now(_in_parts)
    for name, (change, look, wanted) in CHANGES.items():
        other.write_now(change)
        now = store.write_now(conditions.current)
        assert look(now) == wanted, name
        assert now == store.write_now(_in_parts), name


def test_what_nobody_changed_is_not_made_out_again(store: Store) -> None:
    assert store.write_now(conditions.current) is store.write_now(conditions.current)


def test_what_a_transaction_changes_counts_inside_of_it(store: Store) -> None:
    def body(tx: Tx) -> list[bool]:
        before = conditions.current(tx).can_sync
        players.save(tx, "den", "kodi", {})
        return [before, conditions.current(tx).can_sync]

    assert store.write_now(body) == [False, True]


@asynccontextmanager
async def _working(store: Store, *stages: Stage) -> AsyncIterator[list[Tx]]:
    """A worker with one slot; the transactions in which it read the conditions."""
    read: list[Tx] = []

    def reading(tx: Tx) -> Conditions:
        read.append(tx)
        return conditions.current(tx)

    phases = cast("dict[JobKind, Phase[Any]]", {stage.kind: stage for stage in stages})
    worker = Worker(store, phases, reading, slots=1)
    task = asyncio.create_task(worker.run())
    yield read
    worker.stop()
    async with asyncio.timeout(PATIENCE):
        await task


def _one_to_publish(tx: Tx) -> None:
    facts.save_providers(tx, {"tmdb": MOVIES})
    home = library(tx)
    ledger.submit(tx, NewJob(JobKind.PUBLISH, 5, item_id=movie(tx, home), library_id=home))


async def test_a_settlement_reads_them_once(store: Store) -> None:
    await store.write(_one_to_publish)
    await store.write(lambda tx: players.save(tx, "den", "kodi", {}))
    await store.write(lambda tx: settings.change(tx, "phaseConfig", {"playerSync": {"autoSync": True}}))
    publish, sync = Stage(JobKind.PUBLISH), Stage(JobKind.SYNC)
    async with _working(store, publish, sync) as read:
        await until(store, ended)
    assert publish.ran == sync.ran
    assert len({id(tx) for tx in read}) == len(read)


async def test_what_a_job_got_past_is_over_for_those_that_follow_it(store: Store) -> None:
    is_on = False

    async def publish(_job: Job, _context: JobContext) -> Done[Any]:
        if not is_on:
            raise Wait("refused", cause="tmdb:key", delay=MINUTE)
        return Done(None)

    def record(tx: Tx, job: Job, _result: Any) -> list[ItemId]:
        assert job.item_id is not None
        ledger.submit(tx, NewJob(JobKind.ENRICH, 5, item_id=job.item_id, library_id=job.library_id))
        return [job.item_id]

    await store.write(_one_to_publish)
    publishing = Stage(JobKind.PUBLISH, publish, record)
    enrich = Stage(JobKind.ENRICH, write=lambda _tx, _job, _result: [])
    async with _working(store, publishing, enrich):
        await until(store, health.lines)
        is_on = True
        store.skew += 2 * MINUTE
        await until(store, ended)
    assert enrich.ran == ["1"]
    assert publishing.ran == ["1", "1"], "nothing was passed through to it as if the key were still refused"
