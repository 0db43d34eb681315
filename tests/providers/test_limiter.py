"""Nobody goes faster than a provider allows, on the provider's own clock, and the urgent go first."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from clocks import in_no_time
from metarr.errors import Transient, Wait
from metarr.providers.base import Ask, Surroundings
from metarr.providers.endpoint import Endpoint
from metarr.providers.http import JsonClient
from metarr.providers.limiter import Limiter, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metarr.providers.base import Lease


@dataclass(frozen=True)
class Request:
    """What happens to one request. `seen`: which part of the way to its end it is when the provider sees it."""

    arrives: float
    priority: int
    lasts: float
    seen: float
    gives_up_after: float | None = None


REQUESTS = st.lists(
    st.builds(
        Request,
        arrives=st.floats(0, 3),
        priority=st.sampled_from([5, 8, 10]),
        lasts=st.floats(0, 1.5),
        seen=st.floats(0, 1),
        gives_up_after=st.none() | st.floats(0, 2),
    ),
    min_size=1,
    max_size=60,
)


def most_in_a_second(log: Sequence[float]) -> int:
    log = sorted(log)
    return max((sum(1 for later in log[first:] if later < start + 1) for first, start in enumerate(log)), default=0)


async def _send(limiter: Limiter, request: Request, log: list[float]) -> None:
    clock = asyncio.get_running_loop().time
    await asyncio.sleep(request.arrives)
    async with limiter.leave(request.priority):
        begin = clock()
        await asyncio.sleep(request.lasts)
        log.append(begin + request.seen * (clock() - begin))


async def _send_all(limiter: Limiter, requests: Sequence[Request]) -> list[float]:
    log: list[float] = []
    sent = [asyncio.wait_for(_send(limiter, request, log), request.gives_up_after) for request in requests]
    await asyncio.gather(*sent, return_exceptions=True)
    return log


@given(per_second=st.integers(1, 50), requests=REQUESTS)
def test_the_provider_never_sees_more_in_any_second_than_it_allows(per_second: int, requests: list[Request]) -> None:
    async def run() -> None:
        limiter = Limiter(per_second, asyncio.get_running_loop().time)
        log = await _send_all(limiter, requests)
        assert most_in_a_second(log) <= per_second
        assert len(log) >= sum(request.gives_up_after is None for request in requests), "nobody is forgotten"

    in_no_time(run())


def test_a_quick_provider_is_used_nearly_as_much_as_it_allows() -> None:
    async def run() -> float:
        clock = asyncio.get_running_loop().time
        limiter = Limiter(40.0, clock)
        begin = clock()
        await _send_all(limiter, [Request(0, 5, 0.08, 0.5)] * 400)
        return 400 / (clock() - begin)

    assert 35 < in_no_time(run()) <= 38.5


def test_requests_are_spaced_evenly() -> None:
    pace, now, starts = Pace(10.0), 100.0, []
    for _ in range(9):
        earliest = pace.earliest(now)
        assert earliest is not None
        now = earliest
        pace.start(now)
        pace.end(now)
        starts.append(now)
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert gaps == [0.0] + [pytest.approx(1 / 9.5)] * 7, "after a rest, one more may go at once"


@pytest.fixture
def gate() -> asyncio.Queue[None]:
    """What is put in lets one request out."""
    return asyncio.Queue()


def _gated(gate: asyncio.Queue[None]) -> Limiter:
    async def reserve(_interval: float) -> float:
        await gate.get()
        return 0.0

    return Limiter(1_000_000, asyncio.get_running_loop().time, reserve)


async def _settle() -> None:
    """Until nothing more happens by itself."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_more_urgent_go_first_and_equals_in_the_order_of_asking(gate: asyncio.Queue[None]) -> None:
    limiter, order = _gated(gate), []

    async def go(name: str, priority: int) -> None:
        async with limiter.leave(priority):
            order.append(name)

    asked = {"bulk 1": 5, "bulk 2": 5, "webhook 1": 8, "user 1": 10, "webhook 2": 8}
    tasks = [asyncio.create_task(go(name, priority)) for name, priority in asked.items()]
    await _settle()
    gate.put_nowait(None)
    await _settle()
    tasks.append(asyncio.create_task(go("user 2", 10)))
    await _settle()
    for _ in range(5):
        gate.put_nowait(None)
    await asyncio.gather(*tasks)
    assert order == ["user 1", "user 2", "webhook 1", "webhook 2", "bulk 1", "bulk 2"]


@pytest.mark.parametrize("moment", range(8))
async def test_whoever_gives_up_at_whatever_moment_leaves_no_trace(gate: asyncio.Queue[None], moment: int) -> None:
    limiter, order = _gated(gate), []

    async def go(name: str) -> None:
        async with limiter.leave(5):
            order.append(name)

    first, second = asyncio.create_task(go("first")), asyncio.create_task(go("second"))
    await _settle()
    gate.put_nowait(None)
    for _ in range(moment):
        await asyncio.sleep(0)
    has_won = not first.cancel()
    await _settle()
    gate.put_nowait(None)
    await second
    assert order == (["first"] if has_won else []) + ["second"]
    assert limiter._waiting == []
    assert limiter.pace._under_way == 0


async def test_a_fault_of_the_common_queue_reaches_whoever_waits_and_not_those_after() -> None:
    faults: list[Wait | None] = [Wait("no database", cause="database", delay=timedelta()), None]

    async def reserve(_interval: float) -> float:
        fault = faults.pop(0)
        if fault is not None:
            raise fault
        return 0.0

    limiter = Limiter(1_000_000, asyncio.get_running_loop().time, reserve)
    with pytest.raises(Wait, match="no database"):
        async with limiter.leave(5):
            raise AssertionError
    async with limiter.leave(5):
        pass


async def test_closing_lets_nobody_wait_for_ever(gate: asyncio.Queue[None]) -> None:
    limiter = _gated(gate)

    async def go() -> None:
        async with limiter.leave(5):
            raise AssertionError

    task = asyncio.create_task(go())
    await _settle()
    await limiter.close()
    with pytest.raises(asyncio.CancelledError):
        await task


class Provider:
    """On loopback, with a log by its own clock: answers after a while, and counts what it was asked."""

    def __init__(self, answer: Callable[[int], web.Response]) -> None:
        self.log: list[float] = []
        self.url = ""
        self._answer = answer
        self._chance = random.Random(1)
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path}", self._reply)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def client(self, per_second: float, lease: Lease | None = None) -> JsonClient:
        endpoint = Endpoint("loopback", self.url, SecretStr("key"), "KEY", per_second, "/probe")
        return JsonClient(endpoint, Surroundings(lease=lease), asyncio.get_running_loop().time)

    async def _reply(self, _request: web.Request) -> web.Response:
        """The way there and back takes as long as it likes."""
        await asyncio.sleep(self._chance.uniform(0, 0.2))
        self.log.append(asyncio.get_running_loop().time())
        number = len(self.log)
        await asyncio.sleep(self._chance.uniform(0, 0.2))
        return self._answer(number)


async def _ask_until_answered(client: JsonClient, number: int) -> int:
    """As a job does that is run again and again; how often it had to pay for a fault."""
    paid = 0
    while True:
        try:
            await client.get(f"/{number}", {}, Ask())
        except Transient:
            paid += 1
            await asyncio.sleep(5)
        except Wait as wait:
            await asyncio.sleep(wait.delay.total_seconds())
        else:
            return paid


def test_the_log_of_a_provider_shows_its_limit_kept_and_nothing_lost() -> None:
    """Every tenth answer is a 429, every fifteenth a 500."""

    def answer(number: int) -> web.Response:
        if number % 10 == 0:
            return web.json_response({}, status=429, headers={"Retry-After": "2"})
        return web.json_response({}, status=500 if number % 15 == 0 else 200)

    async def run() -> None:
        async with Provider(answer) as provider:
            client = provider.client(20)
            paid = await asyncio.gather(*(_ask_until_answered(client, number) for number in range(60)))
            await client.close()
            assert most_in_a_second(provider.log) <= 20
            assert max(paid) <= 2, "a third time would be the end of a job"

    in_no_time(run(), has_sockets=True)


def test_a_429_stops_everybody_until_the_provider_wants_them_back() -> None:
    async def run() -> None:
        async with Provider(
            lambda number: web.json_response({}, status=429 if number == 5 else 200, headers={"Retry-After": "30"})
        ) as provider:
            client = provider.client(20)
            await asyncio.gather(*(_ask_until_answered(client, number) for number in range(40)))
            await client.close()
            pauses = [later - earlier for earlier, later in itertools.pairwise(sorted(provider.log))]
            (place,) = (place for place, pause in enumerate(pauses) if pause > 5)
            assert pauses[place] > 25
            assert place < 20, "only those that were on their way already came through"

    in_no_time(run(), has_sockets=True)
