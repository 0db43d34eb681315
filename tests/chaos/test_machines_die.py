"""Processes that die, freeze or lose their database in the middle: every job is completed once, whatever happens."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from machines import Ledger, Machine, Nursery
from metarr.jobs import desk
from metarr.store import schema
from metarr.store.db import Store
from postgres import PostgresServer, find_programs
from stages import ended, states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.store.db import Tx

_SEED = 20260101
_ONLY_WOKEN = ("--look", "3600")  # no net under a lost wake-up
Start = Callable[..., Machine]


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often to kill: some, or very often in the long run."""
    return 150 if request.config.getoption("--long") else 10


@pytest.fixture
def chance() -> random.Random:
    """The same moments in every run, as far as processes allow that."""
    return random.Random(_SEED)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Where machines come from."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def new(nursery: Nursery) -> Start:
    """Start a machine."""
    return nursery.machine


def finish(ledger: Ledger) -> None:
    """Until everything has ended. A job that died with its worker three times is let go on by its owner."""

    def is_over(tx: Tx) -> bool:
        return ended(tx) and not desk.retry(tx)

    ledger.until(is_over, patience=60)


def test_a_process_that_is_killed_again_and_again_on_sqlite(
    sqlite_store: Store, kills: int, chance: random.Random, new: Start
) -> None:
    ledger = Ledger(sqlite_store)
    for _ in range(kills):
        ledger.submit(3)
        with new(sqlite_store.url):
            time.sleep(chance.uniform(0, 0.3))
    with new(sqlite_store.url):
        finish(ledger)
    ledger.check()
    assert ledger.attempts("lost")


@pytest.mark.postgres
def test_machines_that_are_killed_again_and_again_on_postgres(
    postgres_store: Store, kills: int, chance: random.Random, new: Start
) -> None:
    ledger = Ledger(postgres_store)
    machines = [new(postgres_store.url) for _ in range(2)]
    try:
        for _ in range(kills):
            ledger.submit(6)
            time.sleep(chance.uniform(0, 0.3))
            number = chance.randrange(len(machines))
            machines[number].kill()
            machines[number] = new(postgres_store.url)
        finish(ledger)
    finally:
        for machine in machines:
            machine.kill()
    ledger.check()
    assert ledger.attempts("lost")


def one_runs(tx: Tx) -> bool:
    return states(tx).get("running", 0) > 0


@pytest.mark.postgres
def test_a_frozen_worker_loses_its_jobs_and_its_late_settlement_is_refused(postgres_store: Store, new: Start) -> None:
    ledger = Ledger(postgres_store)
    with new(postgres_store.url, "--work", "0.3") as frozen:
        ledger.submit(4)
        ledger.until(one_runs)
        frozen.freeze()
        with new(postgres_store.url) as other:
            finish(ledger)
            ledger.check()
            frozen.thaw()
            ledger.until(lambda tx: len(tx.rows(sa.select(schema.worker))) == 2)  # it has noticed, and registered anew
            other.kill()
        ledger.submit(2)
        finish(ledger)
    ledger.check()
    lost = ledger.attempts("lost")
    assert lost
    assert {attempt["error"] for attempt in lost} == {"its worker died"}


@pytest.mark.postgres
def test_the_jobs_of_a_machine_that_is_gone_for_good_are_taken_over(postgres_store: Store, new: Start) -> None:
    ledger = Ledger(postgres_store)
    with ExitStack() as stack:
        doomed, other = (stack.enter_context(new(postgres_store.url, "--work", "0.2")) for _ in range(2))
        ledger.submit(8)
        ledger.until(lambda tx: states(tx).get("running", 0) == 8)
        doomed.kill()
        finish(ledger)
        ledger.check()
        assert len(ledger.attempts("lost")) == 4
        other.stop()
    assert ledger.read(sa.select(schema.worker)) == []


@pytest.mark.postgres
def test_a_machine_that_stops_in_good_order_finishes_what_it_does_and_loses_nothing(
    postgres_store: Store, new: Start
) -> None:
    ledger = Ledger(postgres_store)
    with new(postgres_store.url, "--work", "0.2") as first:
        ledger.submit(8)
        ledger.until(one_runs)
        first.stop()
        assert not postgres_store.write_now(one_runs)
        with new(postgres_store.url):
            finish(ledger)
    ledger.check()
    assert not ledger.attempts("lost")


@pytest.mark.postgres
def test_each_machine_does_only_its_kinds_and_is_woken_for_them(postgres_store: Store, new: Start) -> None:
    ledger = Ledger(postgres_store)
    with (
        new(postgres_store.url, "--kinds", "scan,publish", *_ONLY_WOKEN),
        new(postgres_store.url, "--kinds", "enrich,sync", *_ONLY_WOKEN),
    ):
        ledger.submit(10)
        finish(ledger)
    ledger.check()
    columns = (schema.job.c.kind, schema.job.c.worker_id)
    found = {(row["worker_id"], row["kind"]) for row in ledger.read(sa.select(*columns).distinct())}
    by_worker = sorted(sorted(kind for who, kind in found if who == worker) for worker in {who for who, _ in found})
    assert by_worker == [["enrich", "sync"], ["publish", "scan"]]


@pytest.mark.postgres
def test_a_machine_is_told_when_its_job_is_cancelled_elsewhere(postgres_store: Store, new: Start) -> None:
    ledger = Ledger(postgres_store)
    with new(postgres_store.url, "--work", "1000", *_ONLY_WOKEN):
        ledger.submit(1)
        ledger.until(lambda tx: tx.rows(sa.select(schema.job).where(schema.job.c.message == "begun")))
        postgres_store.write_now(lambda tx: desk.cancel(tx, 1))
        ledger.until(ended)
    assert postgres_store.write_now(states) == {"cancelled": 1}


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may crash."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: apt-get install postgresql)")
    server = PostgresServer(programs)
    server.start()
    yield server
    server.stop()


@pytest.mark.postgres
def test_everything_at_once(own_server: PostgresServer, kills: int, chance: random.Random, new: Start) -> None:
    """Three machines; by turns one is killed, one frozen past its lease, and the database crashes."""
    name = f"chaos_{uuid.uuid4().hex}"
    own_server.create_database(name)
    store = Store(own_server.url(name))
    ledger = Ledger(store)
    machines = [new(store.url) for _ in range(3)]
    try:
        for number in range(max(3, kills // 5)):
            ledger.submit(6)
            time.sleep(chance.uniform(0, 0.3))
            chosen = chance.randrange(len(machines))
            if number % 3 == 0:
                own_server.stop("immediate")
                own_server.start()
                store.engine.dispose()
            elif number % 3 == 1:
                machines[chosen].freeze()
                time.sleep(1.5)
                machines[chosen].thaw()
            else:
                machines[chosen].kill()
                machines[chosen] = new(store.url)
        finish(ledger)
    finally:
        for machine in machines:
            machine.kill()
    ledger.check()
    store.close()
