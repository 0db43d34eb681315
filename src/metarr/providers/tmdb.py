"""TMDB: one call per movie brings facts, people and pictures. Only asks; `tmdb_parse` understands the answers.

API: https://developer.themoviedb.org/reference/movie-details
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from metarr.model.media import ExternalIds
from metarr.model.search import ORIGINAL_LANGUAGE
from metarr.providers import tmdb_parse
from metarr.providers.base import Health, Provider, ProviderMovie, ProviderSettings
from metarr.providers.http import Endpoint, JsonClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.search import SearchHit

NAME = "tmdb"
KEY_SETTING = "METARR_TMDB_API_KEY, or the key in the provider settings"
_APPENDED = "credits,images,release_dates,external_ids,videos,keywords,translations"
_FALLBACK_LANGUAGE = "en"


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
    requests_per_second: float = Field(default=40.0, gt=0, description="Calls per second, shared by all jobs")
    search_language: str = Field(default="en", description="Language of the titles in search results (ISO 639-1)")
    certification_countries: tuple[str, ...] = Field(
        default=("US",), description="Countries whose age rating is shown, first choice first (ISO 3166-1)"
    )


class Tmdb:
    """A connection to TMDB: MetadataSource and Finder."""

    def __init__(self, settings: TmdbSettings) -> None:
        self._settings = settings
        self._client = JsonClient(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=settings.api_key,
                key_setting=KEY_SETTING,
                requests_per_second=settings.requests_per_second,
                probe="/authentication",
            )
        )

    async def check(self) -> None:
        await self._client.get("/authentication")

    def health(self) -> Health:
        return self._client.health()

    async def close(self) -> None:
        await self._client.close()

    async def movie(self, ids: ExternalIds, languages: Sequence[str]) -> ProviderMovie | None:
        known = ids if ids.tmdb is not None else await self.find(ids)
        if known is None:
            return None
        wanted = [code for code in languages if code != ORIGINAL_LANGUAGE] or [_FALLBACK_LANGUAGE]
        pictures = _picture_languages(wanted)
        details = await self._client.get(
            f"/movie/{known.tmdb}",
            {
                "language": wanted[0],
                "append_to_response": _APPENDED,
                "include_image_language": pictures,
                "include_video_language": pictures,
            },
        )
        if details is None:
            return None
        if ORIGINAL_LANGUAGE in languages:
            await self._add_original_pictures(details, wanted)
        return tmdb_parse.movie(
            details,
            languages=languages,
            countries=self._settings.certification_countries,
            image_url=self._settings.image_url,
        )

    async def search_movie(self, title: str, year: int | None) -> tuple[SearchHit, ...]:
        query = {"query": title, "language": self._settings.search_language}
        # The year on a folder is often off by one from TMDB's, so an empty answer is asked again without it.
        answers = [{**query, "year": str(year)}, query] if year is not None else [query]
        for params in answers:
            hits = tmdb_parse.search(await self._client.get("/search/movie", params) or {})
            if hits:
                return hits
        return ()

    async def find(self, ids: ExternalIds) -> ExternalIds | None:
        if ids.imdb is None:
            return None
        answer = await self._client.get(f"/find/{ids.imdb}", {"external_source": "imdb_id"})
        found = tmdb_parse.search(answer or {}, key="movie_results")
        return found[0].ids.merged_with(ExternalIds(imdb=ids.imdb)) if found else None

    async def _add_original_pictures(self, details: dict[str, Any], wanted: Sequence[str]) -> None:
        """The original language is only known from the answer, so its pictures may need a call of their own."""
        original = tmdb_parse.language(details.get("original_language"))
        if original is None or original in {_base(code) for code in wanted}:
            return
        images = await self._client.get(f"/movie/{details.get('id')}/images", {"include_image_language": original})
        if images is not None:
            tmdb_parse.add_images(details, images)


def _base(code: str) -> str:
    """`pt-BR` -> `pt`: pictures know no regions (https://developer.themoviedb.org/docs/image-languages)."""
    return code.partition("-")[0].lower()


def _picture_languages(languages: Sequence[str]) -> str:
    return ",".join(dict.fromkeys([*map(_base, languages), "null"]))


TMDB = Provider(name=NAME, settings_model=TmdbSettings, build=Tmdb)
