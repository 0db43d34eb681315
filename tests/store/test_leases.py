"""Machines that share a provider's limit share a queue on PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest

from metarr.providers.limiter import Limiter
from metarr.store import leases
from metarr.store.db import Store
from metarr.store.leases import Leases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def machines(postgres_store: Store) -> Iterator[tuple[Leases, Leases]]:
    """Two processes' queues on one database."""
    other = Store(postgres_store.url)
    yield Leases(postgres_store), Leases(other)
    other.close()


async def test_all_machines_together_keep_the_distance(machines: tuple[Leases, Leases]) -> None:
    clock = asyncio.get_running_loop().time

    async def reserved(machine: Leases) -> float:
        before = clock()
        return before + await machine.reserve("tmdb", 10.0)

    slots = sorted(await asyncio.gather(*(reserved(machine) for machine in machines * 20)))
    gaps = [later - earlier for earlier, later in itertools.pairwise(slots)]
    assert all(9 < gap < 11 for gap in gaps), "40 calls from two machines, one after the other"


async def test_the_queues_of_providers_are_apart(machines: tuple[Leases, Leases]) -> None:
    await machines[0].reserve("tmdb", 1000.0)
    assert await machines[1].reserve("tvdb", 1000.0) == 0
    assert await machines[1].reserve("tmdb", 1000.0) > 900


async def test_a_rest_saves_up_no_calls(machines: tuple[Leases, Leases]) -> None:
    assert await machines[0].reserve("tmdb", 0.001) == 0
    await asyncio.gather(*(machine.reserve("other", 1) for machine in machines * 3))  # time passes
    assert await machines[0].reserve("tmdb", 100.0) == 0
    assert await machines[1].reserve("tmdb", 100.0) > 90


async def test_two_machines_that_send_keep_the_limit_together(machines: tuple[Leases, Leases]) -> None:
    clock = asyncio.get_running_loop().time
    log: list[float] = []

    async def send(limiter: Limiter) -> None:
        async with limiter.leave(5):
            log.append(clock())

    limiters = []
    for machine in machines:

        async def reserve(interval: float, machine: Leases = machine) -> float:
            return await machine.reserve("tmdb", interval)

        limiters.append(Limiter(200.0, clock, reserve))
    await asyncio.gather(*(send(limiter) for limiter in limiters * 40))
    assert len(log) == 80
    assert max(log) - min(log) > 70 / 200, "one alone would be through in half the time"


async def test_without_the_database_everybody_waits(
    postgres_server: PostgresServer, machines: tuple[Leases, Leases], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "AGAIN_SECONDS", 0.05)
    await machines[0].reserve("tmdb", 0.01)
    postgres_server.stop()
    waiting = asyncio.create_task(machines[0].reserve("tmdb", 0.01))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    await asyncio.to_thread(postgres_server.start)
    assert await waiting < 1
