"""Films on their way from disk to rows: some are understood together, and those that are ready recorded together.

So the probing processes are busy while rows are written, and one thread, one message, one transaction serve many films.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")
_TOGETHER = 8  # understood in one go
# Recorded in one transaction: a crash loses no more than these, and whoever else writes (a webhook, a click) waits no
# longer than their rows take.
_BATCH = 4
_LINGER = 0.25  # seconds that the first of a batch waits for others


async def run_through(
    things: Sequence[T],
    understand: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
    record: Callable[[Sequence[R]], Awaitable[None]],
    concurrency: int,
) -> None:
    """Understand `concurrency` handfuls at a time; record things when they are. The first fault ends it all."""
    ready: asyncio.Queue[R | None] = asyncio.Queue(_BATCH)
    queue = _handfuls(things, concurrency)

    async def take() -> None:
        for handful in queue:
            for one in await understand(handful):
                await ready.put(one)

    async def take_all() -> None:
        async with asyncio.TaskGroup() as takers:
            for _ in range(concurrency):
                takers.create_task(take())
        await ready.put(None)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take_all())
            tasks.create_task(_record_all(ready, record))
    except BaseExceptionGroup as faults:
        raise _first(faults) from None  # its type says what becomes of the job


async def _record_all(ready: asyncio.Queue[R | None], record: Callable[[Sequence[R]], Awaitable[None]]) -> None:
    async for batch in _batches(ready):
        await record(batch)


def _handfuls(things: Sequence[T], concurrency: int) -> Iterator[Sequence[T]]:
    """Smaller ones where there are few things, so that all hands have some."""
    size = max(1, min(_TOGETHER, len(things) // concurrency))
    return (things[start : start + size] for start in range(0, len(things), size))


async def _batches(ready: asyncio.Queue[R | None]) -> AsyncIterator[list[R]]:
    """What is ready, until the None at its end."""
    while (first := await ready.get()) is not None:
        batch = [first]
        is_last = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                while len(batch) < _BATCH and not is_last:
                    following = await ready.get()
                    if following is None:
                        is_last = True
                    else:
                        batch.append(following)
        yield batch
        if is_last:
            return


def _first(faults: BaseExceptionGroup[BaseException]) -> BaseException:
    fault: BaseException = faults
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault
