"""A program of several parts that run side by side until it is asked to stop, or until one of them breaks."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from metarr.worker import Worker

_GRACE = 10.0  # seconds that running jobs get to end; then they are handed back


class Program(ABC):
    """What `metarr serve` and `metarr worker` have in common. Subclasses say in `_open` which parts there are."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()
        self._parts: list[asyncio.Task[None]] = []
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @abstractmethod
    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        """Start every part; what ends it goes on the stack."""

    async def _run(self, stack: contextlib.AsyncExitStack, part: Coroutine[Any, Any, None]) -> None:
        self._parts.append(await stack.enter_async_context(_beside(part)))

    async def _work(self, stack: contextlib.AsyncExitStack, worker: Worker) -> None:
        self._working = await stack.enter_async_context(_working(worker))
        self._parts.append(self._working)

    def ask_to_stop(self) -> None:
        """End in good order; asked twice, do not wait for the jobs that run."""
        if self._stop.is_set() and self._working is not None:
            self._working.cancel()
        self._stop.set()

    async def until_stopped(self) -> None:
        """Return when asked to stop; raise when a part of the program broke."""
        asked = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([asked, *self._parts], return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
        for task in done - {asked}:
            await task


@contextlib.asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """Run jobs while the block runs; what is running then gets a while to end, and is handed back after that."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await asyncio.wait([task], timeout=_GRACE)
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def _beside(endless: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run something endless while the block runs."""
    task = asyncio.create_task(endless)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
