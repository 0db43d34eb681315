"""TMDB: one call brings facts, people and pictures. Only asks; `tmdb_parse` and `tmdb_shows` understand the answers.

API: https://developer.themoviedb.org/reference/movie-details
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import Field

from metarr.model.search import ORIGINAL_LANGUAGE
from metarr.providers import tmdb_images, tmdb_parse, tmdb_shows
from metarr.providers.base import Answer, Ask, Countries, Provider, ProviderSettings, Rate, Surroundings
from metarr.providers.endpoint import bearer
from metarr.providers.http import Endpoint, HttpConnection, Verdict, by_status
from metarr.providers.json_fields import dict_
from metarr.providers.tmdb_fields import Reading, base, language

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from metarr.model.media import ExternalIds
    from metarr.model.search import SearchHit
    from metarr.providers.base import EpisodeOrder, SeasonAnswer
    from metarr.providers.json_fields import Json

NAME = "tmdb"
KEY_SETTING = "METARR_TMDB_API_KEY, or the key in the provider settings"
_MOVIE = "credits,images,release_dates,external_ids,videos,keywords,translations"
_SERIES = "aggregate_credits,images,content_ratings,external_ids,videos,keywords,translations"
_SEASON = "credits,images,external_ids,videos,translations"
_COLLECTION = "images,translations"
_TITLES = "alternative_titles,translations"
_FALLBACK_LANGUAGE = "en"
_SHORT_KEY_LENGTH = 32  # https://developer.themoviedb.org/docs/authentication-application
_LOOKED_INTO = 3  # hits of a search whose other titles are looked up
_SENT = ("id", "results", "movie_results", "success")  # every good answer has one: details, search, find, key check
_USUAL_ORDERS = frozenset({None, "aired"})
_SHORT_KEY_LENGTH = 32  # https://developer.themoviedb.org/docs/authentication-application


class TmdbSettings(ProviderSettings):
    """How to ask TMDB."""

    url: str = Field(
        default="https://api.themoviedb.org/3",
        description="Base address of the API, version 3",
        pattern=r"^https?://\S+[^/\s]$",
    )
    image_url: str = Field(
        default="https://image.tmdb.org/t/p",
        description="Base address of the pictures",
        pattern=r"^https?://\S+[^/\s]$",
    )
    # "somewhere in the 40 requests per second range": https://developer.themoviedb.org/docs/rate-limiting
    requests_per_second: Rate = Field(default=40.0, description="Calls per second, shared by all jobs")
    search_language: str = Field(
        default="en",
        description="Language of the titles in search results (ISO 639-1)",
        pattern=r"^[a-z]{2}(-[A-Z]{2})?$",
    )
    certification_countries: Countries = Field(
        default=("US",), description="Countries whose age rating is shown, first choice first (ISO 3166-1)"
    )


class Tmdb(HttpConnection):
    """A connection to TMDB: movies, shows in every order, and collections, found by title or by other ids."""

    def __init__(self, settings: TmdbSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._originals: dict[int, str | None] = {}  # the language of each show, which answers about seasons lack
        super().__init__(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=settings.api_key,
                key_setting=KEY_SETTING,
                requests_per_second=settings.requests_per_second,
                probe="/authentication",
                credentials=credentials,
                judge=judge,
            ),
            surroundings,
        )

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        id_ = await self._id(ids, ask, self.find_movie)
        return None if id_ is None else await self._details(f"/movie/{id_}", _MOVIE, tmdb_parse.movie, ask)

    async def collection(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        if ids.tmdb is None:
            return None
        return await self._details(f"/collection/{ids.tmdb}", _COLLECTION, tmdb_parse.collection, ask)

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        id_ = await self._id(ids, ask, self.find_series)
        if id_ is None:
            return None
        answer = await self._details(f"/tv/{id_}", _SERIES, tmdb_shows.series, ask)
        if answer is not None:
            self._originals[id_] = answer.metadata.original_language
        return answer

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        id_ = await self._id(ids, ask, self.find_series)
        if id_ is None:
            return None
        if ask.order in _USUAL_ORDERS:
            return await self._season(id_, number, ask)
        details = await self._group(id_, ask)
        group = None if details is None else tmdb_shows.group(details, number)
        if group is None:
            return None
        sources = {source: await self._season(id_, source, ask) for source in group.seasons}
        return tmdb_shows.regrouped(group, {key: found for key, found in sources.items() if found is not None})

    async def orders(self, ids: ExternalIds, ask: Ask) -> tuple[EpisodeOrder, ...]:
        id_ = await self._id(ids, ask, self.find_series)
        answer = None if id_ is None else await self._client.get(f"/tv/{id_}/episode_groups", {}, ask)
        return () if answer is None else tmdb_shows.orders(answer)

    async def search_movie(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        return await self._search("movie", title, {} if year is None else {"year": str(year)}, ask)

    async def search_series(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        return await self._search("tv", title, {} if year is None else {"first_air_date_year": str(year)}, ask)

    async def find_movie(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        """By IMDb id only: TMDB knows TVDB's ids of shows, not of movies.

        https://developer.themoviedb.org/reference/find-by-id
        """
        return None if ids.imdb is None else await self._find(ids.imdb, "imdb_id", "movie_results", ids, ask)

    async def find_series(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        found = None
        if ids.imdb is not None:
            found = await self._find(ids.imdb, "imdb_id", "tv_results", ids, ask)
        if found is None and ids.tvdb is not None:
            found = await self._find(str(ids.tvdb), "tvdb_id", "tv_results", ids, ask)
        return found

    async def _id(
        self, ids: ExternalIds, ask: Ask, find: Callable[[ExternalIds, Ask], Awaitable[ExternalIds | None]]
    ) -> int | None:
        """TMDB's own id of the item; None: TMDB does not know it."""
        if ids.tmdb is not None:
            return ids.tmdb
        found = await find(ids, ask)
        return None if found is None else found.tmdb

    async def _find(self, id_: str, source: str, key: str, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        answer = await self._client.get(f"/find/{id_}", {"external_source": source}, ask)
        found = () if answer is None else tmdb_parse.search(answer, key)
        return found[0].ids.merged_with(ids) if found else None

    async def _details(
        self, path: str, appended: str, parse: Callable[[object, Reading], Answer], ask: Ask
    ) -> Answer | None:
        """One call with everything appended, and another where the pictures of the original language lack."""
        codes = _named(ask.languages)
        details = await self._client.get(path, {"language": codes[0], **_appended(appended, codes)}, ask)
        if details is None:
            return None
        if ORIGINAL_LANGUAGE in ask.languages:
            await self._add_original_pictures(path, dict_(details), codes, ask)
        return parse(details, self._reading(ask))

    async def _add_original_pictures(self, path: str, details: Json, codes: Sequence[str], ask: Ask) -> None:
        """The original language is only known from the answer, so its pictures may need a call of their own."""
        original = language(details.get("original_language"))
        if original is None or original in map(base, codes):
            return
        images = await self._client.get(f"{path}/images", {"include_image_language": original}, ask)
        if images is not None:
            tmdb_images.add(details, images)

    async def _search(self, kind: str, title: str, year: dict[str, str], ask: Ask) -> tuple[SearchHit, ...]:
        """The year on a folder is often off by one from TMDB's, so an empty answer is asked again without it."""
        query = {"query": title, "language": self._settings.search_language}
        hits: tuple[SearchHit, ...] = ()
        for params in [{**query, **year}, query] if year else [query]:
            hits = tmdb_parse.search(
                await self._client.get(f"/search/{kind}", params, ask) or {"results": []},
                image_url=self._settings.image_url,
            )
            if hits:
                break
        if any(tmdb_parse.is_named(hit, title) for hit in hits):
            return hits
        # TMDB also searches in titles that it does not tell here, so the best hits may well be right.
        looked_into = [await self._with_titles(kind, hit, ask) for hit in hits[:_LOOKED_INTO]]
        return (*looked_into, *hits[_LOOKED_INTO:])

    async def _with_titles(self, kind: str, hit: SearchHit, ask: Ask) -> SearchHit:
        answer = await self._client.get(f"/{kind}/{hit.ids.tmdb}", {"append_to_response": _TITLES}, ask)
        return hit if answer is None else tmdb_parse.with_titles(hit, answer)

    async def _season(self, show: int, number: int, ask: Ask) -> SeasonAnswer | None:
        """One of TMDB's own seasons. It brings no translations of episodes, so another language is another call."""
        original = await self._original(show, ask) if ORIGINAL_LANGUAGE in ask.languages else None
        codes = _named(ask.languages, original)
        answers: list[Json] = []
        for code in codes:
            more = {} if answers else _appended(_SEASON, codes)
            answer = await self._client.get(f"/tv/{show}/season/{number}", {"language": code, **more}, ask)
            if answer is not None:
                answers.append(tmdb_shows.season_details(answer))
            if answer is None or not tmdb_shows.lacks_texts(answers):
                break
        return tmdb_shows.season(answers, self._reading(ask), original) if answers else None

    async def _original(self, show: int, ask: Ask) -> str | None:
        """The language that the show was made in."""
        if show not in self._originals:
            answer = await self._client.get(f"/tv/{show}", {}, ask)
            if answer is None:
                return None
            self._originals[show] = tmdb_shows.original_language(answer)
        return self._originals[show]

    async def _group(self, show: int, ask: Ask) -> object:
        """The details of the episode group that `ask.order` names; None: TMDB has no such order of this show."""
        order = ask.order or ""
        id_ = tmdb_shows.group_id(order)
        if id_ is None and order in tmdb_shows.GROUP_TYPES:
            groups = await self._client.get(f"/tv/{show}/episode_groups", {}, ask)
            id_ = None if groups is None else tmdb_shows.group_of_type(groups, order)
        return None if id_ is None else await self._client.get(f"/tv/episode_group/{id_}", {}, ask)

    def _reading(self, ask: Ask) -> Reading:
        return Reading(ask.languages, self._settings.certification_countries, self._settings.image_url)


def credentials(key: str) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query parameters: a short key travels in the query, a token in the header."""
    return ({}, {"api_key": key}) if len(key) == _SHORT_KEY_LENGTH else bearer(key)


def judge(status: int, body: Any) -> Verdict:  # noqa: ANN401  whatever JSON TMDB sends
    """An error, or what TMDB never sends, is a fault under a good status, too: such an answer must not be kept."""
    if status != HTTPStatus.OK:
        return by_status(status, body)
    is_known = any(name in dict_(body) for name in _SENT) and dict_(body).get("success") is not False
    return Verdict.OK if is_known else Verdict.FAULT


def _named(languages: Sequence[str], original: str | None = None) -> list[str]:
    """The wanted languages by their codes, each once; at least one."""
    codes = (original if code == ORIGINAL_LANGUAGE else code for code in languages)
    return list(dict.fromkeys(code for code in codes if code is not None)) or [_FALLBACK_LANGUAGE]


def _appended(names: str, codes: Sequence[str]) -> dict[str, str]:
    """What else an answer is to bring; pictures and videos in these languages, and pictures without text."""
    wanted = ",".join(dict.fromkeys([*map(base, codes), "null"]))
    return {"append_to_response": names, "include_image_language": wanted, "include_video_language": wanted}


TMDB = Provider(
    name=NAME,
    settings_model=TmdbSettings,
    build=Tmdb,
    # The words of https://www.themoviedb.org/api-terms-of-use; the API's FAQ still has an older form
    attribution="This product uses TMDB and the TMDB APIs but is not endorsed, certified, or otherwise approved by "
    "TMDB. https://www.themoviedb.org",
    title="TMDB",
    knows="films, shows, movie sets, people and pictures, in many languages",
    allowance="about 40 calls a second",  # https://developer.themoviedb.org/docs/rate-limiting
    key_from="https://www.themoviedb.org/settings/api",
)
