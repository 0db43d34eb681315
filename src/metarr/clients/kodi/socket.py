"""Questions to Kodi over its WebSocket, and what Kodi tells by itself: that a scan has ended, above all.

`ws://<host>:9090/jsonrpc` (raw JSON-RPC shares the port). It has no password, and listens on loopback only unless
Kodi's setting "Allow remote control from applications on other systems" is on.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import aiohttp

from metarr.clients.kodi.http import OFFLINE_DELAY
from metarr.clients.kodi.rpc import Json, question
from metarr.errors import Wait

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from yarl import URL

    from metarr.clients.kodi.rpc import Call

_CONNECT_LIMIT: Final = 3.0  # seconds; a firewall that drops packets never answers
_FIRST_PAUSE: Final = 1.0  # seconds between attempts to connect; each is twice the one before
_LONGEST_PAUSE: Final = 60.0
_LARGEST: Final = 64 * 1024 * 1024  # bytes of one message: a list of ten thousand films


class SocketLink:
    """One Kodi's WebSocket. A lost connection is made anew in the background, with growing pauses."""

    def __init__(self, name: str, url: URL, session: aiohttp.ClientSession, limit: float) -> None:
        self._name = name
        self._url = url
        self._session = session
        self._limit = limit
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._next_attempt = 0.0  # of the loop's clock
        self._pause = _FIRST_PAUSE
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Json]]] = {}
        self._told: set[str] = set()
        self._bell = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Questions can go this way now."""
        return self._socket is not None and not self._socket.closed

    def begin(self) -> None:
        """Connect in the background, unless that is on its way or failed a moment ago."""
        is_busy = self.is_open or (self._connecting is not None and not self._connecting.done())
        if not is_busy and asyncio.get_running_loop().time() >= self._next_attempt:
            self._connecting = self._start(self._connect())

    async def opened(self) -> bool:
        """Whether there is a connection, once the attempt that is on its way has ended."""
        if self._connecting is not None:
            await asyncio.wait([self._connecting])
        return self.is_open

    async def ask(self, calls: Sequence[Call]) -> list[dict[str, Json]]:
        """The answers to the calls, in their order, from one message."""
        first, self._number = self._number, self._number + len(calls)
        numbers = range(first, self._number)
        loop = asyncio.get_running_loop()
        waiting = {number: loop.create_future() for number in numbers}
        self._answers |= waiting
        try:
            async with asyncio.timeout(self._limit):
                if self._socket is None:
                    raise self._gone("is not connected")
                await self._socket.send_str(json.dumps(question(calls, first)))
                return [await waiting[number] for number in numbers]
        except (aiohttp.ClientError, ConnectionError) as error:
            raise self._gone("has closed its connection") from error
        except TimeoutError as error:
            await self._hang_up()
            raise self._gone("does not answer in time") from error
        finally:
            for number in numbers:
                _drop(self._answers.pop(number))

    def forget(self, news: str) -> None:
        """What was told up to now is old."""
        self._told.discard(news)

    async def hear(self, news: str, patience: float) -> bool:
        """Return when Kodi tells of this, or told since it was forgotten; after so many seconds without: False."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while news not in self._told:
                    self._bell.clear()
                    await self._bell.wait()
        was_heard = news in self._told
        self._told.discard(news)
        return was_heard

    async def close(self) -> None:
        """Hang up."""
        await self._hang_up()
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_LIMIT):
                self._socket = await self._session.ws_connect(self._url, max_msg_size=_LARGEST)
        except (aiohttp.ClientError, TimeoutError, OSError):
            self._next_attempt = asyncio.get_running_loop().time() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        else:
            self._pause = _FIRST_PAUSE
            self._start(self._listen(self._socket))

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(json.loads(message.data))
        except (ValueError, TypeError):  # not JSON-RPC: not a Kodi
            await self._hang_up()
        finally:
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(self._gone("has closed its connection"))

    def _take(self, document: Json) -> None:
        for one in document if isinstance(document, list) else [document]:
            if not isinstance(one, dict):
                raise TypeError
            future = self._answers.get(one.get("id", -1))
            if future is not None and not future.done():
                future.set_result(one)
            elif "method" in one:
                self._told.add(str(one["method"]))
                self._bell.set()

    async def _hang_up(self) -> None:
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _gone(self, what: str) -> Wait:
        text = f"Kodi {self._name!r} at {self._url.origin()} {what}: is it on?"
        return Wait(text, cause=f"player:{self._name}", delay=OFFLINE_DELAY)


def _drop(future: asyncio.Future[dict[str, Json]]) -> None:
    """Nobody waits for it any more; an error in it was told by another of the same message."""
    if not future.cancel() and not future.cancelled():
        future.exception()
