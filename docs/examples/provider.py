"""A whole provider: Filmothek, which knows films by their IMDb id, and has posters.

GET /films/tt0113277 -> {"name": "Heat", "year": 1995, "about": "…", "poster": "https://…/heat.jpg"}, or 404
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind, Candidate
from metarr.model.media import Metadata
from metarr.providers.base import Answer, Ask, Provider, ProviderSettings, Surroundings
from metarr.providers.http import Endpoint, HttpConnection
from metarr.providers.json_fields import dict_, number, text

if TYPE_CHECKING:
    from metarr.model.media import ExternalIds

NAME = "filmothek"


class FilmothekSettings(ProviderSettings):
    """How to ask Filmothek. Address, key, calls a second and the switch are what every provider has."""

    url: str = Field(
        default="https://api.filmothek.example", description="Base address of the API", pattern=r"^https?://\S+[^/\s]$"
    )


class Filmothek(HttpConnection):
    """A connection to Filmothek: a MovieSource. Limits, pauses, kept answers and errors are HttpConnection's."""

    def __init__(self, settings: FilmothekSettings, surroundings: Surroundings) -> None:
        super().__init__(
            Endpoint(
                name=NAME,
                url=settings.url,
                api_key=settings.api_key,
                key_setting="METARR_FILMOTHEK_API_KEY",
                requests_per_second=settings.requests_per_second,
                probe="/status",
            ),
            surroundings,
        )

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        """None: it does not know the film, or we do not know its id there."""
        if ids.imdb is None:
            return None
        said = await self._client.get(f"/films/{ids.imdb}", {}, ask)
        return None if said is None else understood(said)


def understood(said: object) -> Answer:
    """Their words as ours. Pure, so that a table of recorded answers tests it. Raises Transient where it is no film."""
    film = dict_(said)
    if (title := text(film.get("name"))) is None:
        raise Transient("filmothek answered with something that is no film")
    poster = text(film.get("poster"))
    return Answer(
        Metadata(title=title, year=number(film.get("year")), plot=text(film.get("about"))),
        (Candidate(ArtworkKind.POSTER, NAME, url=poster),) if poster else (),
    )


FILMOTHEK = Provider(
    name=NAME,
    settings_model=FilmothekSettings,
    build=Filmothek,
    attribution="Data from Filmothek.",
    title="Filmothek",
    knows="films and posters",
    key_from="https://filmothek.example/keys",
)
