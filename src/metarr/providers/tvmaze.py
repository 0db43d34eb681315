"""TVmaze: shows, seasons and episodes, without a key. Only asks; `tvmaze_parse` understands the answers.

API: https://www.tvmaze.com/api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from metarr.providers import tvmaze_parse
from metarr.providers.base import Answer, Ask, Provider, ProviderSettings, Rate, SeasonAnswer
from metarr.providers.http import Endpoint, HttpConnection
from metarr.providers.tvmaze_parse import NAME

if TYPE_CHECKING:
    from metarr.model.media import ExternalIds
    from metarr.model.search import SearchHit
    from metarr.providers.base import Surroundings

_PROBE = "/shows/1"
# Several parts in one call: https://www.tvmaze.com/api#embedding
_EMBEDDED = "embed[]=seasons&embed[]=cast&embed[]=images"
_AIRED = frozenset({None, "aired"})


class TvmazeSettings(ProviderSettings):
    """How to ask TVmaze."""

    url: str = Field(
        default="https://api.tvmaze.com", description="Base address of the API", pattern=r"^https?://\S+[^/\s]$"
    )
    # "at least 20 calls every 10 seconds per IP address": https://www.tvmaze.com/api#rate-limiting
    requests_per_second: Rate = Field(default=2.0, description="Calls per second, shared by all jobs")

    @property
    def is_ready(self) -> bool:
        return self.enabled


class Tvmaze(HttpConnection):
    """A connection to TVmaze: SeriesSource and SeriesFinder."""

    def __init__(self, settings: TvmazeSettings, surroundings: Surroundings) -> None:
        super().__init__(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=None,
                key_setting="METARR_TVMAZE_ENABLED",
                requests_per_second=settings.requests_per_second,
                probe=_PROBE,
                needs_key=False,
            ),
            surroundings,
        )

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        answer = await self._show(ids, ask)
        return None if answer is None else tvmaze_parse.series(answer)

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        """None for the specials, which have no numbers here, and for every order but the aired one."""
        if number == 0 or ask.order not in _AIRED:
            return None
        answer = await self._show(ids, ask)
        if answer is None:
            return None
        episodes = await self._client.get(f"/shows/{tvmaze_parse.ids(answer).tvmaze}/episodes", {}, ask)
        return tvmaze_parse.season(answer, [] if episodes is None else episodes, number)

    async def search_series(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        """TVmaze cannot be asked for a year, so those of another are left out here, unless there are no others."""
        answer = await self._client.get("/search/shows", {"q": title}, ask)
        hits = () if answer is None else tvmaze_parse.search(answer)
        return tuple(hit for hit in hits if hit.year == year) or hits

    async def find_series(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        for source, value in (("thetvdb", ids.tvdb), ("imdb", ids.imdb)):
            if value is not None:
                # Answered with a redirect to the show: https://www.tvmaze.com/api#show-lookup
                answer = await self._client.get("/lookup/shows", {source: str(value)}, ask)
                if answer is not None:
                    return tvmaze_parse.ids(answer).merged_with(ids)
        return None

    async def _show(self, ids: ExternalIds, ask: Ask) -> Any:  # noqa: ANN401  whatever JSON a provider sends
        known = ids if ids.tvmaze is not None else await self.find_series(ids, ask)
        return None if known is None else await self._client.get(f"/shows/{known.tvmaze}?{_EMBEDDED}", {}, ask)


TVMAZE = Provider(
    name=NAME,
    settings_model=TvmazeSettings,
    build=Tvmaze,
    # CC BY-SA asks for credit and a link: https://www.tvmaze.com/api#licensing
    attribution="Data from TVmaze (https://www.tvmaze.com), licensed under CC BY-SA 4.0 "
    "(https://creativecommons.org/licenses/by-sa/4.0/).",
    needs_key=False,
    title="TVmaze",
    knows="shows, people and pictures, in English",
    allowance="20 calls in 10 seconds",  # https://www.tvmaze.com/api#rate-limiting
)
