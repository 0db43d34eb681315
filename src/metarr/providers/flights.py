"""One call for all who ask the same at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    sharers: int = 0


class Flights(Generic[T]):
    """Calls under way, by what they ask."""

    def __init__(self) -> None:
        self._under_way: dict[str, _Flight[T]] = {}

    async def join(self, key: str, start: Callable[[], Coroutine[None, None, T]]) -> T:
        """The result of the call under way for `key`, else of a new one.

        A sharer that is cancelled leaves the call to the others; with the last one it ends.
        """
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = _Flight(asyncio.ensure_future(start()))
        flight.sharers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.sharers -= 1
            if flight.task.done() or not flight.sharers:
                flight.task.cancel()
                if self._under_way.get(key) is flight:
                    del self._under_way[key]

    async def close(self) -> None:
        """Whoever still waits is cancelled."""
        tasks = [flight.task for flight in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
