"""TVmaze asked over loopback, and every recorded answer understood or refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from metarr.errors import Transient, Wait
from metarr.model.artwork import ArtworkKind
from metarr.model.media import CastMember, ExternalIds, Metadata, Rating
from metarr.providers import PROVIDERS, tvmaze_parse
from metarr.providers.base import (
    Answer,
    Ask,
    Finder,
    MovieSource,
    OrderSource,
    SeriesFinder,
    SeriesSource,
    Surroundings,
)
from metarr.providers.tvmaze import TVMAZE, Tvmaze, TvmazeSettings
from tvmaze_server import SHOW, TvmazeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

IDS = ExternalIds(tvmaze=SHOW)
ASK = Ask(("en",))
STATIC = "https://static.tvmaze.com/uploads/images/original_untouched"


@pytest.fixture
async def server() -> AsyncIterator[TvmazeServer]:
    async with TvmazeServer() as running:
        yield running


@pytest.fixture
async def tvmaze(server: TvmazeServer) -> AsyncIterator[Tvmaze]:
    connection = TVMAZE.build(TvmazeSettings(url=server.url, requests_per_second=10_000), Surroundings())
    assert isinstance(connection, Tvmaze)
    yield connection
    await connection.close()


def test_the_registry_finds_tvmaze_ready_without_a_key() -> None:
    provider = PROVIDERS["tvmaze"]
    assert not provider.needs_key
    assert "CC BY-SA" in provider.attribution
    settings = provider.settings_model()
    assert settings.is_ready
    connection = provider.build(settings, Surroundings())
    assert all(isinstance(connection, kind) for kind in (SeriesSource, SeriesFinder))
    assert not any(isinstance(connection, kind) for kind in (MovieSource, Finder, OrderSource))


def test_it_can_be_switched_off() -> None:
    assert not TvmazeSettings(enabled=False).is_ready


def test_every_setting_has_a_default_and_says_what_it_is() -> None:
    for name, setting in TvmazeSettings.model_fields.items():
        assert not setting.is_required(), name
        assert setting.description, name


def test_by_default_it_stays_within_twenty_calls_in_ten_seconds() -> None:
    assert TvmazeSettings().requests_per_second * 10 <= 20


async def test_one_call_brings_a_show_with_its_people_and_pictures(server: TvmazeServer, tvmaze: Tvmaze) -> None:
    found = await tvmaze.series(IDS, ASK)
    assert found is not None
    assert server.calls.total() == 1
    metadata = found.metadata
    assert (metadata.title, metadata.plot) == ("The Keepers", "Two keepers & one tower.\nIt storms.")
    assert (metadata.year, metadata.premiered, metadata.runtime) == (2019, "2019-03-01", 45)
    assert (metadata.original_language, metadata.status) == ("de", "Ended")
    assert (metadata.studios, metadata.countries) == (("Netflix",), ("Germany",))
    assert (metadata.genres, metadata.ratings) == (("Drama", "Mystery"), (Rating("tvmaze", 8.1),))
    assert metadata.ids == ExternalIds(tvmaze=SHOW, tvdb=1001, imdb="tt7654321")
    assert metadata.cast == (
        CastMember("Anna", "Keeper / Sister", 0, portrait_url=f"{STATIC}/1.jpg"),
        CastMember("Ben", "Gull (voice)", 1),
    )
    assert [(c.kind, c.url, c.width) for c in found.candidates] == [
        (ArtworkKind.POSTER, f"{STATIC}/main.jpg", 680),
        (ArtworkKind.FANART, f"{STATIC}/back.jpg", 1920),
        (ArtworkKind.CLEARLOGO, f"{STATIC}/words.png", None),
        (ArtworkKind.POSTER, f"{STATIC}/other.jpg", 680),
    ]


async def test_a_season_brings_its_episodes(server: TvmazeServer, tvmaze: Tvmaze) -> None:
    found = await tvmaze.season(IDS, 1, ASK)
    assert found is not None
    assert server.calls.total() == 2
    assert found.season == Answer(
        Metadata(year=2019, premiered="2019-03-01", season=1, ids=ExternalIds(tvmaze=11)), found.season.candidates
    )
    assert [candidate.url for candidate in found.season.candidates] == [f"{STATIC}/s1.jpg"]
    assert sorted(found.episodes) == [1, 2]
    first = found.episodes[1]
    assert (first.metadata.title, first.metadata.plot, first.metadata.runtime) == ("Part 101", "It begins.", 45)
    assert (first.metadata.season, first.metadata.episode, first.metadata.premiered) == (1, 1, "2019-03-01")
    assert first.metadata.ratings == (Rating("tvmaze", 7.5),)
    assert [(c.kind, c.url) for c in first.candidates] == [(ArtworkKind.THUMB, f"{STATIC}/e101.jpg")]
    assert found.episodes[2].metadata.premiered is None


@pytest.mark.parametrize(
    ("number", "order"),
    [(9, None), (0, None), (1, "dvd"), (1, "tvdb:regional")],
    ids=["no such season", "specials", "the DVD order", "somebody else's order"],
)
async def test_a_season_that_tvmaze_cannot_number_is_absent(tvmaze: Tvmaze, number: int, order: str | None) -> None:
    assert await tvmaze.season(IDS, number, Ask(("en",), order=order)) is None


@pytest.mark.parametrize(
    "ids", [ExternalIds(tvdb=1001), ExternalIds(imdb="tt7654321"), ExternalIds(tvdb=7, imdb="tt7654321")], ids=str
)
async def test_a_show_is_found_by_the_id_of_tvdb_or_imdb(tvmaze: Tvmaze, ids: ExternalIds) -> None:
    found = await tvmaze.find_series(ids, ASK)
    assert found is not None
    assert found.tvmaze == SHOW
    shown = await tvmaze.series(ids, ASK)
    assert shown is not None
    assert shown.metadata.cast


async def test_what_tvmaze_does_not_know_is_absent(tvmaze: Tvmaze) -> None:
    for ids in (ExternalIds(tvmaze=7), ExternalIds(tvdb=7), ExternalIds(tmdb=5), ExternalIds()):
        assert await tvmaze.series(ids, ASK) is None
        assert await tvmaze.season(ids, 1, ASK) is None


async def test_a_look_up_is_not_followed_to_another_server(server: TvmazeServer, tvmaze: Tvmaze) -> None:
    onward = web.Response(status=301, headers={"Location": "http://127.0.0.1:1/shows/82"})
    server.override = lambda path: onward if path.startswith("/lookup") else None
    with pytest.raises(Transient, match="301"):
        await tvmaze.find_series(ExternalIds(tvdb=1001), ASK)


@pytest.mark.parametrize(
    ("year", "years"), [(2019, [2019]), (None, [1999, 2019]), (2020, [1999, 2019])], ids=["right", "none", "wrong"]
)
async def test_hits_of_another_year_are_left_out_unless_there_are_no_others(
    tvmaze: Tvmaze, year: int | None, years: list[int]
) -> None:
    assert [hit.year for hit in await tvmaze.search_series("keepers", year, ASK)] == years
    assert await tvmaze.search_series("no such show", year, ASK) == ()


async def test_the_check_asks_something_and_counts(tvmaze: Tvmaze) -> None:
    await tvmaze.check()
    assert tvmaze.health().calls == 1


async def test_too_many_calls_are_waited_for(server: TvmazeServer, tvmaze: Tvmaze) -> None:
    server.override = lambda _path: web.json_response({"name": "Too Many Requests", "code": 0}, status=429)
    with pytest.raises(Wait) as caught:
        await tvmaze.series(IDS, ASK)
    assert caught.value.cause == "tvmaze:quota"


@pytest.mark.parametrize(
    "answer", [[], {}, {"id": 1}, {"id": 5, "name": "An episode", "season": 1, "number": 2}, None], ids=repr
)
def test_what_is_no_show_is_refused(answer: Any) -> None:
    with pytest.raises(Transient, match="tvmaze: the answer is no show"):
        tvmaze_parse.series(answer)
    with pytest.raises(Transient, match="tvmaze"):
        tvmaze_parse.season({"id": 1, "name": "A show"}, {"id": 1}, 1)
    with pytest.raises(Transient, match="tvmaze"):
        tvmaze_parse.search({"id": 1})


def test_what_is_empty_is_not_known() -> None:
    bare = {"id": 1, "name": "A", "rating": {"average": None}, "image": None, "network": None, "summary": "<p> </p>"}
    odd: dict[str, Any] = {
        "genres": None,
        "externals": None,
        "language": "Klingon",
        "_embedded": {"cast": [{}], "images": [{}]},
    }
    assert tvmaze_parse.series({**bare, **odd}) == Answer(Metadata(title="A", ids=ExternalIds(tvmaze=1)))


@pytest.mark.realdata
def test_every_recorded_answer_is_understood_or_refused(shared_data: Path) -> None:
    lines = [line for path in shared_data.glob("2_tvmaze/*.jsonl") for line in path.read_text().splitlines()]
    seen = 0
    for exchange in map(json.loads, lines):
        answer = exchange.get("json", exchange.get("body"))
        if isinstance(answer, dict) and "externals" in answer:
            found = tvmaze_parse.series(answer)
            assert found.metadata.title, exchange["uri"]
            assert found.metadata.plot is None or "<" not in found.metadata.plot, exchange["uri"]
            assert found.candidates, exchange["uri"]
            seen += 1
        elif exchange["status"] == 200:  # episodes, one or some
            raws = answer if isinstance(answer, list) else [answer]
            season = tvmaze_parse.season({"id": 1, "name": "A show"}, raws, raws[0]["season"])
            assert season is not None, exchange["uri"]
            assert [a.metadata.title for a in season.episodes.values()] == [raw["name"] for raw in raws], exchange[
                "uri"
            ]
            seen += 1
        else:
            with pytest.raises(Transient):
                tvmaze_parse.series(answer)
    assert seen >= 20


@pytest.mark.realdata
def test_recorded_answers_say_what_they_say(shared_data: Path) -> None:
    path = shared_data / "2_tvmaze" / "flexget_vcr.http.jsonl"
    answers = [json.loads(line)["json"] for line in path.read_text().splitlines()[:4]]
    flash = tvmaze_parse.series(answers[0]).metadata
    assert (flash.title, flash.year, flash.runtime, flash.status) == ("The Flash", 2014, 60, "Running")
    assert flash.ids == ExternalIds(tvmaze=13, tvdb=279121, imdb="tt3107288")
    assert (flash.studios, flash.countries, flash.original_language) == (("The CW",), ("United States",), "en")
    season = tvmaze_parse.season(answers[0], [answers[3]], 2)
    assert season is not None
    assert season.season.metadata.premiered == "2015-10-06"
    assert season.episodes[2].metadata.title == "Flash of Two Worlds"
