"""OMDb asked over loopback, and its answers understood."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

import omdb_server
from answering import Answering
from metarr.errors import Transient, Wait
from metarr.model.media import ExternalIds, Metadata, Rating
from metarr.providers import PROVIDERS, omdb_parse
from metarr.providers.base import Ask, BadKey, MovieSource, SeriesSource, Surroundings
from metarr.providers.http import Verdict
from metarr.providers.omdb import OMDB, Omdb, OmdbSettings, judge, until_midnight
from omdb_server import HEAT, KEY, LIMIT, MOVIE, SHOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    async with Answering(omdb_server.answer) as running:
        yield running


def _connect(server: Answering, key: str = KEY, **more: Any) -> Omdb:
    settings = OmdbSettings(url=server.url, api_key=SecretStr(key), requests_per_second=10_000, **more)
    connection = OMDB.build(settings, Surroundings())
    assert isinstance(connection, Omdb)
    return connection


@pytest.fixture
async def omdb(server: Answering) -> AsyncIterator[Omdb]:
    connection = _connect(server)
    yield connection
    await connection.close()


def test_the_registry_finds_it_with_its_capabilities() -> None:
    provider = PROVIDERS["omdb"]
    settings = provider.settings_model()
    assert not settings.is_ready
    assert "OMDb" in provider.attribution
    connection = provider.build(settings, Surroundings())
    assert isinstance(connection, MovieSource)
    assert isinstance(connection, SeriesSource)


async def test_a_movie_has_every_rating_on_its_own_scale(omdb: Omdb) -> None:
    found = await omdb.movie(HEAT, Ask())
    assert found is not None
    assert found.metadata == Metadata(
        plot="A group of professional bank robbers.",
        certification="R",
        runtime=170,
        genres=("Action", "Crime", "Drama"),
        ratings=(
            Rating("imdb", 8.3, 10.0, 765_432),
            Rating("tomatoes", 83.0, 100.0),
            Rating("metacritic", 76.0, 100.0),
        ),
        ids=HEAT,
    )


async def test_what_is_not_available_is_not_known(omdb: Omdb) -> None:
    found = await omdb.series(SHOW, Ask())
    assert found is not None
    assert (found.metadata.certification, found.metadata.runtime) == (None, None)


async def test_a_season_is_one_call(server: Answering, omdb: Omdb) -> None:
    found = await omdb.season(SHOW, 1, Ask())
    assert found is not None
    assert len(server.asked) == 1
    assert {number: answer.metadata for number, answer in found.episodes.items()} == {
        1: Metadata(
            title="One", premiered="2011-04-17", ratings=(Rating("imdb", 9.0),), ids=ExternalIds(imdb="tt1480055")
        ),
        2: Metadata(ids=ExternalIds(imdb="tt1668746")),
    }


async def test_each_episode_by_itself_has_votes_too(server: Answering) -> None:
    omdb = _connect(server, each_episode=True)
    found = await omdb.season(SHOW, 1, Ask())
    await omdb.close()
    assert found is not None
    assert len(server.asked) == 3
    first = found.episodes[1].metadata
    assert first.ratings[0] == Rating("imdb", 9.0, 10.0, 40_000)
    assert (first.title, first.premiered, first.runtime) == ("One", "2011-04-17", 170)
    assert found.episodes[2].metadata.ids.imdb == "tt1668746", "what is not known by itself keeps what the list says"


async def test_what_it_does_not_know_is_absent(omdb: Omdb) -> None:
    assert await omdb.movie(ExternalIds(imdb="tt9999999"), Ask()) is None
    assert await omdb.movie(ExternalIds(tmdb=1), Ask()) is None
    assert await omdb.movie(SHOW, Ask()) is None, "the id is that of a show"
    assert await omdb.series(HEAT, Ask()) is None
    assert await omdb.season(SHOW, 9, Ask()) is None
    assert await omdb.season(ExternalIds(tvdb=1), 1, Ask()) is None


async def test_a_fault_in_a_good_answer_is_no_absence(omdb: Omdb) -> None:
    with pytest.raises(Transient, match="Something went wrong"):
        await omdb.movie(ExternalIds(imdb="tt0000500"), Ask())


async def test_the_check_proves_the_key(server: Answering, omdb: Omdb) -> None:
    await omdb.check()
    refused = _connect(server, "wrongkey")
    with pytest.raises(BadKey, match="METARR_OMDB_API_KEY") as error:
        await refused.check()
    assert "wrongkey" not in str(error.value)
    await refused.close()


async def test_a_spent_day_is_waited_out_and_nobody_is_asked_meanwhile(server: Answering) -> None:
    omdb = _connect(server, "spent")
    for _ in range(2):
        with pytest.raises(Wait) as error:
            await omdb.movie(HEAT, Ask())
        assert error.value.cause == "omdb:quota"
        assert timedelta() < error.value.delay <= timedelta(days=1)
    assert len(server.asked) == 1
    assert omdb.health().paused_for is not None
    await omdb.close()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(datetime(2026, 3, 1, 23, 59, tzinfo=UTC), timedelta(minutes=1), id="a minute before midnight"),
        pytest.param(datetime(2026, 2, 28, tzinfo=UTC), timedelta(days=1), id="at midnight"),
    ],
)
def test_a_day_ends_at_midnight(now: datetime, expected: timedelta) -> None:
    assert until_midnight(now) == expected


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(200, MOVIE, Verdict.OK, id="a movie"),
        pytest.param(401, LIMIT, Verdict.QUOTA, id="a spent day comes as a refused key"),
        pytest.param(200, LIMIT, Verdict.QUOTA, id="a spent day as a success"),
        pytest.param(401, {"Error": "Invalid API key!"}, Verdict.BAD_KEY, id="a refused key"),
        pytest.param(200, {"Error": "No API key provided."}, Verdict.BAD_KEY, id="no key"),
        pytest.param(200, {"Error": "Movie not found!"}, Verdict.ABSENT, id="no such movie"),
        pytest.param(200, {"Error": "Incorrect IMDb ID."}, Verdict.ABSENT, id="no such id"),
        pytest.param(200, {"Error": "Oops"}, Verdict.FAULT, id="anything else"),
        pytest.param(500, None, Verdict.FAULT, id="a broken server"),
    ],
)
def test_answers_are_told_apart(status: int, body: object, expected: Verdict) -> None:
    assert judge(status, body) is expected


@pytest.mark.parametrize(
    ("field", "value", "name", "expected"),
    [
        ("Runtime", "1 h 30 min", "runtime", 90),
        ("Runtime", "2 h", "runtime", 120),
        ("Runtime", "1,440 min", "runtime", 1440),
        ("Runtime", "N/A", "runtime", None),
        ("Runtime", "long", "runtime", None),
        ("Rated", "Not Rated", "certification", None),
        ("Rated", "TV-MA", "certification", "TV-MA"),
        ("Genre", "N/A", "genres", ()),
        ("Plot", "N/A", "plot", None),
        ("Plot", None, "plot", None),
    ],
)
def test_facts_are_read_from_texts(field: str, value: object, name: str, expected: object) -> None:
    found = omdb_parse.title({**MOVIE, field: value}, "movie")
    assert found is not None
    assert getattr(found.metadata, name) == expected


VALUES = st.none() | st.integers() | st.text(max_size=12) | st.sampled_from(["N/A", "-5", "1e400", "999%", "7/0", "٣"])


@given(
    st.fixed_dictionaries(dict.fromkeys(("imdbRating", "imdbVotes", "Runtime", "imdbID", "Rated", "Genre"), VALUES)),
    st.lists(st.none() | st.fixed_dictionaries({"Source": st.sampled_from(["Metacritic", "?"]), "Value": VALUES})),
)
def test_odd_figures_are_left_out(odd: dict[str, Any], ratings: list[Any]) -> None:
    found = omdb_parse.title({**odd, "Ratings": ratings, "Response": "True"}, "movie")
    assert found is not None
    assert all(0 <= rating.value <= rating.scale for rating in found.metadata.ratings)
    omdb_parse.season({"Response": "True", "Episodes": [odd, None, {**odd, "Episode": odd["imdbVotes"]}]})


@pytest.mark.realdata
def test_every_recorded_answer_is_understood_or_refused(shared_data: Path) -> None:
    verdicts: dict[str, int] = {}
    for line in (shared_data / "2_omdb" / "subliminal_vcr.http.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        body = exchange.get("json")
        verdict = judge(exchange["status"], body).name
        if verdict == "OK":
            with pytest.raises(Transient):
                omdb_parse.title(body, "movie")
            verdict = "refused"
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    assert verdicts == {"ABSENT": 2, "refused": verdicts["refused"]}, "only searches and unknown titles were recorded"
