"""The stand-in that knows every film and show, asked through the provider."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import aiohttp
import pytest
from PIL import Image
from pydantic import SecretStr

from metarr.demo.standin import server
from metarr.model.media import ExternalIds
from metarr.providers.base import Ask, Surroundings
from metarr.providers.tmdb import TMDB, Tmdb, TmdbSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def tmdb() -> AsyncIterator[Tmdb]:
    async with server() as running:
        settings = TmdbSettings(
            url=running.url, image_url=running.image_url, api_key=SecretStr(running.key), requests_per_second=10_000
        )
        connection = TMDB.build(settings, Surroundings())
        assert isinstance(connection, Tmdb)
        yield connection
        await connection.close()


@pytest.mark.parametrize(
    "ids",
    [ExternalIds(tmdb=1396), ExternalIds(imdb="tt0903747"), ExternalIds(tvdb=81189)],
    ids=["TMDB", "IMDb", "TVDB"],
)
async def test_every_show_has_three_seasons_of_24_episodes_and_specials(tmdb: Tmdb, ids: ExternalIds) -> None:
    show = await tmdb.series(ids, Ask())
    assert show is not None
    assert ids.agrees_with(show.metadata.ids)
    seasons = {number: await tmdb.season(ids, number, Ask()) for number in range(5)}
    counts = {number: None if season is None else len(season.episodes) for number, season in seasons.items()}
    assert counts == {0: 3, 1: 24, 2: 24, 3: 24, 4: None}


async def test_a_show_found_by_title_is_the_same_by_its_id(tmdb: Tmdb) -> None:
    (hit,) = await tmdb.search_series("Any Show", 1999, Ask())
    assert (await tmdb.search_series("Any Show", 1999, Ask())) == (hit,)
    assert (hit.title, hit.year) == ("Any Show", 1999)
    found = await tmdb.series(hit.ids, Ask())
    assert found is not None
    assert (found.metadata.title, found.metadata.year) == ("Any Show", 1999)


async def test_episodes_of_different_shows_have_different_ids(tmdb: Tmdb) -> None:
    ids = []
    for show in (1, 2):
        for number in range(4):
            season = await tmdb.season(ExternalIds(tmdb=show), number, Ask())
            assert season is not None
            ids += [episode.metadata.ids.tmdb for episode in season.episodes.values()]
    assert len(ids) == len(set(ids)) == 150


async def test_every_picture_of_a_show_can_be_fetched(tmdb: Tmdb) -> None:
    show = await tmdb.series(ExternalIds(tmdb=2), Ask())
    season = await tmdb.season(ExternalIds(tmdb=2), 1, Ask())
    film = await tmdb.movie(ExternalIds(tmdb=2), Ask())
    assert show is not None
    assert season is not None
    assert film is not None
    pictures = (show.candidates[0], season.season.candidates[0], season.episodes[1].candidates[0], film.candidates[0])
    urls = {candidate.url or "" for candidate in pictures} | {show.metadata.cast[0].portrait_url or ""}
    async with aiohttp.ClientSession() as session:
        for url in urls:
            async with session.get(url) as response:
                assert response.status == 200, url
                with Image.open(io.BytesIO(await response.read())) as image:
                    image.verify()
            missing = url.rpartition("/")[0] + "/nothing.jpg"
            async with session.get(missing) as response:
                assert response.status == 404
