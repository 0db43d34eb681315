"""Fanart.tv asked over loopback, and its answers understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

import fanarttv_server
from answering import Answering
from fanarttv_server import KEY, MOVIE, picture
from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind, Candidate
from metarr.model.media import ExternalIds, Metadata
from metarr.providers import PROVIDERS, fanarttv_parse
from metarr.providers.base import Ask, BadKey, MovieSource, SeriesSource, Surroundings
from metarr.providers.fanarttv import FANARTTV, FanartTv, FanartTvSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    async with Answering(fanarttv_server.answer) as running:
        yield running


def _connect(server: Answering, key: str | None = KEY, client_key: str | None = None) -> FanartTv:
    keys = {name: SecretStr(value) for name, value in (("api_key", key), ("client_key", client_key)) if value}
    settings = FanartTvSettings.model_validate({"url": server.url, "requests_per_second": 10_000, **keys})
    connection = FANARTTV.build(settings, Surroundings())
    assert isinstance(connection, FanartTv)
    return connection


@pytest.fixture
async def fanart(server: Answering) -> AsyncIterator[FanartTv]:
    connection = _connect(server)
    yield connection
    await connection.close()


def test_the_registry_finds_it_with_its_capabilities() -> None:
    provider = PROVIDERS["fanarttv"]
    settings = provider.settings_model()
    assert not settings.is_ready
    assert "fanart.tv" in provider.attribution
    connection = provider.build(settings, Surroundings())
    assert isinstance(connection, MovieSource)
    assert isinstance(connection, SeriesSource)


def test_a_personal_key_alone_is_enough() -> None:
    assert FanartTvSettings(client_key=SecretStr("mine")).is_ready


@pytest.mark.parametrize(
    "ids", [ExternalIds(tmdb=45745), ExternalIds(imdb="tt1727587")], ids=["by TMDB's id", "by IMDb's id"]
)
async def test_a_movie_is_one_call_and_pictures_alone(server: Answering, fanart: FanartTv, ids: ExternalIds) -> None:
    found = await fanart.movie(ids, Ask())
    assert found is not None
    assert found.metadata == Metadata()
    assert len(found.candidates) == 8
    assert len(server.asked) == 1
    assert server.asked[0][1] == {}, "keys are in headers, not in the address"


async def test_a_show_and_its_seasons_come_from_the_same_answer(server: Answering, fanart: FanartTv) -> None:
    ids = ExternalIds(tvdb=239761)
    show, first, specials = (
        await fanart.series(ids, Ask()),
        await fanart.season(ids, 1, Ask()),
        await fanart.season(ids, 0, Ask()),
    )
    assert show is not None
    assert first is not None
    assert specials is not None
    assert {path for path, _ in server.asked} == {"/tv/239761"}
    assert {_name(one) for one in show.candidates} == {"hdlogo.png", "character.png", "all.jpg", "no.jpg"}
    assert {_name(one) for one in first.season.candidates} == {"s1.jpg", "b1.jpg", "t1.jpg"}
    assert {_name(one) for one in specials.season.candidates} == {"s0.jpg"}
    assert first.episodes == {}


async def test_what_it_does_not_know_is_absent(fanart: FanartTv) -> None:
    assert await fanart.movie(ExternalIds(tmdb=1), Ask()) is None
    assert await fanart.movie(ExternalIds(tvdb=1), Ask()) is None
    assert await fanart.series(ExternalIds(tmdb=1), Ask()) is None
    assert await fanart.season(ExternalIds(tvdb=1), 1, Ask()) is None


async def test_an_answer_of_another_shape_is_refused(fanart: FanartTv) -> None:
    with pytest.raises(Transient):
        await fanart.movie(ExternalIds(tmdb=7), Ask())


async def test_the_check_proves_the_key(server: Answering, fanart: FanartTv) -> None:
    await fanart.check()
    refused = _connect(server, "another-key")
    with pytest.raises(BadKey, match="METARR_FANARTTV_API_KEY") as error:
        await refused.check()
    assert "another-key" not in str(error.value)
    await refused.close()


async def test_both_keys_are_sent() -> None:
    seen: list[tuple[str | None, str | None]] = []

    def answer(request: web.Request) -> tuple[int, Any]:
        seen.append((request.headers.get("api-key"), request.headers.get("client-key")))
        return 200, MOVIE

    async with Answering(answer) as server:
        connection = _connect(server, KEY, "personal")
        await connection.check()
        await connection.close()
    assert seen == [(KEY, "personal")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("hdlogo.png", (ArtworkKind.CLEARLOGO, 800, 310, "en"), id="a logo in the size of its list"),
        pytest.param("logo.png", (ArtworkKind.CLEARLOGO, 400, 155, "de"), id="an old logo is half as large"),
        pytest.param("poster.jpg", (ArtworkKind.POSTER, 1000, 1426, "en"), id="a poster"),
        pytest.param("background.jpg", (ArtworkKind.FANART, 1920, 1080, None), id="backgrounds have no text"),
        pytest.param("disc.png", (ArtworkKind.DISCART, 1000, 1000, "en"), id="a disc"),
        pytest.param("thumb.jpg", (ArtworkKind.LANDSCAPE, 1920, 1080, "en"), id="a size that is stated counts"),
    ],
)
def test_pictures_are_understood(name: str, expected: tuple[ArtworkKind, int, int, str | None]) -> None:
    [found] = [one for one in fanarttv_parse.movie(MOVIE) if _name(one) == name]
    assert (found.kind, found.width, found.height, found.language) == expected
    assert found.url == f"https://assets.fanart.tv/fanart/{name}"


def test_a_poster_without_text_is_key_art_as_well() -> None:
    found = [one for one in fanarttv_parse.movie(MOVIE) if _name(one) == "bare.jpg"]
    assert [(one.kind, one.language) for one in found] == [(ArtworkKind.POSTER, None), (ArtworkKind.KEYART, None)]


def test_likes_are_votes_for_a_picture() -> None:
    votes = {_name(one): (one.vote_average, one.votes) for one in fanarttv_parse.movie(MOVIE)}
    assert votes["hdlogo.png"] == (10.0, 3)
    assert votes["logo.png"] == (0.0, 0)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["1", "00", "all"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["id", "url", "lang", "likes", "season", "width", "height"]), ODD))
def test_an_odd_picture_spoils_nothing(odd: dict[str, Any]) -> None:
    good = picture("poster.jpg")
    assert _known(fanarttv_parse.movie({"movieposter": [odd, good, None, 7]})) == {"poster.jpg"}
    assert _known(fanarttv_parse.series({"tvposter": [good, odd]})) == {"poster.jpg"}
    fanarttv_parse.season({"seasonposter": [odd, good]}, 1)


@pytest.mark.parametrize("answer", [None, [], "text", 7, [MOVIE]])
def test_what_is_no_answer_about_a_title_is_refused(answer: object) -> None:
    for parse in (fanarttv_parse.movie, fanarttv_parse.series):
        with pytest.raises(Transient, match="fanarttv"):
            parse(answer)


@pytest.mark.realdata
def test_every_recorded_answer_is_understood_or_refused(shared_data: Path) -> None:
    found, refused = 0, 0
    for file in sorted((shared_data / "2_fanart").rglob("*.json")):
        answer = json.loads(file.read_text())
        if "v1legacy" in str(file):  # the same lists, below the show's name
            answer = next((value for value in answer.values() if isinstance(value, dict)), answer)
        try:
            pictures = fanarttv_parse.movie(answer) + fanarttv_parse.series(answer)
            pictures += tuple(one for number in range(20) for one in fanarttv_parse.season(answer, number))
        except Transient:
            refused += 1
        else:
            found += len(pictures)
            assert all(one.url and one.url.startswith("https://") and one.width for one in pictures)
    assert refused == 5, "lists of what is new are about no single title"
    assert found > 20


def _name(candidate: Candidate) -> str:
    assert candidate.url is not None
    return candidate.url.rpartition("/")[2]


def _known(candidates: tuple[Candidate, ...]) -> set[str]:
    return {_name(one) for one in candidates if one.url and one.url.startswith("https://assets.fanart.tv/")}
