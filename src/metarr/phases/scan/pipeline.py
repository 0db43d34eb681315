"""Films on their way from disk to rows: several are understood at a time, and those that are ready recorded together.

So the probing processes are busy while rows are written, and a transaction is shared by many films.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

T = TypeVar("T")
R = TypeVar("R")
_BATCH = 64  # recorded in one transaction: a crash loses no more than these
_LINGER = 0.25  # seconds that the first of a batch waits for others


async def run_through(
    things: Iterable[T],
    understand: Callable[[T], Awaitable[R]],
    record: Callable[[Sequence[R]], Awaitable[None]],
    concurrency: int,
) -> None:
    """Understand `concurrency` things at a time; record each when it is understood. The first fault ends it all."""
    ready: asyncio.Queue[R | None] = asyncio.Queue(_BATCH)
    queue = iter(things)

    async def take() -> None:
        for thing in queue:
            await ready.put(await understand(thing))

    async def take_all() -> None:
        async with asyncio.TaskGroup() as takers:
            for _ in range(concurrency):
                takers.create_task(take())
        await ready.put(None)

    async def record_all() -> None:
        async for batch in _batches(ready):
            await record(batch)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take_all())
            tasks.create_task(record_all())
    except BaseExceptionGroup as faults:
        raise _first(faults) from None  # its type says what becomes of the job


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
