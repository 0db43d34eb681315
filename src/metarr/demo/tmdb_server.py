"""A server on loopback that answers like TMDB v3, with faults on request: for demo, tests and benchmarks."""

from __future__ import annotations

import asyncio
import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from aiohttp import web
from PIL import Image

from metarr.demo import tmdb_shapes, tmdb_show_shapes
from metarr.demo.drawing import assets, draw, draw_portrait, portrait_name, season_assets, still
from metarr.demo.works import Show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from metarr.demo.drawing import Asset
    from metarr.demo.works import Film, FilmSet

T = TypeVar("T")

DEFAULT_KEY = "demo"
_PICTURES_KEPT = 256
_SHORT_KEY_LENGTH = 32  # https://developer.themoviedb.org/docs/authentication-application
_OWNER = re.compile(r"(tv|set|)(\d+)(?:s\d+(?:e\d+)?)?-")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request. `body` replaces the answer's, as HTML; `is_cut` breaks off half way."""

    status: int = 200
    delay: float = 0.0  # seconds
    body: str | None = None
    retry_after: str | None = None
    location: str | None = None  # of a redirect
    is_cut: bool = False


class Inventor(Protocol):
    """Knows films and shows that the catalogue does not. None: nor does it."""

    def film(self, id_: str) -> Film | None:
        """By TMDB or IMDb id."""
        ...

    def film_titled(self, title: str, year: int | None) -> Film | None: ...

    def show(self, id_: str) -> Show | None:
        """By TMDB, IMDb or TVDB id ("1396", "tt0903747", "tvdb:81189")."""
        ...

    def show_titled(self, title: str, year: int | None) -> Show | None: ...


class TmdbServer:
    """`async with TmdbServer(FILMS, SHOWS) as server:` then ask `server.url`, with `server.key`.

    `inventor` is asked for what is not among the films and shows, for generated libraries. `images` gives a picture's
    bytes by file name, instead of drawing it. `fault` decides per request path; it may be replaced while the server
    runs. `calls` counts requests by path.
    """

    def __init__(
        self,
        films: Iterable[Film],
        shows: Iterable[Show] = (),
        *,
        key: str = DEFAULT_KEY,
        images: Callable[[str], bytes | None] | None = None,
        inventor: Inventor | None = None,
        delay: float = 0.0,
    ) -> None:
        self.key = key
        self.calls: Counter[str] = Counter()
        self.fault: Callable[[str], Fault | None] = lambda _path: None
        self.port = 0
        self._films = tuple(films)
        self._shows = tuple(shows)
        self._film_by_id = {str(film.tmdb): film for film in self._films}
        self._film_by_id.update({film.imdb: film for film in self._films if film.imdb is not None})
        self._show_by_id = {str(show.tmdb): show for show in self._shows}
        self._show_by_id.update({show.imdb: show for show in self._shows if show.imdb is not None})
        self._show_by_id.update({f"tvdb:{show.tvdb}": show for show in self._shows if show.tvdb is not None})
        self._inventor = inventor
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
        for path, answer in {
            "/3/movie/{id:\\d+}": self._movie,
            "/3/movie/{id:\\d+}/images": self._movie_images,
            "/3/collection/{id:\\d+}": self._collection,
            "/3/collection/{id:\\d+}/images": self._collection_images,
            "/3/tv/{id:\\d+}": self._series,
            "/3/tv/{id:\\d+}/images": self._series_images,
            "/3/tv/{id:\\d+}/season/{season:\\d+}": self._season,
            "/3/tv/{id:\\d+}/episode_groups": self._groups,
            "/3/tv/episode_group/{group}": self._group,
            "/3/find/{id}": self._find,
            "/3/search/movie": self._search_movie,
            "/3/search/tv": self._search_tv,
            "/3/configuration": self._configuration,
            "/3/authentication": self._authentication,
            "/t/p/{size}/{file}": self._image,
        }.items():
            app.router.add_get(path, answer)
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

    def _known_film(self, id_: str) -> Film | None:
        """The film with this TMDB or IMDb id."""
        return self._film_by_id.get(id_) or (self._inventor.film(id_) if self._inventor else None)

    def _known_show(self, id_: str) -> Show | None:
        """The show with this TMDB, IMDb or TVDB id ("tvdb:81189")."""
        return self._show_by_id.get(id_) or (self._inventor.show(id_) if self._inventor else None)

    def _known_set(self, id_: str) -> FilmSet | None:
        sets = (film.collection for film in self._films if film.collection is not None)
        return next((film_set for film_set in sets if str(film_set.tmdb) == id_), None)

    def _film(self, request: web.Request) -> Film:
        return _found(self._known_film(request.match_info["id"]))

    def _show(self, request: web.Request) -> Show:
        return _found(self._known_show(request.match_info["id"]))

    def _film_set(self, request: web.Request) -> FilmSet:
        return _found(self._known_set(request.match_info["id"]))

    async def _movie(self, request: web.Request) -> web.Response:
        return web.json_response(tmdb_shapes.details(self._film(request), request.query))

    async def _movie_images(self, request: web.Request) -> web.Response:
        return _pictures(self._film(request), request)

    async def _collection(self, request: web.Request) -> web.Response:
        film_set = self._film_set(request)
        films = [film for film in self._films if film.collection == film_set]
        return web.json_response(tmdb_shapes.collection_details(films, film_set, request.query))

    async def _collection_images(self, request: web.Request) -> web.Response:
        return _pictures(self._film_set(request), request)

    async def _series(self, request: web.Request) -> web.Response:
        return web.json_response(tmdb_show_shapes.details(self._show(request), request.query))

    async def _series_images(self, request: web.Request) -> web.Response:
        return _pictures(self._show(request), request)

    async def _season(self, request: web.Request) -> web.Response:
        show, number = self._show(request), int(request.match_info["season"])
        season = _found(next((season for season in show.seasons if season.number == number), None))
        return web.json_response(tmdb_show_shapes.season_details(show, season, request.query))

    async def _groups(self, request: web.Request) -> web.Response:
        return web.json_response(tmdb_show_shapes.groups(self._show(request)))

    async def _group(self, request: web.Request) -> web.Response:
        groups = ((show, group) for show in self._shows for group in show.groups)
        known = next((pair for pair in groups if pair[1].id == request.match_info["group"]), None)
        return web.json_response(tmdb_show_shapes.group_details(*_found(known)))

    async def _find(self, request: web.Request) -> web.Response:
        id_, source = request.match_info["id"], request.query.get("external_source")
        film = self._known_film(id_) if source == "imdb_id" and id_.startswith("tt") else None
        show = self._known_show(f"tvdb:{id_}" if source == "tvdb_id" else id_)
        return web.json_response(
            tmdb_shapes.find_results(
                None if film is None else tmdb_shapes.result(film),
                None if show is None else tmdb_show_shapes.result(show),
            )
        )

    async def _search_movie(self, request: web.Request) -> web.Response:
        title, year = _asked_for(request, "year")
        films = [film for film in self._films if _matches(film, title, year)]
        if not films and self._inventor is not None:
            films = [film for film in [self._inventor.film_titled(title, year)] if film is not None]
        return web.json_response(tmdb_shapes.search_results(films))

    async def _search_tv(self, request: web.Request) -> web.Response:
        title, year = _asked_for(request, "first_air_date_year")
        shows = [show for show in self._shows if _matches(show, title, year)]
        if not shows and self._inventor is not None:
            shows = [show for show in [self._inventor.show_titled(title, year)] if show is not None]
        return web.json_response(tmdb_show_shapes.search_results(shows))

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
        """The picture of a known film, set or show, or of one of its people."""
        person = next((person for person in self._people() if portrait_name(person) == file), None)
        if person is not None:
            return draw_portrait(person)
        subject = self._subject(file)
        if subject is None:
            return None
        pictures = _show_pictures(subject) if isinstance(subject, Show) else assets(subject)
        asset = next((asset for asset in pictures if asset.name == file), None)
        return None if asset is None else draw(subject, asset)

    def _people(self) -> Iterator[str]:
        casts = [film.cast for film in self._films]
        for show in self._shows:
            casts += [show.cast, *(episode.guests for episode in show.episodes)]
        return (person for cast in casts for person, _ in cast)

    def _subject(self, file: str) -> Film | FilmSet | Show | None:
        """Whose picture it is, by its name: `961-poster-0.jpg`, `set9-fanart-1.jpg`, `tv7s1e2-still-0.jpg`."""
        match = _OWNER.match(file)
        if match is None:
            return None
        kind, id_ = match.groups()
        if kind == "set":
            return self._known_set(id_)
        return self._known_show(id_) if kind == "tv" else self._known_film(id_)


def _show_pictures(show: Show) -> Iterator[Asset]:
    yield from assets(show)
    for season in show.seasons:
        yield from season_assets(show, season.number)
    for episode in show.episodes:
        yield still(show, episode.season, episode.number)


def _found(thing: T | None) -> T:
    if thing is None:
        raise web.HTTPNotFound
    return thing


def _pictures(work: Film | FilmSet | Show, request: web.Request) -> web.Response:
    return web.json_response({"id": work.tmdb, **tmdb_shapes.images(work, request.query)})


def _asked_for(request: web.Request, year_name: str) -> tuple[str, int | None]:
    """The title and the year of a search."""
    year = request.query.get(year_name, "")
    return request.query.get("query", ""), int(year) if year.isdigit() else None


def _matches(work: Film | Show, title: str, year: int | None) -> bool:
    translated = (words.title for words in work.translations.values())
    titles = [work.title, work.original_title or "", *work.also_known_as, *translated]
    is_named = any(title.casefold() in name.casefold() for name in titles if title)
    return is_named and year in (None, work.year)


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
