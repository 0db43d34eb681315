"""A loopback server that answers JSON as a function of path and query, and remembers what it was asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from multidict import CIMultiDictProxy


class Answering:
    """`async with Answering(answer) as server:`; `answer(path, query, headers)` gives status and body."""

    def __init__(self, answer: Callable[[str, Mapping[str, str], CIMultiDictProxy[str]], tuple[int, Any]]) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""
        self._answer = answer
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._reply)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _reply(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, dict(request.query)))
        status, body = self._answer(request.path, request.query, request.headers)
        return web.Response(status=status, text=json.dumps(body), content_type="application/json")
