"""How often somebody may guess: a few times freely, then slower and slower, per account and per address.

In memory only: a restart forgets, which helps nobody who guesses over the network. The wait never grows beyond a
minute, so that a stranger cannot keep an owner out for long, and 1,440 guesses a day find no password.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

from metarr.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

_FREE = 5  # wrong guesses before the first wait
_LONGEST = 60.0  # seconds
_FORGOTTEN = 900.0  # seconds after the last wrong guess
_MOST_SELDOM = 300  # keys in a minute
_MOST = 10_000  # names and addresses remembered; the oldest go


class Throttle:
    """Counts wrong guesses by name and by address. A guess counts before it is looked at: many at once are many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the last one was

    def begin(self, *keys: str) -> None:
        """One more guess. Raises Throttled while any of the keys has to wait."""
        wait = max(self._wait(key) for key in keys)
        if wait > 0:
            seconds = math.ceil(wait)
            raise Throttled(
                f"Too many wrong passwords. Try again in {seconds} seconds.", retry_after=timedelta(seconds=seconds)
            )
        for key in keys:
            self._count(key, self._known(key)[0] + 1)

    def take_back(self, *keys: str) -> None:
        """The guess was right, or said nothing."""
        for key in keys:
            self._count(key, self._known(key)[0] - 1)

    def forget(self, key: str) -> None:
        """The right password came: what was wrong before no longer matters."""
        self._wrong.pop(key, None)

    def _wait(self, key: str) -> float:
        """Seconds until this key may guess again: 1, 2, 4 … after the last wrong guess."""
        count, last = self._known(key)
        if count < _FREE:
            return 0.0
        return last + min(2.0 ** (count - _FREE), _LONGEST) - self._clock()

    def _known(self, key: str) -> tuple[int, float]:
        count, last = self._wrong.get(key, (0, 0.0))
        return (count, last) if self._clock() - last < _FORGOTTEN else (0, 0.0)

    def _count(self, key: str, count: int) -> None:
        self._wrong.pop(key, None)
        if count > 0:
            self._wrong[key] = (min(count, 64), self._clock())
        while len(self._wrong) > _MOST:
            self._wrong.popitem(last=False)


class Seldom:
    """Says once a minute that it is time, for each key; with too many keys in one minute, no more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: OrderedDict[str, float] = OrderedDict()

    def __call__(self, key: str) -> bool:
        """Whether it is time again."""
        oldest = self._clock() - _LONGEST
        while self._last and next(iter(self._last.values())) <= oldest:
            self._last.popitem(last=False)
        if key in self._last or len(self._last) >= _MOST_SELDOM:
            return False
        self._last[key] = self._clock()
        return True
