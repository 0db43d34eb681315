"""Leave to send, shared by all workers of the process: a provider's limit is never exceeded, on its own clock either.

`Pace` is the arithmetic; `Limiter` is the queue before it, in which the more urgent go first.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_SHARE = 0.95  # of the limit, evenly spaced
# Machines that share a limit do not know of each other's requests under way, so they keep more distance.
_SHARED = 0.9
# Seconds that a request counts after its end. A little more than the second that limits are stated for, since clocks
# are read to the millisecond at best.
_WINDOW = 1.005


class Pace:
    """When the next request may go out.

    The provider receives a request between its start and its end here. One that is under way, or ended less than a
    second ago, may therefore lie in the same second of the provider's clock as the next: there are never more of these
    than the limit, whatever the network does to them. The even spacing keeps bursts away.
    """

    def __init__(self, per_second: float, share: float = _SHARE) -> None:
        self.interval = 1.0 / (per_second * share)
        self._most = max(1, math.floor(per_second))
        self._next = -math.inf
        self._under_way = 0
        self._ended: deque[float] = deque()

    def earliest(self, now: float) -> float | None:
        """The time of the next request; None: not before one that is under way ends."""
        while self._ended and self._ended[0] + _WINDOW <= now:
            self._ended.popleft()
        room = self._most - self._under_way
        if room <= 0:
            return None
        excess = len(self._ended) - room
        aged = self._ended[excess] + _WINDOW if excess >= 0 else now
        return max(now, self._next, aged)

    def start(self, now: float) -> None:
        """A request goes out. One that was late (timers are) is made up for by the next."""
        self._next = max(self._next, now - self.interval) + self.interval
        self._under_way += 1

    def end(self, now: float) -> None:
        """A request that went out came to an end, whatever that was."""
        self._under_way -= 1
        self._ended.append(now)

    def take_back(self) -> None:
        """A request that was given leave did not go out."""
        self._under_way -= 1
        self._next -= self.interval


@dataclass(order=True, slots=True)
class _Waiter:
    """Ordered by urgency, then by arrival."""

    urgency: int
    place: int
    leave: asyncio.Future[None] = field(compare=False)


class Limiter:
    """Gives leave to send: to the highest priority first, in the order of asking among equals.

    `reserve`: where several processes share the limit; told an interval, it returns the seconds until our turn.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float],
        reserve: Callable[[float], Awaitable[float]] | None = None,
    ) -> None:
        self.pace = Pace(per_second, _SHARE if reserve is None else _SHARED)
        self._clock = clock
        self._reserve = reserve
        self._waiting: list[_Waiter] = []
        self._places = count()
        self._is_freed = asyncio.Event()
        self._giving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def leave(self, priority: int) -> AsyncIterator[None]:
        """Wait for leave to send one request; the block is the request."""
        await self._turn(priority)
        try:
            yield
        finally:
            self.pace.end(self._clock())
            self._is_freed.set()

    async def close(self) -> None:
        """Whoever still waits is cancelled."""
        if self._giving is not None:
            self._giving.cancel()
            await asyncio.wait([self._giving])

    async def _turn(self, priority: int) -> None:
        waiter = _Waiter(-priority, next(self._places), asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiting, waiter)
        if self._giving is None:
            self._giving = asyncio.create_task(self._give())
            self._giving.add_done_callback(self._done)
        try:
            await waiter.leave
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
            elif not waiter.leave.cancelled():  # leave came in the moment of the cancellation: another may have it
                self.pace.take_back()
                self._is_freed.set()
            raise

    async def _give(self) -> None:
        """Runs while somebody waits. Who it is that goes is decided when the time has come, not before."""
        while self._waiting:
            await self._until_free()
            if self._reserve is not None:
                await asyncio.sleep(await self._reserve(self.pace.interval))
            self._hand_over()
        self._giving = None

    def _hand_over(self) -> None:
        """Leave for the first who still wants it."""
        while self._waiting:
            first = heapq.heappop(self._waiting)
            if not first.leave.cancelled():
                self.pace.start(self._clock())
                first.leave.set_result(None)
                return

    async def _until_free(self) -> None:
        while True:
            now = self._clock()
            earliest = self.pace.earliest(now)
            if earliest is not None:
                await asyncio.sleep(earliest - now)
                return
            self._is_freed.clear()
            await self._is_freed.wait()

    def _done(self, giving: asyncio.Task[None]) -> None:
        """A fault or a cancellation of the giving reaches everybody who waits for it."""
        fault = None if giving.cancelled() else giving.exception()
        if fault is None and not giving.cancelled():
            return
        self._giving = None
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if fault is None:
                waiter.leave.cancel()
            else:
                waiter.leave.set_exception(fault)
