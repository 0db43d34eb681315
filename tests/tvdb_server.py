"""A server on loopback that answers like TVDB v4: a login first, tokens that end, pages, 404 for what nobody wrote.

Shapes as recorded and as https://github.com/thetvdb/v4-api/blob/main/docs/swagger.yml describes them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Handler

KEY = "a-project-key"
SHOW, MOVIE, NAMESAKE = 1001, 501, 1002
_POSTER = {"id": 1, "type": 2, "language": "deu", "score": 100_003, "width": 680, "height": 1000, "includesText": True}
_ARTWORKS = [
    {**_POSTER, "image": "https://artworks.example/banners/posters/de.jpg", "thumbnail": ""},
    {**_POSTER, "id": 2, "image": "/banners/posters/bare.jpg", "includesText": False, "score": 100_009},
    {**_POSTER, "id": 3, "image": "/banners/posters/ja.jpg", "language": "jpn"},
    {**_POSTER, "id": 4, "type": 3, "image": "/banners/backgrounds/en.jpg", "language": "eng", "width": 0, "height": 0},
    {**_POSTER, "id": 5, "type": 5, "image": "/banners/icons/1.png", "language": None},
    {**_POSTER, "id": 6, "type": 23, "image": "/banners/clearlogo/en.png", "language": "eng"},
    {**_POSTER, "id": 7, "type": 1, "image": "/banners/images/missing/series.jpg", "language": None},
]
_OFFICIAL = {"id": 1, "name": "Aired Order", "type": "official", "alternateName": None}
_DVD = {"id": 2, "name": "DVD Order", "type": "dvd", "alternateName": None}
_REGIONAL = {"id": 5, "name": "Regional Order", "type": "regional", "alternateName": "As shown in Austria"}


def _season(own_id: int, kind: dict[str, Any], number: int) -> dict[str, Any]:
    return {"id": own_id, "seriesId": SHOW, "type": kind, "number": number, "image": None, "year": "2019"}


def _person(name: str, role: str | None, kind: int, sort: int, image: str = "") -> dict[str, Any]:
    word = {1: "Director", 2: "Writer", 3: "Actor"}[kind]
    picture = {"image": "/banners/role.jpg", "personImgURL": image}
    return {"id": sort, "name": role, "type": kind, "sort": sort, "peopleType": word, "personName": name, **picture}


def _translated(**words: tuple[str, str]) -> dict[str, Any]:
    return {
        "nameTranslations": [
            *({"language": code, "name": name} for code, (name, _) in words.items()),
            {"language": "eng", "name": "Keepers", "isAlias": True},
        ],
        "overviewTranslations": [{"language": code, "overview": plot} for code, (_, plot) in words.items()],
        "aliases": ["Keepers"],
    }


SERIES: dict[str, Any] = {
    "id": SHOW,
    "name": "Die Leuchtturmwärter",
    "slug": "leuchtturm",
    "image": "https://artworks.example/banners/posters/de.jpg",
    "firstAired": "2019-03-01",
    "lastAired": "2021-04-09",
    "nextAired": "",
    "year": "2019",
    "score": 1234,
    "status": {"id": 2, "name": "Ended", "recordType": "series", "keepUpdated": False},
    "originalCountry": "deu",
    "originalLanguage": "deu",
    "averageRuntime": 45,
    "overview": "Zwei Wärter, ein Turm.",
    "artworks": _ARTWORKS,
    "originalNetwork": {"id": 7, "name": "ZDF"},
    "latestNetwork": {"id": 7, "name": "ZDF"},
    "companies": [{"id": 8, "name": "Turmfilm", "primaryCompanyType": 3}],
    "genres": [{"id": 1, "name": "Drama", "slug": "drama"}],
    "trailers": [{"id": 1, "name": "Trailer", "language": "eng", "url": "https://www.youtube.com/watch?v=abc123"}],
    "remoteIds": [
        {"id": "tt7654321", "type": 2, "sourceName": "IMDB"},
        {"id": "4321", "type": 12, "sourceName": "TheMovieDB.com"},
        {"id": "99", "type": 19, "sourceName": "TV Maze"},
        {"id": "https://tower.example", "type": 4, "sourceName": "Official Website"},
    ],
    "contentRatings": [
        {"id": 1, "name": "12", "country": "deu", "contentType": "", "order": 0},
        {"id": 2, "name": "TV-14", "country": "usa", "contentType": "", "order": 0},
    ],
    "characters": [
        _person("Ben Second", "The Mate", 3, 2),
        _person("Anna First", "The Keeper", 3, 1, "https://artworks.example/banners/person/1.jpg"),
        _person("Anna First", "Her Sister", 3, 3),
        _person("Dora Director", None, 1, 4),
    ],
    "seasonTypes": [_OFFICIAL, _DVD, _REGIONAL],
    "seasons": [
        *(_season(20 + number, _OFFICIAL, number) for number in (0, 1, 2)),
        _season(31, _DVD, 1),
        _season(41, _REGIONAL, 1),
    ],
    "tags": [{"id": 1, "name": "Lighthouse", "tag": 3, "tagName": "Setting"}],
    "translations": _translated(deu=("Die Leuchtturmwärter", "Zwei Wärter."), eng=("The Keepers", "Two keepers.")),
}
_SEASONS = {
    "21": {
        **_season(21, _OFFICIAL, 1),
        "artwork": [{**_POSTER, "type": 7, "image": "/banners/seasons/1.jpg"}],
        "translations": {
            "nameTranslations": [{"language": "eng", "name": "The Storm"}],
            "overviewTranslations": None,
            "aliases": None,
        },
    },
    "22": {**_season(22, _OFFICIAL, 2), "image": "/banners/seasons/2.jpg", "artwork": None, "translations": None},
}
_EPISODE = {"seriesId": SHOW, "runtime": 45, "isMovie": 0, "seasons": None, "image": None, "imageType": None}
_LISTED = {"nameTranslations": ["deu", "eng"], "overviewTranslations": ["deu,eng"]}


def _episode(own_id: int, season: int, number: int, aired: str, **more: Any) -> dict[str, Any]:
    words = {"name": f"Folge {own_id}", "overview": f"Was in {own_id} geschieht.", "year": aired[:4]}
    place = {"seasonNumber": season, "number": number, "aired": aired}
    return {"id": own_id, **_EPISODE, **_LISTED, **words, **place, **more}


EPISODES = {
    "official": [
        _episode(100, 0, 1, "2019-02-01", airsBeforeSeason=1, airsBeforeEpisode=1, name=None),
        _episode(101, 1, 1, "2019-03-01", image="/banners/episodes/101.jpg", imageType=11, absoluteNumber=1),
        _episode(102, 1, 2, "2019-03-08"),
        _episode(103, 2, 1, "2021-04-02"),
        _episode(104, 2, 2, "2021-04-09", airsAfterSeason=2),
    ],
    "dvd": [_episode(102, 1, 1, "2019-03-08"), _episode(101, 1, 2, "2019-03-01")],
}
_ENGLISH = {"name": "Episode 101", "overview": None, "nameTranslations": None, "overviewTranslations": None}
TRANSLATED = {
    ("official", "eng"): [
        {**EPISODES["official"][1], **_ENGLISH},
        {**EPISODES["official"][3], **_ENGLISH, "name": "Episode 103"},
    ]
}
MOVIE_RECORD: dict[str, Any] = {
    "id": MOVIE,
    "name": "Der Sturm",
    "year": "2001",
    "runtime": 101,
    "originalCountry": "deu",
    "originalLanguage": "deu",
    "first_release": {"country": "global", "date": "2001-05-04", "detail": None},
    "artworks": [{**_POSTER, "type": 14, "image": "/banners/movies/501/posters/501.jpg"}],
    "characters": [_person("Dora Director", None, 1, 1), _person("Will Writer", None, 2, 2)],
    "companies": {"studio": [], "production": [{"id": 8, "name": "Turmfilm"}]},
    "production_countries": [{"id": 1, "country": "deu", "name": "Germany"}],
    "remoteIds": [{"id": "tt0100100", "type": 2, "sourceName": "IMDB"}],
    "status": {"id": 5, "name": "Released", "recordType": "movie", "keepUpdated": True},
    "translations": {
        "nameTranslations": [{"language": "eng", "name": "The Storm", "tagline": "It comes."}],
        "overviewTranslations": [],
        "aliases": None,
    },
}
_HIT = {
    "objectID": f"series-{SHOW}",
    "id": f"series-{SHOW}",
    "tvdb_id": str(SHOW),
    "type": "series",
    "name": SERIES["name"],
    "year": "2019",
    "aliases": ["Keepers"],
    "translations": {"eng": "The Keepers", "deu": SERIES["name"]},
    "remote_ids": SERIES["remoteIds"],
}
# One number is the id of a person, of another show and of this one.
_BY_REMOTE_ID: dict[str, list[dict[str, Any]]] = {
    "tt7654321": [{"series": {"id": SHOW, "name": SERIES["name"]}}],
    "tt0100100": [{"movie": {"id": MOVIE, "name": "Der Sturm"}}],
    "4321": [{"people": {"id": 3}}, {"series": {"id": NAMESAKE}}, {"series": {"id": SHOW}}],
}
_NAMESAKE = {"id": NAMESAKE, "name": "Another", "remoteIds": [{"id": "5555", "type": 12, "sourceName": "X"}]}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and answered, for a comparison with TVDB's own description."""

    method: str
    path: str
    template: str
    query: dict[str, str]
    status: int
    body: Any


class TvdbServer:
    """`async with TvdbServer() as server:` then ask `server.url`. `drop_tokens` ends all tokens, as a month does."""

    def __init__(self, *, pin: str | None = None, page_size: int = 3) -> None:
        self.key = KEY
        self.pin = pin
        self.page_size = page_size
        self.calls: Counter[str] = Counter()
        self.exchanges: list[Exchange] = []
        self.override: Callable[[str], tuple[int, Any] | None] = lambda _path: None
        self.url = ""
        self._token = 0
        self._runner: web.AppRunner | None = None

    def drop_tokens(self) -> None:
        self._token += 1

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_post("/v4/login", self._login)
        app.router.add_get("/v4/genders", self._genders)
        app.router.add_get("/v4/series/{id}/extended", self._one({str(SHOW): SERIES, str(NAMESAKE): _NAMESAKE}))
        app.router.add_get("/v4/seasons/{id}/extended", self._one(_SEASONS))
        app.router.add_get("/v4/movies/{id}/extended", self._one({str(MOVIE): MOVIE_RECORD}))
        app.router.add_get("/v4/series/{id}/episodes/{season_type}", self._episodes)
        app.router.add_get("/v4/series/{id}/episodes/{season_type}/{lang}", self._episodes)
        app.router.add_get("/v4/search", self._search)
        app.router.add_get("/v4/search/remoteid/{remoteId}", self._remote_id)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v4"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix("/v4")
        self.calls[path] += 1
        override = self.override(path)
        if override is not None:
            return web.json_response(override[1], status=override[0])
        if path != "/login" and request.headers.get("Authorization") != f"Bearer token-{self._token}":
            return web.json_response({"message": "Unauthorized"}, status=401)
        status, body = 200, await _body(handler, request)
        if body is None:
            status, body = 404, {"status": "failure", "message": "NotFoundException: error fetching", "data": None}
        elif isinstance(body, int):
            status, body = body, {"status": "failure", "message": "InvalidAPIKey: not authorized", "data": None}
        resource = request.match_info.route.resource
        template = "" if resource is None else resource.canonical.removeprefix("/v4").replace("season_", "season-")
        self.exchanges.append(Exchange(request.method, path, template, dict(request.query), status, body))
        return web.json_response(body, status=status)

    async def _login(self, request: web.Request) -> Any:
        """A PIN that the key does not ask for is refused too: "Otherwise completely remove "pin" from your call"."""
        given = await request.json()
        wanted = {"apikey": self.key} if self.pin is None else {"apikey": self.key, "pin": self.pin}
        return {"status": "success", "data": {"token": f"token-{self._token}"}} if given == wanted else 401

    async def _genders(self, _: web.Request) -> Any:
        return _success([{"id": 1, "name": "Male"}])

    def _one(self, known: dict[str, dict[str, Any]]) -> Callable[[web.Request], Awaitable[Any]]:
        async def answer(request: web.Request) -> Any:
            own_id = request.match_info["id"]
            if not own_id.isdigit():
                return 400
            raw = known.get(own_id)
            if raw is None:
                return None
            return _success(raw if request.query.get("meta") == "translations" else {**raw, "translations": None})

        return answer

    async def _episodes(self, request: web.Request) -> Any:
        order, language = request.match_info["season_type"], request.match_info.get("lang")
        found = EPISODES.get(order) if language is None else TRANSLATED.get((order, language))
        if request.match_info["id"] != str(SHOW) or found is None or "page" not in request.query:
            return None
        page = int(request.query["page"])
        start = page * self.page_size
        shown = found[start : start + self.page_size]
        following = f"{self.url}{request.path}?page={page + 1}" if start + self.page_size < len(found) else None
        series = {"id": SHOW, "name": SERIES["name"]}
        # With a language the series' own fields lie beside the episodes, as recorded.
        data = {**series, "episodes": shown} if language else {"series": series, "episodes": shown}
        links = {"prev": None, "self": None, "next": following, "total_items": len(found), "page_size": self.page_size}
        return {"status": "success", "data": data, "links": links}

    async def _search(self, request: web.Request) -> Any:
        query, year = request.query["query"].casefold(), request.query.get("year")
        is_named = query in _HIT["name"].casefold() or query in "the keepers"
        is_found = is_named and year in {None, _HIT["year"]} and request.query.get("type") == "series"
        return {**_success([_HIT] if is_found else []), "links": {"prev": None, "next": None, "total_items": 1}}

    async def _remote_id(self, request: web.Request) -> Any:
        return _success(_BY_REMOTE_ID.get(request.match_info["remoteId"]))


async def _body(handler: Any, request: web.Request) -> Any:
    """What a handler of this server gives: an answer's JSON, None for 404, or a status of refusal."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return None


def _success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}
