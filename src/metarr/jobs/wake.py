"""Waking a worker: an event that commits set, from whatever thread they happen on."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.store.db import Store


class Wake:
    """Set by every commit that announced one of its topics; `wait` clears it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Wake whoever waits. From the loop's own thread only."""
        self._event.set()

    async def wait(self, at_most: float) -> None:
        """Return when woken, or after `at_most` seconds: the net under a lost wake-up."""
        try:
            async with asyncio.timeout(at_most):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()


@contextmanager
def listening(store: Store, *topics: str) -> Iterator[Wake]:
    """A `Wake` that hears these topics of `store` while the block runs."""
    wake = Wake()
    loop = asyncio.get_running_loop()

    def heard() -> None:
        loop.call_soon_threadsafe(wake.set)

    stops = [store.on(topic, heard) for topic in topics]
    try:
        yield wake
    finally:
        for stop in stops:
            stop()
