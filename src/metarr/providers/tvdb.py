"""TVDB, version 4 of its API. Only asks; `tvdb_parse` understands the answers.

API: https://thetvdb.github.io/v4-api/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from metarr.errors import Transient
from metarr.model.media import ExternalIds
from metarr.providers import tvdb_parse
from metarr.providers.base import (
    Answer,
    Ask,
    Countries,
    EpisodeOrder,
    Key,
    Provider,
    ProviderSettings,
    Rate,
    SeasonAnswer,
)
from metarr.providers.http import Endpoint, HttpConnection, Login, Verdict, by_status
from metarr.providers.json_fields import Json, dict_, number, text
from metarr.providers.tvdb_fields import NAME, Reading, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.model.search import SearchHit
    from metarr.providers.base import Surroundings

KEY_SETTING = "METARR_TVDB_API_KEY (and METARR_TVDB_PIN, if the key belongs to a project that asks for one)"
_PROBE = "/genders"  # the shortest list that TVDB has
# A page holds 500 episodes; no show has so many pages. Stops an answer that always names another page.
_MOST_PAGES = 50
_MOST_NAMESAKES = 5  # things of the same kind that carry one number as somebody's id


class TvdbSettings(ProviderSettings):
    """How to ask TVDB."""

    url: str = Field(
        default="https://api4.thetvdb.com/v4",
        description="Base address of the API, version 4",
        pattern=r"^https?://\S+[^/\s]$",
    )
    image_url: str = Field(
        default="https://artworks.thetvdb.com",
        description="Base address of the pictures that TVDB names by their path alone",
        pattern=r"^https?://\S+[^/\s]$",
    )
    pin: Key | None = Field(default=None, description="Your subscriber's PIN, where the key asks for one")
    # TVDB states no figure.
    requests_per_second: Rate = Field(default=10.0, description="Calls per second, shared by all jobs")
    certification_countries: Countries = Field(
        default=("US",), description="Countries whose age rating is shown, first choice first (ISO 3166-1)"
    )


class Tvdb(HttpConnection):
    """A connection to TVDB: SeriesSource, MovieSource, OrderSource and SeriesFinder."""

    def __init__(self, settings: TvdbSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        super().__init__(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=settings.api_key,
                key_setting=KEY_SETTING,
                requests_per_second=settings.requests_per_second,
                probe=_PROBE,
                login=Login(body=self._login_body, token=_token),
                judge=_judge,
            ),
            surroundings,
        )

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        found = await self._show(ids, ask)
        return None if found is None else tvdb_parse.series(found, self._reading(ask))

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        order = tvdb_parse.order_type(ask.order)
        show = None if order is None else await self._show(ids, ask)
        if order is None or show is None:
            return None
        season_id = tvdb_parse.season_id(show, order, number)
        details = None if season_id is None else await self._record(f"/seasons/{season_id}/extended", ask)
        episodes = await self._episodes(show, order, number, ask)
        if details is None and not episodes:
            return None
        return tvdb_parse.season(number, details or {}, episodes, self._reading(ask), _original(show))

    async def orders(self, ids: ExternalIds, ask: Ask) -> tuple[EpisodeOrder, ...]:
        show = await self._show(ids, ask)
        return () if show is None else tvdb_parse.orders(show)

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        own_id = ids.tvdb if ids.tvdb is not None else await self._by_imdb("movie", ids, ask)
        found = None if own_id is None else await self._record(f"/movies/{own_id}/extended", ask)
        return None if found is None else tvdb_parse.movie(found, self._reading(ask))

    async def search_series(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        query = {"query": title, "type": "series"}
        # The year on a folder is often off by one from TVDB's, so an empty answer is asked again without it.
        for params in [{**query, "year": str(year)}, query] if year is not None else [query]:
            answer = await self._client.get("/search", params, ask)
            hits = () if answer is None else tvdb_parse.search(answer, ask.languages)
            if hits:
                return hits
        return ()

    async def find_series(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        """By the id of IMDb; else by the number of another, which has to be proven: a number is not one thing's."""
        own_id = await self._by_imdb("series", ids, ask)
        if own_id is not None:
            return ExternalIds(tvdb=own_id).merged_with(ids)
        for foreign in (ids.tmdb, ids.tvmaze):
            if foreign is None:
                continue
            for candidate in (await self._by_remote_id("series", str(foreign), ask))[:_MOST_NAMESAKES]:
                show = await self.series(ExternalIds(tvdb=candidate), ask)
                if show is not None and show.metadata.ids.agrees_with(ids):
                    return show.metadata.ids.merged_with(ids)
        return None

    async def _by_imdb(self, kind: str, ids: ExternalIds, ask: Ask) -> int | None:
        found = () if ids.imdb is None else await self._by_remote_id(kind, ids.imdb, ask)
        return found[0] if found else None

    async def _by_remote_id(self, kind: str, foreign: str, ask: Ask) -> tuple[int, ...]:
        answer = await self._client.get(f"/search/remoteid/{foreign}", {}, ask)
        return () if answer is None else tvdb_parse.found_by_id(answer, kind)

    async def _show(self, ids: ExternalIds, ask: Ask) -> Json | None:
        known = ids if ids.tvdb is not None else await self.find_series(ids, ask)
        return None if known is None else await self._record(f"/series/{known.tvdb}/extended", ask)

    async def _record(self, path: str, ask: Ask) -> Json | None:
        answer = await self._client.get(path, {"meta": "translations"}, ask)
        return None if answer is None else record(answer, "record")

    async def _episodes(self, show: Json, order: str, season: int, ask: Ask) -> dict[int, Answer]:
        """One season out of the whole list: the lists in other languages come whole, and are kept for each season."""
        path = f"/series/{show.get('id')}/episodes/{order}"
        reading, original = self._reading(ask), _original(show)
        raws = await self._pages(path, ask)
        codes = tvdb_parse.languages_of(raws, reading.codes(original), original)
        translated: dict[str, dict[int, Json]] = {}
        for code in codes:
            found = await self._pages(f"{path}/{code}", ask)
            translated[code] = {own_id: raw for raw in found if (own_id := number(raw.get("id"))) is not None}
        return tvdb_parse.episodes(raws, translated, season, reading, original)

    async def _pages(self, path: str, ask: Ask) -> list[Json]:
        """Every episode of a list. A list in a language that TVDB does not have is a 404, and empty."""
        found: list[Json] = []
        for page in range(_MOST_PAGES):
            answer = await self._client.get(path, {"page": str(page)}, ask)
            raws, has_more = ([], False) if answer is None else tvdb_parse.page(answer)
            found += raws
            if not has_more or not raws:
                return found
        raise Transient(f"{NAME}: the list of episodes {path} has no end")

    def _reading(self, ask: Ask) -> Reading:
        return Reading(ask.languages, self._settings.certification_countries, self._settings.image_url)

    def _login_body(self, key: str) -> Mapping[str, str]:
        """A PIN that is not asked for makes TVDB refuse the key, so it is left out where there is none."""
        pin = self._settings.pin
        return {"apikey": key} if pin is None else {"apikey": key, "pin": pin.get_secret_value()}


def _original(show: Json) -> str | None:
    return text(show.get("originalLanguage"))


def _token(answer: Any) -> str | None:  # noqa: ANN401  whatever JSON a provider sends
    return text(dict_(dict_(answer).get("data")).get("token"))


def _judge(status: int, body: Any) -> Verdict:  # noqa: ANN401  whatever JSON a provider sends
    """An id that cannot be one is a 400 with words of its own; a failure may come with status 200."""
    verdict = by_status(status, body)
    if verdict is Verdict.OK and dict_(body).get("status") != "success":
        return Verdict.FAULT
    return verdict


TVDB = Provider(
    name=NAME,
    settings_model=TvdbSettings,
    build=Tvdb,
    # The words of https://thetvdb.com/api-information
    attribution="Metadata provided by TheTVDB. Please consider adding missing information or subscribing. "
    "https://thetvdb.com",
    title="TVDB",
    knows="shows, films, people and pictures",
    key_from="https://thetvdb.com/api-information",
)
