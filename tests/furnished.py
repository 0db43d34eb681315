"""A running program in which there is something of everything, and which nothing that is asked of it can leave."""

from __future__ import annotations

import errno
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from chain import small_picture
from libraries import write_video
from metarr.demo.catalogue import FILMS
from metarr.demo.kodi_server import KodiServer
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import TmdbServer
from people import AS_OWNER, WORD
from running import make_film, running
from tvmaze_server import TvmazeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

_FILMS = ("Sintel (2010)", "Spring (2019)")
_EPISODE = "Caminandes/Season 1/Caminandes S01E01.mkv"
_SWIFT = {"settleSeconds": 0, "gatherSeconds": 0, "updatesPerMinute": 6000}
_OURSELVES = {None, "127.0.0.1", "localhost", "::1"}
_TOLD = "json://127.0.0.1:9"  # nobody answers there, and says so at once


@asynccontextmanager
async def furnished(data: Path, base: Path, **options: Any) -> AsyncIterator[Running]:
    """Libraries of films and of a show, enriched and published; a player, a channel, a user, a key, deliveries. Asks
    who comes. Nothing is done any more: what is asked for stays in the queue.
    """
    films, shows = base / "films", base / "shows"
    for name in _FILMS:
        make_film(films, name)
    (shows / _EPISODE).parent.mkdir(parents=True)
    write_video(shows / _EPISODE)
    async with AsyncExitStack() as stack:
        tmdb = await stack.enter_async_context(TmdbServer(FILMS, SHOWS, images=small_picture))
        kodi = await stack.enter_async_context(KodiServer(films, shows=shows))
        tvmaze = await stack.enter_async_context(TvmazeServer())
        keys = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tmdb_api_key": tmdb.key}
        keys["tvmaze_url"] = tvmaze.url
        async with running(data, keys, loopback_auth=True, **options) as house:
            house.client.headers.update(AS_OWNER)
            await _furnish(house, films, shows, kodi.url)
        async with running(data, keys, loopback_auth=True, is_working=False, **options) as house:
            house.client.headers.update(AS_OWNER)
            yield house


async def _furnish(house: Running, films: Path, shows: Path, kodi: str) -> None:
    async def ask(method: str, path: str, body: object = None) -> None:
        status, answer = await house.ask(method, path, json=body)
        assert status < 300, answer

    await ask("PATCH", "/settings/phase-config", {"enrichment": {"autoSelectAssets": True}})
    await ask("PATCH", "/settings/playerSync", _SWIFT)
    await ask("POST", "/players", {"kind": "kodi", "name": "attic", "url": kodi, "tcpPort": 0})
    await ask("POST", "/player-groups", {"name": "upstairs", "members": [1]})
    await ask("POST", "/channels", {"name": "phone", "url": _TOLD, "events": ["error_occurred"]})
    for name, role in (("alex", "administrator"), ("sam", "editor")):
        await ask("POST", "/users", {"name": name, "password": WORD, "role": role})
    await ask("POST", "/api-keys", {"name": "Radarr", "scopes": ["webhook"]})
    await ask("POST", "/path-mappings", {"source": "radarr", "remote": "/downloads", "local": str(films)})
    await ask("POST", "/libraries", {"path": str(films), "kind": "movies"})
    await ask("POST", "/libraries", {"path": str(shows), "kind": "tv"})
    await ask("POST", "/libraries/1/confirm")
    for number in (1, 2):
        await ask("POST", f"/libraries/{number}/scan")
    await house.until_idle()
    movie = {"title": "Sintel", "folderPath": str(films / _FILMS[0])}
    await ask("POST", "/webhooks/radarr", {"eventType": "Download", "movie": movie})
    (films / _FILMS[0] / f"{_FILMS[0]}.nfo").unlink()
    await ask("POST", "/libraries/1/verify", {"deep": True})
    await house.until_idle()
    await ask("POST", "/sync", {"library": 1})
    await house.until_idle()
    await ask("POST", "/items/1/publish")


@pytest.fixture
def island(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond this machine there is no network, as if the cable were out: what a test may not reach is not there."""
    connect, find = socket.socket.connect, socket.getaddrinfo

    def reach(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in _OURSELVES:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        connect(self, address)

    def look_up(host: Any, *rest: Any, **options: Any) -> Any:
        if host not in _OURSELVES:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return find(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", reach)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
