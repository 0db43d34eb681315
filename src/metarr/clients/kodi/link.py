"""One Kodi by both its ways: WebSocket where it can be reached, HTTP otherwise.

The first question goes over HTTP, which proves the credentials, while the WebSocket connects; from then on the
WebSocket is used whenever it is there, and is the same Kodi's: a machine may have several. If only one of the two can
be reached, that one does everything.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from metarr import tracing
from metarr.errors import Wait
from metarr.tracing import Role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from metarr.clients.kodi.http import HttpLink
    from metarr.clients.kodi.rpc import Call, Json
    from metarr.clients.kodi.socket import SocketLink

_ECHO_LIMIT: Final = 1.0  # seconds


class Link:
    """Asks, and waits for news. `pause` lets time pass where no news can come."""

    def __init__(self, http: HttpLink, socket: SocketLink | None, pause: Callable[[float], Awaitable[None]]) -> None:
        self._http = http
        self._socket = socket
        self._pause = pause
        self._is_proven = False  # that Kodi takes our credentials
        self._is_same = False  # that both ways lead to one Kodi

    async def opened(self) -> bool:
        """Whether Kodi tells what happens, once the attempt to connect has ended."""
        if self._socket is None:
            return False
        self._socket.begin()
        return await self._socket.opened() and await self._is_ours(self._socket)

    async def ask(self, calls: Sequence[Call]) -> list[dict[str, Json]]:
        """The answers to the calls, in their order."""
        if not calls:
            return []
        methods = tracing.together([method for method, _ in calls])
        with tracing.span(methods, Role.QUESTION, {"metarr.player": "Kodi", "rpc.system": "jsonrpc"}):
            return await self._ask(calls)

    async def _ask(self, calls: Sequence[Call]) -> list[dict[str, Json]]:
        if self._socket is None:
            return await self._http.ask(calls)
        self._socket.begin()
        if self._is_proven and self._socket.is_open and await self._is_ours(self._socket):
            return await self._socket.ask(calls)
        try:
            answers = await self._http.ask(calls)
        except Wait:
            if not await self._socket.opened():
                raise
            answers = await self._socket.ask(calls)
        self._is_proven = True
        return answers

    async def _is_ours(self, socket: SocketLink) -> bool:
        """Whether what is called out over HTTP is heard there. Otherwise it is another Kodi's, and done without."""
        if not self._is_same:
            word = secrets.token_hex(8)
            try:
                await self._http.ask([("JSONRPC.NotifyAll", {"sender": "metarr", "message": word})])
                self._is_same = await socket.hear(f"Other.{word}", _ECHO_LIMIT)
            except Wait:  # it is the only way
                self._is_same = True
            if not self._is_same:
                self._socket = None
                await socket.close()
        return self._is_same

    def forget(self, news: str) -> None:
        """What was told up to now is old."""
        if self._socket is not None:
            self._socket.forget(news)

    async def hear(self, news: str, patience: float, pause: float) -> None:
        """Return when Kodi tells of this, at the latest after `patience`; where it tells nothing, after `pause`."""
        if self._socket is not None and self._socket.is_open:
            await self._socket.hear(news, patience)
        else:
            await self._pause(pause)

    async def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.close()
