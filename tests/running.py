"""A whole installation on loopback for tests: the real program, a provider and a player that answer like real ones."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from metarr.app.serve import App
from metarr.config import Config
from metarr.demo.catalogue import FILMS
from metarr.demo.clip import tiny_clip
from metarr.demo.tmdb_server import TmdbServer
from metarr.phases.scan.probe import Prober

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

TOKEN = "token-of-this-start"
PROBER = Prober()  # one pool of probing processes for a whole run: they take a second to start


@dataclass(frozen=True, slots=True)
class Running:
    """A running program, and a client without any key."""

    app: App
    client: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Status and JSON of one request under /api/v1."""
        async with self.client.request(method, f"{self.app.url}/api/v1{path}", **options) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str, **params: Any) -> Any:
        """JSON of a request that succeeds."""
        status, body = await self.ask("GET", path, params=params)
        assert status == 200, body
        return body

    async def until_idle(self) -> Any:
        """The summary when nothing is open any more."""
        while True:
            summary = await self.get("/jobs/summary")
            if not summary["open"]:
                return summary
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(
    data: Path,
    integrations: Mapping[str, str] | None = None,
    *,
    is_working: bool = True,
    has_schedules: bool = False,
    **options: Any,
) -> AsyncIterator[Running]:
    """The program on a free port. Unless `loopback_auth` is switched on, this machine needs no login."""
    choices = {"loopback_auth": False} | options
    config = Config(data=data, port=0, integrations=integrations or {}, **choices)
    await asyncio.to_thread(data.mkdir, exist_ok=True)
    program = App(config, TOKEN, is_working=is_working, has_schedules=has_schedules, prober=PROBER)
    async with program as app, aiohttp.ClientSession() as client:
        yield Running(app, client)


@asynccontextmanager
async def enriching(data: Path, **options: Any) -> AsyncIterator[Running]:
    """The program with a provider that knows the demo's films."""
    async with AsyncExitStack() as stack:
        tmdb = await stack.enter_async_context(TmdbServer(FILMS))
        keys = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tmdb_api_key": tmdb.key}
        yield await stack.enter_async_context(running(data, keys, **options))


def make_film(library: Path, name: str) -> Path:
    """A folder with a tiny video of the same name."""
    folder = library / name
    folder.mkdir(parents=True)
    video = folder / f"{name}.mp4"
    video.write_bytes(tiny_clip(60, 640, 360, salt=name.encode(errors="surrogateescape")))
    return video
