"""A line to a server that is bad in ways that can be chosen: every request goes over it, and some meet the trouble."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NONSENSE: Final[Mapping[str, object]] = {"words": "What was the question?", "a list of words": ["What", "question"]}
FAULTS = ("timeout", "reset", "500", "401", "slow", "gone")
LIMIT = 0.3  # seconds that whoever asks over this line should wait for an answer
_STUCK = 0.6  # seconds
_SLOW = 0.02
_OWN = ("Host", "Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection")


@dataclass
class Trouble:
    """What every request meets after so many. "reset", "timeout": one request only, which was done unheard.

    `spared`: paths with their queries that are answered all the same.
    """

    what: str
    after: int = 0
    asked: int = 0
    spared: Collection[str] = ()

    @property
    def has_struck(self) -> bool:
        return self.asked > self.after

    def strikes(self, path: str) -> bool:
        """Whether this request meets it."""
        if path in self.spared:
            return False
        self.asked += 1
        return self.asked == self.after + 1 if self.what in {"reset", "timeout"} else self.has_struck


class BadLine:
    """`async with BadLine(url) as line:` leads from `line.url` to the server. `paths`: of the requests so far."""

    def __init__(self, target: str) -> None:
        self.url = ""
        self.paths: list[str] = []
        self.trouble: Trouble | None = None
        self._target = URL(target)
        self._stack = AsyncExitStack()
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _pass_on(self, request: web.Request) -> web.Response:
        self.paths.append(request.raw_path)
        is_bad = self.trouble is not None and self.trouble.strikes(request.raw_path)
        what = self.trouble.what if self.trouble is not None and is_bad else ""
        if what.isdecimal():
            return web.Response(status=int(what))
        if what in NONSENSE:
            return web.json_response(NONSENSE[what])
        answer = web.Response() if what == "gone" else await self._ask(request)
        if what in {"timeout", "slow"}:
            await asyncio.sleep(_STUCK if what == "timeout" else _SLOW)
        if what in {"gone", "reset"}:
            assert request.transport is not None
            request.transport.abort()
        return answer

    async def _ask(self, request: web.Request) -> web.Response:
        url = self._target.join(URL(request.raw_path, encoded=True))
        async with self._session.request(
            request.method, url, headers=_plain(request.headers), data=await request.read(), allow_redirects=False
        ) as answer:
            body, headers = await answer.read(), _plain(answer.headers)
            if "Location" in headers:
                headers["Location"] = headers["Location"].replace(str(self._target.origin()), self.url)
            return web.Response(status=answer.status, body=body, headers=headers)


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    """Without those that belong to one connection."""
    return {name: value for name, value in headers.items() if name not in _OWN}
