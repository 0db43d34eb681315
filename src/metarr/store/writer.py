"""SQLite's one writer: a thread of its own. Bodies that wait together are committed together, with one fsync.

Each body of a group runs inside a savepoint, so that one which fails takes nothing of the others along. Nobody is told
that his body is done before the group is committed. Where somebody outside waits for an answer, his body is urgent: it
comes next, and the group is committed with it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from metarr.store.db import Tx

T = TypeVar("T")
_MOST = 32  # bodies in one transaction
_LONGEST = 1.0  # seconds that a body waits behind urgent ones


class _Queued(Generic[T]):
    """A body, its future, and what it came to; known to its owner only after the commit."""

    def __init__(self, body: Callable[[Tx], T], *, is_urgent: bool) -> None:
        self.future: Future[T] = Future()
        self.is_urgent = is_urgent
        self.since = time.monotonic()
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
    """Runs bodies in the order of their arrival, urgent ones first. `begin` opens a transaction and commits at the
    block's end.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Tx]], hear: Callable[[set[str]], None]) -> None:
        self._begin = begin
        self._hear = hear
        self._urgent: deque[_Queued[Any]] = deque()
        self._plain: deque[_Queued[Any]] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="store-write", daemon=True)
        self._thread.start()

    def submit(self, body: Callable[[Tx], T], *, is_urgent: bool = False) -> Future[T]:
        """Queue a body; its future is set after the commit."""
        queued = _Queued(body, is_urgent=is_urgent)
        with self._changed:
            if self._is_closed:
                raise RuntimeError("the store is closed")
            (self._urgent if is_urgent else self._plain).append(queued)
            self._changed.notify()
        return queued.future

    def close(self) -> None:
        """Write what is queued, then end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while (first := self._first()) is not None:
            self._commit(first)

    def _first(self) -> _Queued[Any] | None:
        """Wait for somebody who wants to write. None: the store is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waits or self._is_closed)
            is_late = bool(self._plain) and time.monotonic() - self._plain[0].since > _LONGEST
            if self._urgent and not is_late:
                return self._urgent.popleft()
            return self._plain.popleft() if self._plain else None

    @property
    def _waits(self) -> bool:
        return bool(self._urgent or self._plain)

    def _next(self, group: Sequence[_Queued[Any]]) -> _Queued[Any] | None:
        """Who else is written in this transaction; None: it is committed as it is."""
        with self._changed:
            if len(group) == _MOST:
                return None
            if self._urgent:
                return self._urgent.popleft()
            is_awaited = any(queued.is_urgent for queued in group)
            return self._plain.popleft() if self._plain and not is_awaited else None

    def _commit(self, first: _Queued[Any]) -> None:
        group = [first]
        try:
            with self._begin() as tx:
                if self._waits:
                    first.run_apart(tx)
                    while (queued := self._next(group)) is not None:
                        group.append(queued)
                        queued.run_apart(tx)
                else:
                    first.run(tx)
        except BaseException as fault:  # noqa: BLE001  it is raised again where the results are awaited
            for queued in group:
                queued.tell(fault)
            return
        self._hear(tx.topics)
        for queued in group:
            queued.tell()
