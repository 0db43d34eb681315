"""TVDB asked over loopback: login, pages, orders, translations, and everything that may be absent."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind
from metarr.model.media import CastMember, CrewMember, ExternalIds
from metarr.providers import PROVIDERS
from metarr.providers.base import (
    Ask,
    BadKey,
    EpisodeOrder,
    Finder,
    MovieSource,
    OrderSource,
    SeriesFinder,
    SeriesSource,
    Surroundings,
)
from metarr.providers.tvdb import TVDB, Tvdb, TvdbSettings
from tvdb_server import KEY, MOVIE, SHOW, TvdbServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

IDS = ExternalIds(tvdb=SHOW)
ENGLISH = Ask(("en",))
PICTURES = "https://artworks.example"


@pytest.fixture
async def server() -> AsyncIterator[TvdbServer]:
    async with TvdbServer() as running:
        yield running


@pytest.fixture
async def tvdb(server: TvdbServer) -> AsyncIterator[Tvdb]:
    connection = _connected(server)
    yield connection
    await connection.close()


def _connected(server: TvdbServer, key: str = KEY, pin: str | None = None) -> Tvdb:
    settings = TvdbSettings(
        url=server.url,
        image_url=PICTURES,
        api_key=SecretStr(key),
        pin=None if pin is None else SecretStr(pin),
        requests_per_second=10_000,
        certification_countries=("DE", "US"),
    )
    connection = TVDB.build(settings, Surroundings())
    assert isinstance(connection, Tvdb)
    return connection


def test_the_registry_finds_tvdb_with_its_settings_and_capabilities() -> None:
    provider = PROVIDERS["tvdb"]
    assert provider.needs_key
    assert "TheTVDB" in provider.attribution
    settings = provider.settings_model()
    assert not settings.is_ready
    connection = provider.build(settings, Surroundings())
    assert isinstance(connection, (SeriesSource, MovieSource, OrderSource, SeriesFinder))
    assert all(isinstance(connection, kind) for kind in (SeriesSource, MovieSource, OrderSource, SeriesFinder))
    assert not isinstance(connection, Finder)


def test_every_setting_has_a_default_and_says_what_it_is() -> None:
    for name, setting in TvdbSettings.model_fields.items():
        assert not setting.is_required(), name
        assert setting.description, name


async def test_one_login_serves_all_questions(server: TvdbServer, tvdb: Tvdb) -> None:
    await tvdb.check()
    await tvdb.series(IDS, ENGLISH)
    await tvdb.orders(IDS, ENGLISH)
    assert server.calls["/login"] == 1


async def test_a_token_that_ended_is_replaced_without_anybody_noticing(server: TvdbServer, tvdb: Tvdb) -> None:
    await tvdb.check()
    server.drop_tokens()
    assert await tvdb.series(IDS, ENGLISH) is not None
    assert server.calls["/login"] == 2


async def test_a_key_that_is_refused_names_the_setting_and_not_the_key(server: TvdbServer) -> None:
    connection = _connected(server, key="wrong-key")
    with pytest.raises(BadKey, match="METARR_TVDB_API_KEY") as caught:
        await connection.check()
    assert "wrong-key" not in str(caught.value)
    await connection.close()


@pytest.mark.parametrize(("asked", "given"), [("1234", "1234"), (None, None)], ids=["the right one", "none asked for"])
async def test_a_pin_is_sent_where_there_is_one(asked: str | None, given: str | None) -> None:
    async with TvdbServer(pin=asked) as server:
        connection = _connected(server, pin=given)
        await connection.check()
        await connection.close()


@pytest.mark.parametrize(
    ("asked", "given"),
    [("1234", None), ("1234", "4321"), (None, "1")],
    ids=["missing", "wrong", "one nobody asked for"],
)
async def test_a_pin_that_does_not_fit_names_its_setting(asked: str | None, given: str | None) -> None:
    async with TvdbServer(pin=asked) as server:
        connection = _connected(server, pin=given)
        with pytest.raises(BadKey, match="METARR_TVDB_PIN"):
            await connection.check()
        await connection.close()


async def test_one_call_brings_a_show_with_its_people_pictures_and_ids(server: TvdbServer, tvdb: Tvdb) -> None:
    found = await tvdb.series(IDS, ENGLISH)
    assert found is not None
    assert server.calls.total() == 2, "with the login"
    metadata = found.metadata
    assert (metadata.title, metadata.original_title) == ("The Keepers", "Die Leuchtturmwärter")
    assert (metadata.plot, metadata.original_language) == ("Two keepers.", "de")
    assert (metadata.year, metadata.premiered, metadata.runtime) == (2019, "2019-03-01", 45)
    assert (metadata.status, metadata.certification, metadata.trailer) == ("Ended", "12", "abc123")
    assert (metadata.studios, metadata.countries, metadata.tags) == (("ZDF",), ("Germany",), ("Lighthouse",))
    assert metadata.ids == ExternalIds(tvdb=SHOW, tmdb=4321, imdb="tt7654321", tvmaze=99)
    assert metadata.ratings == ()
    assert metadata.cast == (
        CastMember("Anna First", "The Keeper / Her Sister", 0, portrait_url=f"{PICTURES}/banners/person/1.jpg"),
        CastMember("Ben Second", "The Mate", 1, portrait_url=f"{PICTURES}/banners/role.jpg"),
    )


async def test_pictures_come_in_the_wanted_languages_and_without_text_under_every_kind_they_serve(tvdb: Tvdb) -> None:
    found = await tvdb.series(IDS, Ask(("en", "original")))
    assert found is not None
    assert [(c.kind, (c.url or "").removeprefix(PICTURES), c.width, c.language) for c in found.candidates] == [
        (ArtworkKind.POSTER, "/banners/posters/bare.jpg", 680, None),
        (ArtworkKind.KEYART, "/banners/posters/bare.jpg", 680, None),
        (ArtworkKind.POSTER, "/banners/posters/de.jpg", 680, "de"),
        (ArtworkKind.FANART, "/banners/backgrounds/en.jpg", None, "en"),
        (ArtworkKind.LANDSCAPE, "/banners/backgrounds/en.jpg", None, "en"),
        (ArtworkKind.CLEARLOGO, "/banners/clearlogo/en.png", 680, "en"),
    ]


@pytest.mark.parametrize(
    ("languages", "title"),
    [
        (("en",), "The Keepers"),
        (("original", "en"), "Die Leuchtturmwärter"),
        (("fr", "en"), "The Keepers"),
        (("fr",), "Die Leuchtturmwärter"),
    ],
    ids=["wanted", "original", "the second choice", "none of them"],
)
async def test_a_title_is_in_the_first_language_that_has_one(
    tvdb: Tvdb, languages: tuple[str, ...], title: str
) -> None:
    found = await tvdb.series(IDS, Ask(languages))
    assert found is not None
    assert found.metadata.title == title


async def test_a_season_brings_its_episodes_from_every_page(server: TvdbServer, tvdb: Tvdb) -> None:
    found = await tvdb.season(IDS, 2, ENGLISH)
    assert found is not None
    assert server.calls[f"/series/{SHOW}/episodes/official"] == 2
    assert {place: answer.metadata.ids.tvdb for place, answer in found.episodes.items()} == {1: 103, 2: 104}
    assert found.season.metadata.premiered == "2021-04-02"
    assert [candidate.url for candidate in found.season.candidates] == [f"{PICTURES}/banners/seasons/2.jpg"]


async def test_texts_of_episodes_are_translated_one_by_one(tvdb: Tvdb) -> None:
    found = await tvdb.season(IDS, 1, ENGLISH)
    assert found is not None
    assert found.season.metadata.title == "The Storm"
    first, second = found.episodes[1], found.episodes[2]
    assert (first.metadata.title, first.metadata.plot) == ("Episode 101", "Was in 101 geschieht.")
    assert (second.metadata.title, second.metadata.absolute) == ("Folge 102", None)
    assert (first.metadata.season, first.metadata.episode, first.metadata.absolute) == (1, 1, 1)
    assert [(c.kind, c.url) for c in first.candidates] == [(ArtworkKind.THUMB, f"{PICTURES}/banners/episodes/101.jpg")]


async def test_languages_in_which_nothing_is_written_are_not_asked_for(server: TvdbServer, tvdb: Tvdb) -> None:
    await tvdb.season(IDS, 1, Ask(("original", "de", "fr", "en")))
    asked = {path.rsplit("/", 1)[-1] for path in server.calls if "/episodes/official/" in path}
    assert asked == {"eng"}


async def test_a_translation_that_tvdb_announces_and_does_not_have_costs_nothing(tvdb: Tvdb) -> None:
    found = await tvdb.season(IDS, 1, Ask(("en",), order="dvd"))
    assert found is not None
    assert found.episodes[1].metadata.title == "Folge 102"


async def test_specials_know_where_they_belong(tvdb: Tvdb) -> None:
    specials, second = await tvdb.season(IDS, 0, ENGLISH), await tvdb.season(IDS, 2, ENGLISH)
    assert specials is not None
    assert second is not None
    before, after = specials.episodes[1].metadata, second.episodes[2].metadata
    assert (before.title, before.display_season, before.display_episode) == (None, 1, 1)
    assert (after.display_season, after.display_episode) == (2, 4096)


async def test_orders_are_offered_and_number_the_episodes(tvdb: Tvdb) -> None:
    assert await tvdb.orders(IDS, ENGLISH) == (
        EpisodeOrder("dvd", "DVD Order"),
        EpisodeOrder("tvdb:regional", "As shown in Austria"),
    )
    found = await tvdb.season(IDS, 1, Ask(("en",), order="dvd"))
    assert found is not None
    assert {place: answer.metadata.ids.tvdb for place, answer in found.episodes.items()} == {1: 102, 2: 101}


@pytest.mark.parametrize(
    ("number", "order"),
    [(9, None), (2, "dvd"), (1, "absolute"), (1, "tmdb:5acf93e60e0a26346d0000ce")],
    ids=["no such season", "not in this order", "an order the show does not have", "somebody else's order"],
)
async def test_a_season_that_tvdb_does_not_know_is_absent(tvdb: Tvdb, number: int, order: str | None) -> None:
    assert await tvdb.season(IDS, number, Ask(("en",), order=order)) is None


async def test_what_tvdb_does_not_know_is_absent(tvdb: Tvdb) -> None:
    for ids in (ExternalIds(tvdb=7), ExternalIds(imdb="tt0000001"), ExternalIds(tmdb=1), ExternalIds()):
        assert await tvdb.series(ids, ENGLISH) is None
        assert await tvdb.season(ids, 1, ENGLISH) is None
        assert await tvdb.movie(ids, ENGLISH) is None
        assert await tvdb.orders(ids, ENGLISH) == ()


async def test_a_movie_is_found_by_its_own_id_or_by_imdb_s(tvdb: Tvdb) -> None:
    found = await tvdb.movie(ExternalIds(imdb="tt0100100"), ENGLISH)
    assert found == await tvdb.movie(ExternalIds(tvdb=MOVIE), ENGLISH)
    assert found is not None
    metadata = found.metadata
    assert (metadata.title, metadata.tagline, metadata.plot) == ("The Storm", "It comes.", None)
    assert (metadata.year, metadata.premiered, metadata.runtime) == (2001, "2001-05-04", 101)
    assert (metadata.studios, metadata.countries) == (("Turmfilm",), ("Germany",))
    assert metadata.crew == (CrewMember("Dora Director", "director"), CrewMember("Will Writer", "writer"))
    assert metadata.ids == ExternalIds(tvdb=MOVIE, imdb="tt0100100")


async def test_a_wrong_year_is_searched_again_without_it(tvdb: Tvdb) -> None:
    hits = await tvdb.search_series("the keepers", 2018, ENGLISH)
    assert [(hit.title, hit.original_title, hit.year, hit.ids.tvdb) for hit in hits] == [
        ("The Keepers", "Die Leuchtturmwärter", 2019, SHOW)
    ]
    assert hits[0].alternative_titles == ("Keepers",)
    assert hits[0].ids.tvmaze == 99
    assert await tvdb.search_series("no such show", None, ENGLISH) == ()


@pytest.mark.parametrize(
    "ids", [ExternalIds(imdb="tt7654321"), ExternalIds(tmdb=4321)], ids=["by IMDb's", "by a number that others share"]
)
async def test_a_show_is_found_by_somebody_else_s_id(tvdb: Tvdb, ids: ExternalIds) -> None:
    found = await tvdb.find_series(ids, ENGLISH)
    assert found is not None
    assert found.tvdb == SHOW
    assert found.agrees_with(ids)


async def test_a_number_that_belongs_to_another_show_finds_nothing(server: TvdbServer, tvdb: Tvdb) -> None:
    assert await tvdb.find_series(ExternalIds(tvmaze=4321), ENGLISH) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"status": "failure", "message": "query is required", "data": None}),
        (200, {"data": {"id": SHOW, "seriesName": "of version 2"}}),
        (200, {"status": "success", "data": [1, 2]}),
        (400, {"status": "failure", "message": "InvalidValueType: cannot make item path", "data": None}),
        (500, {"message": "Internal server error"}),
    ],
    ids=["a failure with status 200", "the old version", "another shape", "a bad request", "a broken server"],
)
async def test_an_answer_that_is_none_is_a_fault_and_no_absence(
    server: TvdbServer, tvdb: Tvdb, status: int, body: Any
) -> None:
    server.override = lambda path: (status, body) if path.startswith("/series/") else None
    with pytest.raises(Transient, match="tvdb"):
        await tvdb.series(IDS, ENGLISH)


async def test_a_list_that_never_ends_is_given_up(server: TvdbServer, tvdb: Tvdb) -> None:
    endless = {"status": "success", "data": {"episodes": [{"id": 1}]}, "links": {"next": "https://more"}}
    server.override = lambda path: (200, endless) if "/episodes/" in path else None
    with pytest.raises(Transient, match="no end"):
        await tvdb.season(IDS, 1, ENGLISH)


@pytest.mark.realdata
async def test_every_question_and_answer_is_as_tvdb_describes_it(
    server: TvdbServer, tvdb: Tvdb, shared_data: Path
) -> None:
    yaml = importlib.import_module("yaml")
    text = (shared_data / "6_specs" / "tvdb_v4_openapi" / "swagger.yml").read_text(encoding="utf-8")
    specification = yaml.load(text, yaml.CSafeLoader)  # the other one takes a second
    await tvdb.check()
    await tvdb.series(IDS, ENGLISH)
    await tvdb.season(IDS, 1, ENGLISH)
    await tvdb.movie(ExternalIds(imdb="tt0100100"), ENGLISH)
    await tvdb.search_series("keepers", 2019, ENGLISH)
    for exchange in server.exchanges:
        operation = specification["paths"][exchange.template][exchange.method.lower()]
        declared = [entry for entry in operation.get("parameters", ()) if entry["in"] == "query"]
        known = {entry["name"] for entry in declared} | _UNDECLARED.get(exchange.template, set())
        assert set(exchange.query) <= known, exchange.path
        assert {entry["name"] for entry in declared if entry.get("required")} <= set(exchange.query), exchange.path
        if exchange.status == 200:
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            assert list(_deviations(exchange.body, schema, specification)) == [], exchange.path
    assert {exchange.template for exchange in server.exchanges} >= {"/login", "/series/{id}/episodes/{season-type}"}


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "number": (int, float),
}
# Recorded, though the description does not know it
_UNDECLARED = {"/seasons/{id}/extended": {"meta"}}
# TVDB itself answers with an object for seasons, as recorded.
_NOT_AS_DESCRIBED = frozenset({".data.translations"})


def _deviations(value: Any, schema: dict[str, Any], specification: dict[str, Any], where: str = "") -> list[str]:
    """Where a value is of another type than described; null is everywhere, whatever the description says."""
    if "$ref" in schema:
        schema = specification["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    wanted = _TYPES.get(schema.get("type", ""))
    if value is None or where in _NOT_AS_DESCRIBED:
        return []
    if wanted is not None and not isinstance(value, wanted):
        return [f"{where} is {value!r}"]
    if isinstance(value, list):
        return [found for entry in value for found in _deviations(entry, schema.get("items", {}), specification, where)]
    known = schema.get("properties", {})
    inside = value.items() if isinstance(value, dict) else ()
    return [
        found
        for name, inner in inside
        if name in known
        for found in _deviations(inner, known[name], specification, f"{where}.{name}")
    ]
