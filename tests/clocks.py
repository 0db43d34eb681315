"""Time for tests: a clock that stands still until it is told to move, and a loop that jumps over every wait."""

from __future__ import annotations

import asyncio
import math
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")
# What is on its way through sockets gets this many seconds before time jumps, and time jumps no further than that, so
# that a busy machine looks like a slow network and not like one that is gone.
_GRACE, _LEAP = 0.003, 0.25


class Clock:
    """For whatever asks for seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class _Jumping(selectors.DefaultSelector):
    """Where nothing happens until the next timer, that timer's time is now."""

    def __init__(self, grace: float, leap: float) -> None:
        super().__init__()
        self.skipped = 0.0
        self._grace = grace
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(min(timeout, self._grace))
        if not events:
            self.skipped += min(timeout, self._leap)
        return events


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, grace: float, leap: float) -> None:
        self._jumping = _Jumping(grace, leap)
        super().__init__(self._jumping)

    def time(self) -> float:
        return super().time() + self._jumping.skipped


def in_no_time(main: Coroutine[None, None, T], *, has_sockets: bool = False) -> T:
    """Run it on a loop whose time passes while nobody waits for it. `loop.time` is the clock."""
    loop = _Loop(_GRACE, _LEAP) if has_sockets else _Loop(0.0, math.inf)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
