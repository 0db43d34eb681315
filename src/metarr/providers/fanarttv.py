"""Fanart.tv: pictures only, also the kinds that nobody else has. Only asks; `fanarttv_parse` understands the answers.

API: https://api.fanart.tv (version 3.2, which states the size of every picture; older versions are understood too)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from metarr.providers import fanarttv_parse
from metarr.providers.base import Answer, Ask, Key, Provider, ProviderSettings, Rate, SeasonAnswer, Surroundings
from metarr.providers.fanarttv_parse import NAME
from metarr.providers.http import Endpoint, HttpConnection

if TYPE_CHECKING:
    from metarr.model.media import ExternalIds

KEY_SETTING = "METARR_FANARTTV_API_KEY, or the key in the provider settings"
_PROBE = "/movies/603"  # a movie that it has long had: there is no call that only tests the key


class FanartTvSettings(ProviderSettings):
    """How to ask Fanart.tv."""

    url: str = Field(
        default="https://webservice.fanart.tv/v3.2",
        description="Base address of the API, version 3 or later",
        pattern=r"^https?://\S+[^/\s]$",
    )
    client_key: Key | None = Field(
        default=None, description="Your personal key, beside a project's: new pictures are seen days earlier"
    )
    requests_per_second: Rate = Field(default=10.0, description="Calls per second, shared by all jobs")

    @property
    def is_ready(self) -> bool:
        """Either key will do."""
        return self.enabled and (self.api_key is not None or self.client_key is not None)


class FanartTv(HttpConnection):
    """A connection to Fanart.tv: MovieSource and SeriesSource, of pictures alone."""

    def __init__(self, settings: FanartTvSettings, surroundings: Surroundings) -> None:
        personal = None if settings.client_key is None else settings.client_key.get_secret_value()

        def credentials(key: str) -> tuple[dict[str, str], dict[str, str]]:
            """Headers rather than the query: addresses end up in logs."""
            return {"api-key": key, **({"client-key": personal} if personal else {})}, {}

        super().__init__(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=settings.api_key or settings.client_key,
                key_setting=KEY_SETTING,
                requests_per_second=settings.requests_per_second,
                probe=_PROBE,
                credentials=credentials,
                shape=dict,
            ),
            surroundings,
        )

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        known = ids.tmdb or ids.imdb
        answer = None if known is None else await self._client.get(f"/movies/{known}", {}, ask)
        return None if answer is None else Answer(candidates=fanarttv_parse.movie(answer))

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        answer = await self._show(ids, ask)
        return None if answer is None else Answer(candidates=fanarttv_parse.series(answer))

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        answer = await self._show(ids, ask)
        return None if answer is None else SeasonAnswer(Answer(candidates=fanarttv_parse.season(answer, number)))

    async def _show(self, ids: ExternalIds, ask: Ask) -> Any | None:  # noqa: ANN401  whatever JSON it sends
        """Shows are known by TVDB's ids alone; one answer holds the pictures of all seasons."""
        return None if ids.tvdb is None else await self._client.get(f"/tv/{ids.tvdb}", {}, ask)


FANARTTV = Provider(
    name=NAME,
    settings_model=FanartTvSettings,
    build=FanartTv,
    attribution="Artwork provided by fanart.tv (https://fanart.tv).",
    title="Fanart.tv",
    knows="pictures of films and shows, also of kinds that nobody else has",
    key_from="https://fanart.tv/get-an-api-key/",
)
