"""What every phase is: `run` gathers, decides and acts outside any transaction; `record` writes the rows.

`run` must be safe to repeat, because a killed worker's job is run again. `record` shares one transaction with the job's
end, its successors and its events.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from metarr.jobs.policy import Conditions
    from metarr.model.job import Done, Job, JobKind, Snooze
    from metarr.model.media import ItemId
    from metarr.store.db import Store, Tx

R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")
_MOMENT = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running job may use. `write` refuses (ClaimLost) once the job is no longer ours."""

    store: Store
    conditions: Conditions  # as they were when the job was claimed
    write: Callable[[Callable[[Tx], Any]], Awaitable[Any]]
    report: Callable[[float | None, str], Awaitable[None]]  # percent (None: unknown) and message; throttled
    go_on: Callable[[Tx, Sequence[ItemId]], int]  # submit the next jobs of these items, in the caller's transaction


class Phase(Protocol[R]):
    """One phase. The worker knows nothing else about it."""

    kind: ClassVar[JobKind]

    async def run(self, job: Job, context: JobContext, /) -> Done[R] | Snooze:
        """Do the work. Raises errors of the tree; anything else counts as a passing fault."""
        ...

    def record(self, tx: Tx, job: Job, result: R, /) -> Sequence[ItemId]:
        """Write the result; returns the items that go on to the next phase."""
        ...


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Work that changes files: cancelled, it gets a moment to end, so that what it did can be recorded.

    Whoever runs the job next meets no thread that is still writing, unless that one is stuck in the kernel.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=_MOMENT)
        if task.done():
            task.exception()  # what the caller would have heard; the cancellation stands above it
        raise


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking call beside the loop, in a thread of its own.

    A call stuck in the kernel (a dead network share) keeps only its thread: who waits can be cancelled at once, no pool
    is used up, and the thread does not hold up the program's end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only where T allows it

    def work() -> None:
        result, failure = None, None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001  it is raised again where the result is awaited
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed while the call was stuck
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, daemon=True, name=getattr(function, "__name__", "call")).start()
    return await future
