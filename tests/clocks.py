"""Time for tests: a clock that stands still until it is told to move, and a loop that jumps over every wait."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")
_GRACE = 0.003  # seconds that sockets get to deliver what is on its way, before time jumps


class Clock:
    """For whatever asks for seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class _Jumping(selectors.DefaultSelector):
    """Where nothing happens until the next timer, that timer's time is now."""

    def __init__(self, grace: float) -> None:
        super().__init__()
        self.skipped = 0.0
        self._grace = grace

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(min(timeout, self._grace))
        if not events:
            self.skipped += timeout
        return events


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, grace: float) -> None:
        self._jumping = _Jumping(grace)
        super().__init__(self._jumping)

    def time(self) -> float:
        return super().time() + self._jumping.skipped


def in_no_time(main: Coroutine[None, None, T], *, has_sockets: bool = False) -> T:
    """Run it on a loop whose time passes while nobody waits for it. `loop.time` is the clock."""
    loop = _Loop(_GRACE if has_sockets else 0.0)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
