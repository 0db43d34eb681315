"""The demo's Kodi: a JSON-RPC server on loopback over a folder of films, and one of shows, for trying and testing
player sync offline.

It behaves as real Kodi 20.1 was observed to, bad manners included: a plain scan never reads a changed NFO again; a scan
of a folder that is newer than Kodi's listing of its parent finds nothing; a second scan cancels the first; a refresh
gives a new id and forgets play count, last played and user rating, and takes pictures from the listing that Kodi
remembers; a replaced picture is served from the cache; a season's art is read once.
"""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from aiohttp import web

from metarr.demo.kodi_methods import INVALID_PARAMS, METHOD_NOT_FOUND, Json, KodiMethods, Params, RpcFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

    from metarr.demo.kodi_library import KodiLibrary

_USER: Final = "kodi"

# how the newest development source spells what released versions write in lower case
_CAMEL: Final = {
    word.lower(): word
    for word in (
        *("movieId", "ignoreNfo", "showDialogs", "playCount", "lastPlayed", "userRating", "uniqueId", "dateAdded"),
        *("textureId", "displayTime", "tvShowId", "episodeId", "seasonId", "refreshEpisodes"),
    )
}
_PROPERTIES: Final = ("title", "year", "plot", "file", "playcount", "lastplayed", "userrating", "resume", "dateadded")
_MORE_PROPERTIES: Final = ("uniqueid", "art", "cast", "season", "episode")


class KodiServer:
    """`async with KodiServer(root) as kodi:` serves at `kodi.url` until the block ends; its WebSocket is at `tcp_port`.

    The user is `kodi`. `remote_prefix`: the path under which this Kodi sees `root`, to try path mappings. `shows`:
    a second source, of shows. `is_modern`: the camel-case spelling. Turn `is_playing`, `speed`, `is_offline`
    (connections are dropped), `http_status` (every HTTP answer), `delay` (seconds before an answer),
    `library.may_scan` (an event), `faults` (method -> error code) and `before` (called with each method); read `calls`
    and `messages` (title, text, icon).
    """

    def __init__(
        self,
        root: Path,
        *,
        password: str | None = None,
        remote_prefix: str | None = None,
        is_modern: bool = False,
        shows: Path | None = None,
    ) -> None:
        self.methods = KodiMethods(root, shows, (remote_prefix or str(root)).rstrip("/"), is_modern=is_modern)
        self.library: KodiLibrary = self.methods.library
        self.library.tell = self._tell
        self.messages = self.methods.messages
        self.is_offline = False
        self.http_status: int | None = None
        self.delay = 0.0
        self.faults: dict[str, int] = {}
        self.calls: list[tuple[str, Params]] = []
        self.before: Callable[[str], None] = lambda _method: None
        self.url = ""
        self.tcp_port = 0
        self._password = password
        self._words = _CAMEL if is_modern else {}
        self._methods = {**self.methods.table, "JSONRPC.Introspect": (self._introspect, ("getdescriptions", "filter"))}
        self._runners: list[web.AppRunner] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_playing(self) -> bool:
        """A video is on, paused or not."""
        return self.methods.speed is not None

    @is_playing.setter
    def is_playing(self, value: bool) -> None:
        self.methods.speed = 1 if value else None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/jsonrpc", self._post)
        app.router.add_get("/image/{address:.+}", self._image)
        host, port = await self._serve(app)
        self.url = f"http://{host}:{port}"
        second = web.Application()
        second.router.add_get("/jsonrpc", self._converse)
        _, self.tcp_port = await self._serve(second)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()
        for runner in self._runners:
            await runner.cleanup()
        await self.library.close()

    async def hang_up(self) -> None:
        """End every WebSocket conversation."""
        for socket in tuple(self._sockets):
            await socket.close()

    async def _serve(self, app: web.Application) -> tuple[str, int]:
        runner = web.AppRunner(app)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        return host, port

    def address(self, path: Path) -> str:
        """A path on disk as this Kodi names it."""
        return self.methods.address(path)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        answer = await self._answers(await request.json())
        self._drop_if_offline(request)
        return web.json_response(answer)

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        """The second port: no password, and notifications."""
        self._drop_if_offline(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            async for message in socket:
                answer = await self._answers(json.loads(message.data))
                self._drop_if_offline(request)
                with suppress(ConnectionError):
                    await socket.send_json(answer)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _answers(self, asked: Json) -> Json:
        if self.delay:
            await asyncio.sleep(self.delay)
        answers = [self._answer(one) for one in (asked if isinstance(asked, list) else [asked])]
        return answers if isinstance(asked, list) else answers[0]

    def _tell(self, method: str, data: object) -> None:
        note = {"jsonrpc": "2.0", "method": method, "params": {"sender": "xbmc", "data": data}}
        for socket in self._sockets:
            task = asyncio.create_task(self._send(socket, note))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, socket: web.WebSocketResponse, note: Json) -> None:
        with suppress(ConnectionError):
            await socket.send_json(note)

    async def _image(self, request: web.Request) -> web.Response:
        """A picture as the screen shows it: `/image/` and the quoted `image://` address."""
        self._admit(request)
        with suppress(RpcFault, OSError):
            picture = self.methods.picture(unquote(request.match_info["address"]))
            return web.Response(body=picture, content_type="image/jpeg")
        raise web.HTTPNotFound

    def _admit(self, request: web.Request) -> None:
        self._drop_if_offline(request)
        if self.http_status is not None:
            raise web.HTTPInternalServerError if self.http_status != 401 else web.HTTPUnauthorized  # noqa: PLR2004
        if self._password is not None:
            wanted = base64.b64encode(f"{_USER}:{self._password}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {wanted}":
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Basic realm=Kodi"})

    def _drop_if_offline(self, request: web.Request) -> None:
        if self.is_offline and request.transport is not None:
            request.transport.abort()

    def _answer(self, asked: Json) -> Json:
        method, params = asked["method"], asked.get("params") or {}
        envelope = {"jsonrpc": "2.0", "id": asked.get("id")}
        self.before(method)
        self.calls.append((method, params))
        try:
            return envelope | {"result": self._spelled(self._result(method, params))}
        except RpcFault as fault:
            return envelope | {"error": {"code": fault.code, "message": str(fault)}}
        except (KeyError, TypeError):  # a required parameter is missing or of another type
            return envelope | {"error": {"code": INVALID_PARAMS, "message": "Invalid params."}}

    def _result(self, method: str, params: Params) -> Json:
        if method in self.faults:
            raise RpcFault(self.faults[method], "Failed to execute method.")
        if method not in self._methods:
            raise RpcFault(METHOD_NOT_FOUND, "Method not found.")
        perform, names = self._methods[method]
        plain = self._plain(params)
        if not plain.keys() <= set(names):
            raise RpcFault(INVALID_PARAMS)
        return perform(plain)

    def _plain(self, value: Json) -> Json:
        """Without this Kodi's spelling; a word spelled otherwise is refused."""
        if isinstance(value, list):
            return [self._plain(part) for part in value]
        if not isinstance(value, dict):
            return value
        words = [*value, *(value["properties"] if isinstance(value.get("properties"), list) else ())]
        if any(self._words.get(word.lower(), word.lower()) != word for word in words):
            raise RpcFault(INVALID_PARAMS)
        return {
            key.lower(): [word.lower() for word in part] if key == "properties" else self._plain(part)
            for key, part in value.items()
        }

    def _spelled(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {self._words.get(key, key): self._spelled(part) for key, part in value.items()}
        return [self._spelled(part) for part in value] if isinstance(value, list) else value

    def _introspect(self, params: Params) -> Json:
        prefix = f"{params['filter']['id']}." if "filter" in params else ""
        methods = {
            method: {"type": "method", "params": [{"name": self._words.get(name, name)} for name in names]}
            for method, (_, names) in self._methods.items()
            if method.startswith(prefix)
        }
        keys = ("movieid", "tvshowid", "episodeid")  # what the newest Kodi's Refresh may be given
        fields = [self._words.get(name, name) for name in (*_PROPERTIES, *_MORE_PROPERTIES, *keys)]
        return {"methods": methods, "types": {"Video.Fields.Movie": {"items": {"enums": fields}}}}
