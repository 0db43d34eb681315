"""A provider of the tests: what it knows is told in a few words, and what it is asked is written down."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.model.media import ExternalIds, Metadata
from metarr.providers.base import Answer, Ask, Health, SeasonAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.model.search import SearchHit


@dataclass(frozen=True)
class Show:
    """A show as a provider has it: its seasons by number, each with its episodes' titles in order."""

    metadata: Metadata
    seasons: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Archive:
    """SeriesSource, SeriesFinder, MovieSource and CollectionSource. `source`: by which id it knows things."""

    source: str = "tmdb"
    shows: dict[int, Show] = field(default_factory=dict)
    movies: dict[int, Metadata] = field(default_factory=dict)
    collections: dict[int, Metadata] = field(default_factory=dict)
    hits: tuple[SearchHit, ...] = ()
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    languages: set[tuple[str, ...]] = field(default_factory=set)

    async def check(self) -> None:
        await self._note("check", Ask())

    def health(self) -> Health:
        return Health(len(self.asked), None)

    async def retire(self) -> None:
        return

    async def close(self) -> None:
        return

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        await self._note("movie", ask)
        return self._answer(self.movies, ids)

    async def collection(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        await self._note("collection", ask)
        return self._answer(self.collections, ids)

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        await self._note("series", ask)
        return self._answer({number: show.metadata for number, show in self.shows.items()}, ids)

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        await self._note(f"season {number}" + (f" ({ask.order})" if ask.order else ""), ask)
        show = self.shows.get(self._id(ids))
        if show is None or number not in show.seasons:
            return None
        titles = show.seasons[number]
        name = show.metadata.title
        episodes = {
            at: Answer(Metadata(title=title, plot=f"{name} {number}x{at}", season=number, episode=at))
            for at, title in enumerate(titles, 1)
        }
        return SeasonAnswer(Answer(Metadata(title=f"Book {number}", plot=f"{name}, season {number}")), episodes)

    async def search_series(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        await self._note(f"search {title} {year}", ask)
        return self.hits

    async def find_series(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        await self._note("find", ask)
        return ids if self._id(ids) in self.shows else None

    async def _note(self, what: str, ask: Ask) -> None:
        self.asked.append(what)
        self.languages.add(ask.languages)
        if ask.is_fresh:
            self.fresh.append(what)
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault

    def _id(self, ids: ExternalIds) -> int:
        return int(ids.as_dict().get(self.source) or 0)

    def _answer(self, known: Mapping[int, Metadata], ids: ExternalIds) -> Answer | None:
        found = known.get(self._id(ids))
        return None if found is None else Answer(found)
