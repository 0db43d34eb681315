"""Where a provider wants a login before anything else: one token for all, got once, kept in memory only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta


class Token:
    """The token that all requests share."""

    def __init__(self, lifetime: timedelta, clock: Callable[[], float]) -> None:
        self._lifetime = lifetime.total_seconds()
        self._clock = clock
        self._one_by_one = asyncio.Lock()
        self._value: str | None = None
        self._since = 0.0

    async def get(self, fetch: Callable[[], Awaitable[str]]) -> str:
        """The token in use. Where there is none, one caller logs in by `fetch`, and the others wait for it."""
        async with self._one_by_one:
            if self._value is None or self._clock() - self._since > self._lifetime:
                self._value = await fetch()
                self._since = self._clock()
            return self._value

    def drop(self, refused: str) -> None:
        """The provider does not accept this one any more, unless another took its place already."""
        if self._value == refused:
            self._value = None
