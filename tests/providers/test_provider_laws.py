"""Every provider of the registry, held against the laws of all providers."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import SecretStr
from yarl import URL

import contracts
import fanarttv_server
import omdb_server
import tvdb_server
import tvmaze_server
from answering import Answering
from bad_line import BadLine
from contracts import Subject
from metarr.demo.catalogue import FILMS
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import DEFAULT_KEY, TmdbServer
from metarr.model.media import ExternalIds
from metarr.providers import PROVIDERS
from metarr.providers.base import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metarr.providers.base import Connection


@dataclass(frozen=True, slots=True)
class Other:
    """A provider's other end, its key (None: there is none), and what it knows, by the question."""

    server: Callable[[], Any]
    key: str | None
    known: Mapping[str, Subject]


_SHOW = next(show for show in SHOWS if show.imdb is not None)
_OTHERS: Final[Mapping[str, Other]] = {
    "tmdb": Other(
        lambda: TmdbServer(FILMS, SHOWS),
        DEFAULT_KEY,
        {
            "movie": Subject(ExternalIds(tmdb=45745)),
            "series": Subject(ExternalIds(tmdb=_SHOW.tmdb)),
            "season": Subject(ExternalIds(tmdb=_SHOW.tmdb)),
            "orders": Subject(ExternalIds(tmdb=_SHOW.tmdb)),
            "collection": Subject(ExternalIds(tmdb=next(film.collection.tmdb for film in FILMS if film.collection))),
            "find_movie": Subject(ExternalIds(imdb="tt1727587")),
            "find_series": Subject(ExternalIds(imdb=_SHOW.imdb)),
            "search_movie": Subject(title="Sintel"),
            "search_series": Subject(title=_SHOW.title),
        },
    ),
    "tvdb": Other(
        tvdb_server.TvdbServer,
        tvdb_server.KEY,
        {
            "movie": Subject(ExternalIds(tvdb=tvdb_server.MOVIE)),
            "series": Subject(ExternalIds(tvdb=tvdb_server.SHOW)),
            "season": Subject(ExternalIds(tvdb=tvdb_server.SHOW)),
            "orders": Subject(ExternalIds(tvdb=tvdb_server.SHOW)),
            "find_series": Subject(ExternalIds(imdb="tt7654321")),
            "search_series": Subject(title="The Keepers"),
        },
    ),
    "tvmaze": Other(
        tvmaze_server.TvmazeServer,
        None,
        {
            "series": Subject(ExternalIds(tvmaze=tvmaze_server.SHOW)),
            "season": Subject(ExternalIds(tvmaze=tvmaze_server.SHOW)),
            "find_series": Subject(ExternalIds(imdb="tt7654321")),
            "search_series": Subject(title="The Keepers"),
        },
    ),
    "fanarttv": Other(
        lambda: Answering(fanarttv_server.answer),
        fanarttv_server.KEY,
        {
            "movie": Subject(ExternalIds(tmdb=45745)),
            "series": Subject(ExternalIds(tvdb=239761)),
            "season": Subject(ExternalIds(tvdb=239761)),
        },
    ),
    "omdb": Other(
        lambda: Answering(omdb_server.answer),
        omdb_server.KEY,
        {
            "movie": Subject(omdb_server.HEAT),
            "series": Subject(omdb_server.SHOW),
            "season": Subject(omdb_server.SHOW),
        },
    ),
}


def _connected(name: str, url: str, key: str) -> Connection:
    provider = PROVIDERS[name]
    told = {"url": url, "requests_per_second": 10_000}
    secret = {"api_key": SecretStr(key)} if provider.needs_key else {}
    connection: Connection = provider.build(provider.settings_model(**told, **secret), Surroundings())
    return connection


async def test_every_question_to_every_provider_is_held_against_the_laws() -> None:
    assert _OTHERS.keys() == PROVIDERS.keys()
    for name, other in _OTHERS.items():
        connection = _connected(name, "http://127.0.0.1:9", "key")
        able = {one for one, question in contracts.QUESTIONS.items() if isinstance(connection, question.capability)}
        assert other.known.keys() == able, name
        await connection.close()


@pytest.mark.parametrize(
    ("name", "question"), [(name, question) for name, other in _OTHERS.items() for question in other.known]
)
async def test_it_keeps_to_what_every_provider_must(name: str, question: str) -> None:
    other = _OTHERS[name]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(other.server())
        line = await stack.enter_async_context(BadLine(server.url))
        url = line.url + URL(server.url).path.rstrip("/")
        await contracts.provider(
            question, other.known[question], lambda key: _connected(name, url, key), line, other.key
        )
