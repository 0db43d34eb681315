"""The circuit breaker: a provider that fails again and again is left alone for a while, then tried carefully."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES_TO_OPEN = 5
SUCCESSES_TO_CLOSE = 2  # one good answer may be luck
OPEN_SECONDS = 300.0


class Breaker:
    """Closed until five failures in a row; open for five minutes; then single probes, two good ones close it.

    Every admission carries the episode it belongs to, so that a late answer cannot close or open a newer one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._episode = 0
        self._failures = 0
        self._successes = 0
        self._open_until: float | None = None
        self._is_probing = False

    @property
    def open_for(self) -> float:
        """Seconds until the next probe may go out; 0 when requests may go out now."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def admit(self) -> int | None:
        """Leave for one request, to be handed back to one of the three methods below; None: not now."""
        if self._open_until is not None:
            if self._is_probing or self.open_for > 0:
                return None
            self._is_probing = True
        return self._episode

    def succeeded(self, episode: int) -> None:
        if episode != self._episode:
            return
        self._failures = 0
        if self._open_until is None:
            return
        self._is_probing = False
        self._successes += 1
        if self._successes >= SUCCESSES_TO_CLOSE:
            self._start(open_until=None)

    def failed(self, episode: int) -> None:
        if episode != self._episode:
            return
        self._failures += 1
        if self._open_until is not None or self._failures >= FAILURES_TO_OPEN:
            self._start(open_until=self._clock() + OPEN_SECONDS)

    def released(self, episode: int) -> None:
        """The request came to nothing that says anything about the provider (cancelled, over quota)."""
        if episode == self._episode:
            self._is_probing = False

    def _start(self, *, open_until: float | None) -> None:
        self._episode += 1
        self._failures = self._successes = 0
        self._is_probing = False
        self._open_until = open_until
