"""TMDB asked over loopback, and its answers understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr, ValidationError

from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import TmdbServer
from metarr.model.artwork import ArtworkKind
from metarr.model.media import CollectionRef, CrewMember, ExternalIds, Metadata, Rating
from metarr.model.search import SearchHit
from metarr.providers import PROVIDERS, tmdb_parse
from metarr.providers.base import (
    Answer,
    Ask,
    BadKey,
    CollectionSource,
    Finder,
    MovieSource,
    OrderSource,
    SeriesFinder,
    SeriesSource,
    Surroundings,
)
from metarr.providers.http import Verdict
from metarr.providers.tmdb import TMDB, Tmdb, TmdbSettings, credentials, judge
from metarr.providers.tmdb_fields import BadAnswer, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SINTEL = ExternalIds(tmdb=45745)
NOSFERATU = ExternalIds(tmdb=653)
IMAGES = "https://pictures.example/t/p"


@pytest.fixture
async def server() -> AsyncIterator[TmdbServer]:
    async with TmdbServer(FILMS) as running:
        yield running


@pytest.fixture
async def tmdb(server: TmdbServer) -> AsyncIterator[Tmdb]:
    settings = TmdbSettings(
        url=server.url, image_url=server.image_url, api_key=SecretStr(server.key), requests_per_second=10_000
    )
    connection = TMDB.build(settings, Surroundings())
    assert isinstance(connection, Tmdb)
    yield connection
    await connection.close()


def test_the_registry_finds_tmdb_with_its_settings_and_capabilities() -> None:
    provider = PROVIDERS["tmdb"]
    settings = provider.settings_model()
    assert not settings.is_ready
    connection = provider.build(settings, Surroundings())
    for capability in (MovieSource, SeriesSource, OrderSource, CollectionSource, Finder, SeriesFinder):
        assert isinstance(connection, capability)
    assert "not endorsed, certified, or otherwise approved by TMDB" in provider.attribution


def test_every_setting_has_a_default_and_says_what_it_is() -> None:
    for name, setting in TmdbSettings.model_fields.items():
        assert not setting.is_required(), name
        assert setting.description, name


@pytest.mark.parametrize("url", ["api.example", "ftp://api.example", "https://api.example/3/", ""])
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        TmdbSettings(url=url)


def test_a_key_does_not_show_when_settings_are_printed() -> None:
    assert "secret-key" not in repr(TmdbSettings(api_key=SecretStr("secret-key")))


async def test_one_call_brings_facts_people_and_pictures(server: TmdbServer, tmdb: Tmdb) -> None:
    found = await tmdb.movie(SINTEL, Ask(("en",)))
    assert found is not None
    assert server.calls.total() == 1
    metadata = found.metadata
    assert (metadata.title, metadata.year, metadata.premiered, metadata.runtime) == ("Sintel", 2010, "2010-09-30", 15)
    assert metadata.certification == "PG-13"
    assert metadata.ids == ExternalIds(tmdb=45745, imdb="tt1727587")
    assert metadata.ratings == (Rating("tmdb", 7.2, votes=330),)
    assert (metadata.cast[0].name, metadata.cast[0].role) == ("Halina Reijn", "Sintel (voice)")
    assert {(member.name, member.job) for member in metadata.crew} >= {("Colin Levy", "director")}
    assert {candidate.kind for candidate in found.candidates} == {
        ArtworkKind.POSTER,
        ArtworkKind.KEYART,
        ArtworkKind.FANART,
        ArtworkKind.LANDSCAPE,
        ArtworkKind.CLEARLOGO,
    }


async def test_only_pictures_in_wanted_languages_and_without_text_are_offered(tmdb: Tmdb) -> None:
    english = await tmdb.movie(SINTEL, Ask(("en-US",)))
    german = await tmdb.movie(SINTEL, Ask(("de", "en")))
    assert english is not None
    assert german is not None
    assert {candidate.language for candidate in english.candidates} == {"en", None}
    assert {candidate.language for candidate in german.candidates} == {"de", "en", None}


async def test_an_unknown_movie_is_absent(tmdb: Tmdb) -> None:
    assert await tmdb.movie(ExternalIds(tmdb=1), Ask(("en",))) is None
    assert await tmdb.movie(ExternalIds(imdb="tt0000001"), Ask(("en",))) is None
    assert await tmdb.movie(ExternalIds(tvdb=5), Ask(("en",))) is None


async def test_an_imdb_id_is_enough(tmdb: Tmdb) -> None:
    assert await tmdb.find_movie(ExternalIds(imdb="tt0013442"), Ask()) == ExternalIds(tmdb=653, imdb="tt0013442")
    found = await tmdb.movie(ExternalIds(imdb="tt0013442"), Ask(("en",)))
    assert found is not None
    assert found.metadata.title == "Nosferatu"


async def test_a_wrong_year_is_searched_again_without_it(server: TmdbServer, tmdb: Tmdb) -> None:
    hits = await tmdb.search_movie("the general", 1927, Ask())
    assert [(hit.title, hit.year, hit.ids.tmdb) for hit in hits] == [("The General", 1926, 961)]
    assert server.calls["/3/search/movie"] == 2
    assert await tmdb.search_movie("no such film", None, Ask()) == ()


async def test_a_hit_that_is_called_otherwise_is_looked_up_by_all_its_titles(server: TmdbServer, tmdb: Tmdb) -> None:
    (hit,) = await tmdb.search_movie("Nosferatu: A Symphony of Horror", 1922, Ask())
    assert hit.ids == NOSFERATU
    assert "Nosferatu: A Symphony of Horror" in hit.alternative_titles
    assert hit.runtime == 94
    assert server.calls["/3/movie/653"] == 1


@pytest.mark.parametrize("title", ["Nosferatu", "nosferatu, eine Symphonie des Grauens!"])
async def test_a_hit_of_that_very_name_costs_no_other_call(server: TmdbServer, tmdb: Tmdb, title: str) -> None:
    hits = await tmdb.search_movie(title.rstrip("!"), None, Ask())
    assert tmdb_parse.is_named(hits[0], title)
    assert server.calls.total() == 1


async def test_only_the_first_hits_are_looked_up(server: TmdbServer, tmdb: Tmdb) -> None:
    hits = await tmdb.search_movie("e", None, Ask())
    assert len(hits) > 3
    assert sum(bool(hit.alternative_titles) for hit in hits) == 3
    assert server.calls.total() == 4


async def test_a_collection_has_texts_and_pictures(server: TmdbServer, tmdb: Tmdb) -> None:
    film = await tmdb.movie(SINTEL, Ask())
    assert film is not None
    assert film.metadata.collection is not None
    ids = ExternalIds(tmdb=film.metadata.collection.tmdb)
    found = await tmdb.collection(ids, Ask(("de", "en")))
    assert found is not None
    assert (found.metadata.title, found.metadata.ids) == ("Offene Filme aus Blender", ids)
    assert (found.metadata.plot or "").startswith("Kurzfilme")
    assert {candidate.kind for candidate in found.candidates} >= {ArtworkKind.POSTER, ArtworkKind.FANART}
    assert server.calls.total() == 2
    assert await tmdb.collection(ExternalIds(tmdb=1), Ask()) is None
    assert await tmdb.collection(ExternalIds(imdb="tt0000001"), Ask()) is None


async def test_original_brings_texts_and_pictures_of_the_language_it_was_made_in(
    server: TmdbServer, tmdb: Tmdb
) -> None:
    found = await tmdb.movie(NOSFERATU, Ask(("original", "en")))
    assert found is not None
    assert found.metadata.title == "Nosferatu, eine Symphonie des Grauens"
    assert (found.metadata.plot or "").startswith("Ein junger Gehilfe")
    assert "de" in {candidate.language for candidate in found.candidates}
    assert server.calls.total() == 2


async def test_a_text_missing_in_the_first_language_comes_from_the_next(tmdb: Tmdb) -> None:
    found = await tmdb.movie(ExternalIds(tmdb=961), Ask(("de", "en")))
    assert found is not None
    assert (found.metadata.plot or "").startswith("An engine driver")


async def test_the_check_proves_the_key(server: TmdbServer, tmdb: Tmdb) -> None:
    await tmdb.check()
    server.key = "another"
    with pytest.raises(BadKey):
        await tmdb.check()


def _parsed(details: dict[str, Any], languages: tuple[str, ...] = ("en",)) -> Answer:
    return tmdb_parse.movie({"id": 0, "title": "", **details}, Reading(languages, ("DE", "US"), IMAGES))


@pytest.mark.parametrize(
    "empty",
    [
        {},
        {"title": "", "overview": None, "release_date": "", "runtime": 0, "vote_average": 0, "vote_count": 0},
        {"release_date": None, "runtime": None, "genres": None, "credits": None, "images": {"posters": None}},
        {"belongs_to_collection": {}, "original_language": "xx", "imdb_id": "", "external_ids": {"imdb_id": None}},
        {"credits": {"cast": [{"name": ""}], "crew": [{"job": "Director"}]}, "images": {"logos": [{"width": 1}]}},
    ],
    ids=["nothing at all", "empty texts and zeros", "nulls", "empty objects", "nameless people"],
)
def test_what_is_empty_is_not_known(empty: dict[str, Any]) -> None:
    assert _parsed(empty) == Answer(metadata=Metadata(), candidates=())


@pytest.mark.parametrize(
    ("countries", "expected"),
    [
        ([("DE", [("", 3), ("12", 4)]), ("US", [("PG", 3)])], "12"),
        ([("DE", [("16", 1), ("12", 3)])], "12"),
        ([("DE", [("", 3)]), ("US", [("", 1), ("R", 4)])], "R"),
        ([("GB", [("18", 3)])], None),
    ],
    ids=["first country", "theatrical first", "empty ones are passed over", "no wanted country"],
)
def test_the_certification_is_the_first_wanted_country_s(
    countries: list[tuple[str, list[tuple[str, int]]]], expected: str | None
) -> None:
    results = [
        {
            "iso_3166_1": code,
            "release_dates": [{"certification": certification, "type": kind} for certification, kind in releases],
        }
        for code, releases in countries
    ]
    assert _parsed({"release_dates": {"results": results}}).metadata.certification == expected


@pytest.mark.parametrize(
    ("group", "picture", "expected"),
    [
        ("posters", {"width": 2000, "height": 3000}, [("poster", "original", 2000), ("keyart", "original", 2000)]),
        ("posters", {"width": 500, "height": 750, "iso_639_1": "en"}, [("poster", "original", 500)]),
        (
            "backdrops",
            {"width": 3840, "height": 2160, "iso_639_1": "en"},
            [("fanart", "original", 3840), ("landscape", "w1280", 1280)],
        ),
        ("backdrops", {"width": 1280, "height": 720, "iso_639_1": "xx"}, [("fanart", "original", 1280)]),
        ("logos", {"width": 900, "height": 300, "iso_639_1": "en"}, [("clearlogo", "original", 900)]),
    ],
    ids=["large text-less poster", "small poster", "backdrop with text", "backdrop as large as the size", "logo"],
)
def test_a_picture_is_taken_in_the_smallest_size_that_reaches_the_ideal(
    group: str, picture: dict[str, Any], expected: list[tuple[str, str, int]]
) -> None:
    candidates = _parsed({"images": {group: [{"file_path": "/a.jpg", **picture}]}}).candidates
    assert [(c.kind.value, (c.url or "").split("/")[-2], c.width) for c in candidates] == expected
    assert all(c.height == round((c.width or 0) * picture["height"] / picture["width"]) for c in candidates)


def test_a_vector_logo_is_asked_for_as_png() -> None:
    logo = {"file_path": "/a.svg", "width": 900, "height": 300, "iso_639_1": "en"}
    assert _parsed({"images": {"logos": [logo]}}).candidates[0].url == f"{IMAGES}/original/a.png"


def test_people_are_directors_and_writers_once_each_and_actors_in_billing_order() -> None:
    crew = [
        {"id": 1, "name": "Ann", "department": "Directing", "job": "Director"},
        {"id": 1, "name": "Ann", "department": "Writing", "job": "Story"},
        {"id": 1, "name": "Ann", "department": "Writing", "job": "Screenplay"},
        {"id": 2, "name": "Bob", "department": "Sound", "job": "Writer"},
    ]
    cast = [{"name": "Second", "order": 1}, {"name": "First", "order": 0, "id": 7, "profile_path": "/f.jpg"}]
    metadata = _parsed({"credits": {"crew": crew, "cast": cast}}).metadata
    assert metadata.crew == (CrewMember("Ann", "director", 1), CrewMember("Ann", "writer", 1))
    assert [(member.name, member.portrait_url) for member in metadata.cast] == [
        ("First", f"{IMAGES}/h632/f.jpg"),
        ("Second", None),
    ]


def test_the_trailer_is_an_official_one_in_the_wanted_language() -> None:
    videos = [
        {"site": "Vimeo", "type": "Trailer", "key": "v", "iso_639_1": "en", "official": True},
        {"site": "YouTube", "type": "Teaser", "key": "t", "iso_639_1": "en", "official": True},
        {"site": "YouTube", "type": "Trailer", "key": "de", "iso_639_1": "de", "official": True},
        {"site": "YouTube", "type": "Trailer", "key": "fan", "iso_639_1": "en", "official": False},
        {"site": "YouTube", "type": "Trailer", "key": "best", "iso_639_1": "en", "official": True},
    ]
    assert _parsed({"videos": {"results": videos}}).metadata.trailer == "best"


def test_collection_names_and_keywords_are_read() -> None:
    details = {
        "belongs_to_collection": {"id": 9, "name": "A Set"},
        "genres": [{"name": "Drama"}, {"name": "Drama"}, {"name": ""}],
        "production_companies": [{"name": "A Studio"}],
        "production_countries": [{"name": "France"}],
        "keywords": {"keywords": [{"name": "moon"}]},
    }
    metadata = _parsed(details).metadata
    assert metadata.collection == CollectionRef("A Set", 9)
    assert (metadata.genres, metadata.studios, metadata.countries) == (("Drama",), ("A Studio",), ("France",))
    assert metadata.tags == ("moon",)


def test_a_region_prefers_its_own_translation() -> None:
    translations = [
        {"iso_639_1": "pt", "iso_3166_1": "PT", "data": {"title": "Comboio"}},
        {"iso_639_1": "pt", "iso_3166_1": "BR", "data": {"title": "Trem"}},
    ]
    details = {"title": "Train", "translations": {"translations": translations}}
    assert _parsed(details, ("pt-BR",)).metadata.title == "Trem"
    assert _parsed(details, ("fr",)).metadata.title == "Train"


def test_what_a_collection_is_called_in_translation_is_its_title() -> None:
    data = {"title": "Die Filme", "overview": ""}
    details = {
        "id": 9,
        "name": "The Films",
        "overview": "All of them.",
        "parts": [],
        "translations": {"translations": [{"iso_639_1": "de", "iso_3166_1": "DE", "data": data}]},
    }
    metadata = tmdb_parse.collection(details, Reading(("de",), (), IMAGES)).metadata
    assert (metadata.title, metadata.plot) == ("Die Filme", "All of them.")


@pytest.mark.parametrize(
    "answer",
    [
        [],
        None,
        "text",
        {},
        {"id": "x", "title": "A"},
        {"id": 1, "name": "A show"},
        {"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."},
    ],
    ids=["a list", "null", "text", "nothing", "an id that is none", "a show", "an error"],
)
def test_what_is_no_movie_is_refused(answer: object) -> None:
    with pytest.raises(BadAnswer, match="no movie"):
        tmdb_parse.movie(answer, Reading(("en",), (), IMAGES))


def test_a_refusal_carries_the_words_of_tmdb() -> None:
    with pytest.raises(BadAnswer, match="TMDB says: Internal error"):
        tmdb_parse.search({"success": False, "status_message": "Internal error"})


@pytest.mark.parametrize(
    ("title", "hit", "is_named"),
    [
        ("wall e", SearchHit(title="WALL·E"), True),
        ("Wall E 2", SearchHit(title="WALL·E"), False),
        ("fast and loud", SearchHit(title="Fast & Loud"), True),
        ("AMELIE", SearchHit(title="x", original_title="Amélie"), True),
        ("Ponyo", SearchHit(title="崖の上のポニョ", alternative_titles=("Ponyo",)), True),
        ("***", SearchHit(title="!!!"), False),
        ("", SearchHit(title="***"), False),
    ],
    ids=["punctuation", "another film", "the word and", "accents", "another title", "only signs", "nothing"],
)
def test_titles_are_compared_without_case_accents_and_punctuation(
    title: str, hit: SearchHit, *, is_named: bool
) -> None:
    assert tmdb_parse.is_named(hit, title) is is_named


def test_a_short_key_travels_in_the_query_and_a_token_in_the_header() -> None:
    assert credentials("k" * 32) == ({}, {"api_key": "k" * 32})
    assert credentials("token") == ({"Authorization": "Bearer token"}, {})


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, {"id": 1}, Verdict.OK),
        (200, {"success": True}, Verdict.OK),
        (200, {"results": []}, Verdict.OK),
        (200, {"success": False, "status_code": 11}, Verdict.FAULT),
        (200, {"success": False, "id": 1}, Verdict.FAULT),
        (200, {}, Verdict.FAULT),
        (200, [1], Verdict.FAULT),
        (200, None, Verdict.FAULT),
        (404, {"success": False, "status_code": 34}, Verdict.ABSENT),
        (401, {"success": False, "status_code": 7}, Verdict.BAD_KEY),
    ],
    ids=[
        "an answer",
        "a good key",
        "no hits",
        "an error",
        "an error with an id",
        "nothing",
        "a list",
        "no JSON",
        "absent",
        "a bad key",
    ],
)
def test_an_error_and_what_tmdb_never_sends_are_faults_under_a_good_status(
    status: int, body: object, verdict: Verdict
) -> None:
    assert judge(status, body) is verdict
