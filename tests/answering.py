"""A loopback server that answers JSON as a function of the request, and remembers what it was asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer: TypeAlias = Callable[[web.Request], tuple[int, Any]]


class Answering:
    """`async with Answering(answer) as server:`; `answer(request)` gives status and body."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""
        self._answer = answer
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._reply)
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
        status, body = self._answer(request)
        return web.Response(status=status, text=json.dumps(body), content_type="application/json")


def keyed(key: str, answer: Answer) -> Answer:
    """The same for whoever shows this key, and 401 for everybody else."""

    def guarded(request: web.Request) -> tuple[int, Any]:
        is_known = request.headers.get("Authorization") == f"Bearer {key}"
        return answer(request) if is_known else (401, {})

    return guarded
