"""OMDb: ratings of IMDb, Rotten Tomatoes and Metacritic. Only asks; `omdb_parse` understands the answers.

API: https://www.omdbapi.com. A free key has 1,000 calls a day, so a season is one call, and a spent day is waited out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import Field

from metarr.providers import omdb_parse
from metarr.providers.base import Answer, Ask, Provider, ProviderSettings, Rate, SeasonAnswer, Surroundings
from metarr.providers.http import Endpoint, HttpConnection, Verdict, by_status
from metarr.providers.omdb_parse import NAME
from metarr.providers.outcome import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.model.media import ExternalIds

KEY_SETTING = "METARR_OMDB_API_KEY, or the key in the provider settings"
_PROBE = "/?i=tt0133093&r=json"  # a movie that everybody knows: there is no call that only tests the key
_SPENT = "limit reached"  # with status 401, https://github.com/omdbapi/OMDb-API/issues/55
_REFUSED = "api key"  # "Invalid API key!", "No API key provided."
# "Error getting data." is what OMDb says of an id that IMDb does not have, as recorded for tt9999999.
_ABSENT = ("not found", "incorrect imdb id", "error getting data")


class OmdbSettings(ProviderSettings):
    """How to ask OMDb."""

    url: str = Field(
        default="https://www.omdbapi.com",
        description="Base address of the API",
        pattern=r"^https?://\S+[^/\s]$",
    )
    requests_per_second: Rate = Field(default=5.0, description="Calls per second, shared by all jobs")
    each_episode: bool = Field(
        default=False,
        description="Ask about every episode by itself (votes, plot, length): a call each, of the day's 1,000",
    )


class Omdb(HttpConnection):
    """A connection to OMDb: MovieSource and SeriesSource, by IMDb's ids alone."""

    def __init__(self, settings: OmdbSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        super().__init__(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=settings.api_key,
                key_setting=KEY_SETTING,
                requests_per_second=settings.requests_per_second,
                probe=_PROBE,
                credentials=lambda key: ({}, {"apikey": key}),
                judge=judge,
                shape=dict,
                quota_pause=until_midnight,
            ),
            surroundings,
        )

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        return await self._title(ids, "movie", ask)

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        return await self._title(ids, "series", ask)

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        if ids.imdb is None:
            return None
        query = {"i": ids.imdb, "Season": str(number)}
        answer = await self._ask(query, ask)
        if answer is None:
            return None
        found = omdb_parse.season(answer)
        if self._settings.each_episode:
            found = {episode: await self._whole(query, episode, short, ask) for episode, short in found.items()}
        return SeasonAnswer(Answer(), found)

    async def _title(self, ids: ExternalIds, kind: str, ask: Ask) -> Answer | None:
        if ids.imdb is None:
            return None
        answer = await self._ask({"i": ids.imdb, "plot": "full"}, ask)
        return None if answer is None else omdb_parse.title(answer, kind)

    async def _whole(self, query: Mapping[str, str], episode: int, short: Answer, ask: Ask) -> Answer:
        """An episode with what only its own answer says."""
        answer = await self._ask({**query, "Episode": str(episode), "plot": "full"}, ask)
        whole = None if answer is None else omdb_parse.title(answer, "episode")
        if whole is None:
            return short
        listed = short.metadata
        return Answer(replace(whole.metadata, title=listed.title, premiered=listed.premiered))

    async def _ask(self, query: Mapping[str, str], ask: Ask) -> Any | None:  # noqa: ANN401  whatever JSON it sends
        return await self._client.get("/", {**query, "r": "json"}, ask)


def judge(status: int, body: Any) -> Verdict:  # noqa: ANN401  whatever JSON it sends
    """OMDb says almost everything in the body: a spent day comes as a refused key, an unknown title as a success."""
    words = words_of(body).lower()
    if _SPENT in words:
        return Verdict.QUOTA
    if status == HTTPStatus.OK and any(known in words for known in _ABSENT):
        return Verdict.ABSENT
    if status == HTTPStatus.OK and _REFUSED in words:
        return Verdict.BAD_KEY
    return Verdict.FAULT if words and status == HTTPStatus.OK else by_status(status, body)


def until_midnight(now: datetime) -> timedelta:
    """How long the day's calls stay spent; days are counted in UTC."""
    return datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo) - now


OMDB = Provider(
    name=NAME,
    settings_model=OmdbSettings,
    build=Omdb,
    attribution="Ratings provided by OMDb (https://www.omdbapi.com), CC BY-NC 4.0.",
    title="OMDb",
    knows="ratings and some facts of films and shows",
    allowance="1,000 calls a day with a free key",  # https://www.omdbapi.com/apikey.aspx
    key_from="https://www.omdbapi.com/apikey.aspx",
)
