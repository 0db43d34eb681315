"""A server on loopback that answers like TVmaze: no key, parts embedded on request, look-ups by redirect.

Shapes as recorded and as https://www.tvmaze.com/api describes them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

SHOW = 82
_STATIC = "http://static.tvmaze.com/uploads/images/original_untouched"


def _picture(name: str) -> dict[str, str]:
    return {"medium": f"{_STATIC}/m/{name}", "original": f"{_STATIC}/{name}"}


def _embedded_picture(kind: str | None, name: str, *, main: bool = False, **size: int) -> dict[str, Any]:
    return {"id": 1, "type": kind, "main": main, "resolutions": {"original": {"url": f"{_STATIC}/{name}", **size}}}


def _cast(person: int, name: str, role: str, *, voice: bool = False) -> dict[str, Any]:
    found = {"id": person, "name": name, "image": _picture(f"{person}.jpg") if person == 1 else None}
    return {"person": found, "character": {"id": 1, "name": role, "image": None}, "self": False, "voice": voice}


RECORD: dict[str, Any] = {
    "id": SHOW,
    "url": "https://www.tvmaze.com/shows/82/keepers",
    "name": "The Keepers",
    "type": "Scripted",
    "language": "German",
    "genres": ["Drama", "Mystery"],
    "status": "Ended",
    "runtime": None,
    "averageRuntime": 45,
    "premiered": "2019-03-01",
    "rating": {"average": 8.1},
    "weight": 98,
    "network": None,
    "webChannel": {"id": 1, "name": "Netflix", "country": {"name": "Germany", "code": "DE"}},
    "externals": {"tvrage": 1, "thetvdb": 1001, "imdb": "tt7654321"},
    "image": _picture("poster.jpg"),
    "summary": "<p>Two <b>keepers</b> &amp; one tower.</p><p>It storms.</p>",
}
_PARTS: dict[str, Any] = {
    "seasons": [
        {"id": 11, "number": 1, "name": "", "premiereDate": "2019-03-01", "image": _picture("s1.jpg"), "summary": None},
        {"id": 12, "number": 2, "name": "Winter", "premiereDate": None, "image": None, "summary": "<p>Snow.</p>"},
    ],
    "cast": [_cast(1, "Anna", "Keeper"), _cast(2, "Ben", "Gull", voice=True), _cast(1, "Anna", "Sister")],
    "images": [
        _embedded_picture("background", "back.jpg", width=1920, height=1080),
        _embedded_picture(None, "old.jpg"),
        _embedded_picture("typography", "words.png"),
        _embedded_picture("poster", "other.jpg", width=680, height=1000),
        _embedded_picture("poster", "main.jpg", main=True, width=680, height=1000),
    ],
}


def _episode(own_id: int, season: int, number: int | None, **more: Any) -> dict[str, Any]:
    told = {"name": f"Part {own_id}", "airdate": "2019-03-01", "runtime": 45, "summary": None, "image": None}
    return (
        {"id": own_id, "season": season, "number": number, "type": "regular", "rating": {"average": None}} | told | more
    )


EPISODES = [
    _episode(101, 1, 1, image=_picture("e101.jpg"), summary="<p>It begins.</p>", rating={"average": 7.5}),
    _episode(102, 1, 2, airdate=""),
    _episode(103, 2, 1),
]


class TvmazeServer:
    """`async with TvmazeServer() as server:` then ask `server.url`."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.override: Callable[[str], web.Response | None] = lambda _path: None
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/shows/{id:\\d+}", self._show)
        app.router.add_get("/shows/{id:\\d+}/episodes", self._episodes)
        app.router.add_get("/search/shows", self._search)
        app.router.add_get("/lookup/shows", self._lookup)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.calls[request.path] += 1
        return self.override(request.path) or await handler(request)

    async def _show(self, request: web.Request) -> web.Response:
        _known(request)
        wanted = request.query.getall("embed[]", [])
        parts = {"_embedded": {name: _PARTS[name] for name in wanted}} if wanted else {}
        return web.json_response({**RECORD, **parts})

    async def _episodes(self, request: web.Request) -> web.Response:
        _known(request)
        return web.json_response(EPISODES)

    async def _search(self, request: web.Request) -> web.Response:
        if request.query["q"].casefold() not in "the keepers":
            return web.json_response([])
        older = {**RECORD, "id": 83, "premiered": "1999-01-01", "externals": {}}
        return web.json_response([{"score": 0.9, "show": older}, {"score": 0.8, "show": RECORD}])

    async def _lookup(self, request: web.Request) -> web.Response:
        """A redirect to the whole address of the show, whatever the address by which we were asked."""
        ids = RECORD["externals"]
        if request.query.get("thetvdb") == str(ids["thetvdb"]) or request.query.get("imdb") == ids["imdb"]:
            raise web.HTTPMovedPermanently(f"{self.url}/shows/{SHOW}")
        raise _not_found()


def _known(request: web.Request) -> None:
    if request.match_info["id"] != str(SHOW):
        raise _not_found()


def _not_found() -> web.HTTPNotFound:
    body = '{"name":"Not Found","message":"","code":0,"status":404}'
    return web.HTTPNotFound(text=body, content_type="application/json")
