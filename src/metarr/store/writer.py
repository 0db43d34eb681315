"""SQLite's one writer: a thread of its own. Bodies that wait together are committed together, with one fsync.

Each body of a group runs inside a savepoint, so that one which fails takes nothing of the others along. Nobody is told
that his body is done before the group is committed.
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from metarr.store.db import Tx

T = TypeVar("T")
_MOST = 32  # bodies in one transaction


class _Queued(Generic[T]):
    """A body, its future, and what it came to; known to its owner only after the commit."""

    def __init__(self, body: Callable[[Tx], T]) -> None:
        self.future: Future[T] = Future()
        self._body = body
        self._result: T
        self._error: BaseException | None = None

    def run(self, tx: Tx) -> None:
        self._result = self._body(tx)

    def run_apart(self, tx: Tx) -> None:
        """Run beside others in one transaction: what fails is undone alone, unless it took the transaction along."""
        topics = set(tx.topics)
        try:
            with tx.savepoint():
                self.run(tx)
        except BaseException as error:
            if not tx.is_open:
                raise
            self._error = error
            tx.topics = topics

    def tell(self, fault: BaseException | None = None) -> None:
        error = self._error or fault
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self._result)


class Writer:
    """Runs bodies in the order of their arrival. `begin` opens a transaction and commits at the block's end."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Tx]], hear: Callable[[set[str]], None]) -> None:
        self._begin = begin
        self._hear = hear
        self._queue: SimpleQueue[_Queued[Any] | None] = SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="store-write", daemon=True)
        self._thread.start()

    def submit(self, body: Callable[[Tx], T]) -> Future[T]:
        """Queue a body; its future is set after the commit."""
        if self._is_closed:
            raise RuntimeError("the store is closed")
        queued = _Queued(body)
        self._queue.put(queued)
        return queued.future

    def close(self) -> None:
        """Write what is queued, then end."""
        self._is_closed = True
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting: list[_Queued[Any] | None] = [first]
            with contextlib.suppress(Empty):
                while len(waiting) < _MOST and waiting[-1] is not None:
                    waiting.append(self._queue.get_nowait())
            self._commit([queued for queued in waiting if queued is not None])
            if waiting[-1] is None:
                return

    def _commit(self, group: list[_Queued[Any]]) -> None:
        try:
            with self._begin() as tx:
                if len(group) == 1:
                    group[0].run(tx)
                else:
                    for queued in group:
                        queued.run_apart(tx)
        except BaseException as fault:  # noqa: BLE001  it is raised again where the results are awaited
            for queued in group:
                queued.tell(fault)
            return
        self._hear(tx.topics)
        for queued in group:
            queued.tell()
