"""A server on loopback that answers like TMDB v3, with faults on request: for demo, tests and benchmarks."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from aiohttp import web
from PIL import Image

from metarr.demo import tmdb_shapes
from metarr.demo.drawing import assets, draw, draw_portrait, portrait_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from metarr.demo.catalogue import Film

DEFAULT_KEY = "demo"
_PICTURES_KEPT = 256
_SHORT_KEY_LENGTH = 32  # https://developer.themoviedb.org/docs/authentication-application


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request. `body` replaces the answer's, as HTML; `is_cut` breaks off half way."""

    status: int = 200
    delay: float = 0.0  # seconds
    body: str | None = None
    retry_after: str | None = None
    location: str | None = None  # of a redirect
    is_cut: bool = False


class TmdbServer:
    """`async with TmdbServer(FILMS) as server:` then ask `server.url`, with `server.key`.

    `fallback` invents films by TMDB or IMDb id and `search_fallback` by title and year, for generated libraries.
    `images` gives a picture's bytes by file name, instead of drawing it. `fault` decides per request path; it may be
    replaced while the server runs. `calls` counts requests by path.
    """

    def __init__(
        self,
        films: Iterable[Film],
        *,
        key: str = DEFAULT_KEY,
        images: Callable[[str], bytes | None] | None = None,
        fallback: Callable[[str], Film | None] | None = None,
        search_fallback: Callable[[str, int | None], Film | None] | None = None,
        delay: float = 0.0,
    ) -> None:
        self.key = key
        self.calls: Counter[str] = Counter()
        self.fault: Callable[[str], Fault | None] = lambda _path: None
        self.port = 0
        self._films = tuple(films)
        self._by_id = {str(film.tmdb): film for film in self._films}
        self._by_id.update({film.imdb: film for film in self._films if film.imdb is not None})
        self._fallback = fallback or (lambda _id: None)
        self._search_fallback = search_fallback or (lambda _title, _year: None)
        self._delay = delay
        self._picture = lru_cache(_PICTURES_KEPT)(_sized(images or self._draw))
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Base address of the API, as the provider's settings want it."""
        return f"http://127.0.0.1:{self.port}/3"

    @property
    def image_url(self) -> str:
        """Base address of the pictures."""
        return f"http://127.0.0.1:{self.port}/t/p"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/3/movie/{id:\\d+}", self._movie)
        app.router.add_get("/3/movie/{id:\\d+}/images", self._movie_images)
        app.router.add_get("/3/find/{id}", self._find)
        app.router.add_get("/3/search/movie", self._search)
        app.router.add_get("/3/configuration", self._configuration)
        app.router.add_get("/3/authentication", self._authentication)
        app.router.add_get("/t/p/{size}/{file}", self._image)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        # The port of the first start is kept, so that a stopped server can come back where it was.
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Count, delay, inject the fault, check the key; then answer."""
        self.calls[request.path] += 1
        fault = self.fault(request.path)
        await asyncio.sleep(self._delay if fault is None else fault.delay)
        if fault is not None and (fault.status != web.HTTPOk.status_code or fault.body is not None or fault.is_cut):
            return await _faulty(request, fault)
        if request.path.startswith("/3/") and not self._has_key(request):
            return web.json_response(tmdb_shapes.INVALID_KEY, status=401)
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.json_response(tmdb_shapes.NOT_FOUND, status=404)

    def _has_key(self, request: web.Request) -> bool:
        """A version 3 key belongs in the query, an access token in the header; neither works in the other's place."""
        if len(self.key) == _SHORT_KEY_LENGTH:
            return request.query.get("api_key") == self.key
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    def _known(self, id_: str) -> Film | None:
        """The film with this TMDB or IMDb id."""
        return self._by_id.get(id_) or self._fallback(id_)

    def _film(self, request: web.Request) -> Film:
        film = self._known(request.match_info["id"])
        if film is None:
            raise web.HTTPNotFound
        return film

    async def _movie(self, request: web.Request) -> web.Response:
        film = self._film(request)
        return web.json_response(tmdb_shapes.details(film, request.query))

    async def _movie_images(self, request: web.Request) -> web.Response:
        film = self._film(request)
        return web.json_response({"id": film.tmdb, **tmdb_shapes.images(film, request.query)})

    async def _find(self, request: web.Request) -> web.Response:
        return web.json_response(tmdb_shapes.find_results(self._known(request.match_info["id"])))

    async def _search(self, request: web.Request) -> web.Response:
        title, year = request.query.get("query", ""), request.query.get("year", "")
        wanted = int(year) if year.isdigit() else None
        films = [film for film in self._films if _matches(film, title, wanted)]
        invented = None if films else self._search_fallback(title, wanted)
        return web.json_response(tmdb_shapes.search_results(films if invented is None else [invented]))

    async def _configuration(self, _: web.Request) -> web.Response:
        sizes = {**tmdb_shapes.CONFIGURATION["images"], "secure_base_url": f"{self.image_url}/"}
        return web.json_response({**tmdb_shapes.CONFIGURATION, "images": sizes})

    async def _authentication(self, _: web.Request) -> web.Response:
        return web.json_response(tmdb_shapes.KEY_IS_GOOD)

    async def _image(self, request: web.Request) -> web.Response:
        file, size = request.match_info["file"], request.match_info["size"]
        data = await asyncio.to_thread(self._picture, file, size)
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type="image/png" if file.endswith(".png") else "image/jpeg")

    def _draw(self, file: str) -> bytes | None:
        """The picture of a known film or of one of its people."""
        for film in self._films:
            for person, _ in film.cast:
                if portrait_name(person) == file:
                    return draw_portrait(person)
        owner = self._known(file.partition("-")[0])
        if owner is None:
            return None
        asset = next((asset for asset in assets(owner) if asset.name == file), None)
        return None if asset is None else draw(owner, asset)


def _matches(film: Film, title: str, year: int | None) -> bool:
    titles = [film.title, film.original_title or "", *(words.title for words in film.translations.values())]
    is_named = any(title.casefold() in name.casefold() for name in titles if title)
    return is_named and year in (None, film.year)


async def _faulty(request: web.Request, fault: Fault) -> web.StreamResponse:
    wishes = {"Retry-After": fault.retry_after, "Location": fault.location}
    headers = {name: value for name, value in wishes.items() if value is not None}
    if not fault.is_cut:
        body = "<html><body>Bad gateway</body></html>" if fault.body is None else fault.body
        return web.Response(status=fault.status, text=body, content_type="text/html", headers=headers)
    response = web.StreamResponse(status=fault.status, headers={**headers, "Content-Length": "100000"})
    await response.prepare(request)
    await response.write(b'{"id": 1, "title": "cut')
    if request.transport is not None:
        request.transport.close()
    return response


def _sized(original: Callable[[str], bytes | None]) -> Callable[[str, str], bytes | None]:
    """A picture by name and TMDB size: "original", or "w780" and "h632" scaled down to that width or height."""

    def picture(file: str, size: str) -> bytes | None:
        data = original(file)
        axis, pixels = size[:1], size[1:]
        if data is None or axis not in {"w", "h"} or not pixels.isdigit():
            return data
        with Image.open(io.BytesIO(data)) as image:
            share = int(pixels) / (image.width if axis == "w" else image.height)
            if share >= 1:
                return data
            small = image.resize((round(image.width * share), round(image.height * share)))
            sent = io.BytesIO()
            small.save(sent, image.format)
        return sent.getvalue()

    return picture
