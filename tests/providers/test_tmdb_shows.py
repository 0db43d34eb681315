"""TMDB asked for shows over loopback, in every order, and its answers about them understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from metarr.demo.catalogue import FILMS
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import TmdbServer
from metarr.model.artwork import ArtworkKind
from metarr.model.media import CastMember, CrewMember, ExternalIds, Metadata, Rating
from metarr.providers import tmdb_people, tmdb_shows
from metarr.providers.base import Answer, Ask, EpisodeOrder, SeasonAnswer, Surroundings
from metarr.providers.tmdb import TMDB, Tmdb, TmdbSettings
from metarr.providers.tmdb_fields import BadAnswer, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CAMINANDES = ExternalIds(tmdb=90_000_200)
NEWEST_FIRST = "tmdb:90000200aabbccddeeff0001"
IMAGES = "https://pictures.example/t/p"
READING = Reading(("en",), ("DE", "US"), IMAGES)


@pytest.fixture
async def server() -> AsyncIterator[TmdbServer]:
    async with TmdbServer(FILMS, SHOWS) as running:
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


async def _season(tmdb: Tmdb, number: int, ask: Ask) -> SeasonAnswer:
    found = await tmdb.season(CAMINANDES, number, ask)
    assert found is not None
    return found


def _titles(season: SeasonAnswer) -> dict[int, str | None]:
    return {number: episode.metadata.title for number, episode in season.episodes.items()}


async def test_one_call_brings_a_show_with_people_and_pictures(server: TmdbServer, tmdb: Tmdb) -> None:
    found = await tmdb.series(CAMINANDES, Ask(("de", "en")))
    assert found is not None
    assert server.calls.total() == 1
    metadata = found.metadata
    assert (metadata.title, metadata.year, metadata.premiered, metadata.runtime) == (
        "Caminandes",
        2013,
        "2013-02-23",
        2,
    )
    assert (metadata.plot or "").startswith("Ein Lama")
    assert (metadata.certification, metadata.status, metadata.studios) == ("TV-G", "Ended", ("Blender Institute",))
    assert metadata.ids == ExternalIds(tmdb=90_000_200, imdb="tt90000200", tvdb=90_000_200)
    assert metadata.ratings == (Rating("tmdb", 7.3, votes=41),)
    assert [(member.name, member.role) for member in metadata.cast] == [("Koro", "Himself")]
    assert [(member.name, member.job) for member in metadata.crew] == [("Pablo Vázquez", "writer")]
    assert metadata.tags[0] == "llama"
    kinds = {candidate.kind for candidate in found.candidates}
    assert {ArtworkKind.POSTER, ArtworkKind.FANART, ArtworkKind.CLEARLOGO} <= kinds


async def test_one_call_brings_a_season_with_its_episodes(server: TmdbServer, tmdb: Tmdb) -> None:
    found = await _season(tmdb, 1, Ask())
    assert server.calls.total() == 1
    season = found.season.metadata
    assert (season.title, season.season, season.premiered) == ("Season 1", 1, "2013-02-23")
    assert season.plot == "Three walks of a stubborn llama."
    assert season.ids == ExternalIds(tmdb=90_000_201, tvdb=90_000_201)
    assert {candidate.kind for candidate in found.season.candidates} == {ArtworkKind.POSTER}
    assert _titles(found) == {1: "Llama Drama", 2: "Gran Dillama", 3: "Llamigos"}
    episode = found.episodes[3].metadata
    assert (episode.season, episode.episode, episode.premiered, episode.runtime) == (1, 3, "2016-01-30", 3)
    assert episode.crew[0].job == "director"
    assert [(member.name, member.order) for member in episode.cast] == [("Koro", 0), ("Oti", 1)]
    assert episode.ratings == (Rating("tmdb", 7.6, votes=35),)
    (still,) = found.episodes[3].candidates
    assert (still.kind, still.width, still.language) == (ArtworkKind.THUMB, None, None)
    assert (still.url or "").endswith("/original/tv90000200s1e3-still-0.jpg")


async def test_specials_are_season_0(tmdb: Tmdb) -> None:
    assert _titles(await _season(tmdb, 0, Ask())) == {1: "How the Grass Was Grown"}


async def test_episodes_without_a_text_are_asked_for_in_the_next_language(server: TmdbServer, tmdb: Tmdb) -> None:
    found = await _season(tmdb, 1, Ask(("de", "en")))
    assert _titles(found) == {1: "Lamadrama", 2: "Gran Dillama", 3: "Llamigos"}
    assert found.episodes[1].metadata.plot == "Koro will über eine leere Straße."
    assert (found.episodes[2].metadata.plot or "").startswith("The best grass")
    assert server.calls.total() == 2


async def test_a_placeholder_is_better_than_nothing(tmdb: Tmdb) -> None:
    found = await _season(tmdb, 1, Ask(("fr",)))
    assert _titles(found) == {1: "Épisode 1", 2: "Épisode 2", 3: "Épisode 3"}
    assert found.episodes[2].metadata.plot is None


async def test_the_original_language_of_a_season_is_that_of_its_show(server: TmdbServer, tmdb: Tmdb) -> None:
    await _season(tmdb, 1, Ask(("original", "en")))
    await _season(tmdb, 0, Ask(("original", "en")))
    assert server.calls["/3/tv/90000200"] == 1
    assert server.calls["/3/tv/90000200/season/1"] == 2


async def test_a_show_asked_for_before_its_seasons_tells_its_language(server: TmdbServer, tmdb: Tmdb) -> None:
    await tmdb.series(CAMINANDES, Ask(("original", "en")))
    await _season(tmdb, 1, Ask(("original", "en")))
    assert server.calls["/3/tv/90000200"] == 1


@pytest.mark.parametrize("ids", [ExternalIds(imdb="tt90000200"), ExternalIds(tvdb=90_000_200)], ids=["IMDb", "TVDB"])
async def test_any_id_is_enough(tmdb: Tmdb, ids: ExternalIds) -> None:
    assert await tmdb.find_series(ids, Ask()) == CAMINANDES.merged_with(ids)
    assert await tmdb.series(ids, Ask()) == await tmdb.series(CAMINANDES, Ask())
    assert await tmdb.season(ids, 1, Ask()) == await tmdb.season(CAMINANDES, 1, Ask())
    assert await tmdb.orders(ids, Ask()) == await tmdb.orders(CAMINANDES, Ask())


async def test_a_second_id_helps_where_the_first_is_unknown(tmdb: Tmdb) -> None:
    found = await tmdb.find_series(ExternalIds(imdb="tt0000001", tvdb=90_000_200), Ask())
    assert found is not None
    assert found.tmdb == 90_000_200


@pytest.mark.parametrize(
    "ids",
    [ExternalIds(tmdb=1), ExternalIds(imdb="tt0000001"), ExternalIds(tvdb=1), ExternalIds(), ExternalIds(tvmaze=1)],
)
async def test_an_unknown_show_is_absent(tmdb: Tmdb, ids: ExternalIds) -> None:
    assert await tmdb.series(ids, Ask()) is None
    assert await tmdb.season(ids, 1, Ask(("original",))) is None
    assert await tmdb.orders(ids, Ask()) == ()


async def test_an_unknown_season_is_absent(tmdb: Tmdb) -> None:
    assert await tmdb.season(CAMINANDES, 9, Ask()) is None


async def test_shows_are_searched_by_title_and_first_year(server: TmdbServer, tmdb: Tmdb) -> None:
    (hit,) = await tmdb.search_series("caminandes", 2014, Ask())
    assert (hit.title, hit.year, hit.ids, hit.original_language) == ("Caminandes", 2013, CAMINANDES, "es")
    assert server.calls["/3/search/tv"] == server.calls.total() == 2
    assert await tmdb.search_series("no such show", 2014, Ask()) == ()


async def test_a_show_that_is_called_otherwise_is_looked_up_by_all_its_titles(tmdb: Tmdb) -> None:
    (hit,) = await tmdb.search_series("Koro the Llama", None, Ask())
    assert hit.alternative_titles[0] == "Koro the Llama"


async def test_the_orders_of_a_show_can_be_listed(tmdb: Tmdb) -> None:
    assert await tmdb.orders(CAMINANDES, Ask()) == (
        EpisodeOrder(NEWEST_FIRST, "Newest First (dvd, 5 episodes)"),
        EpisodeOrder("tmdb:90000200aabbccddeeff0002", "All in One (absolute, 3 episodes)"),
    )


@pytest.mark.parametrize(
    ("order", "number", "expected"),
    [
        (None, 1, {1: "Llama Drama", 2: "Gran Dillama", 3: "Llamigos"}),
        ("aired", 1, {1: "Llama Drama", 2: "Gran Dillama", 3: "Llamigos"}),
        (NEWEST_FIRST, 1, {1: "Llamigos", 2: "How the Grass Was Grown"}),
        (NEWEST_FIRST, 2, {1: "Gran Dillama", 2: "Llama Drama"}),
        ("dvd", 0, {1: "How the Grass Was Grown"}),
        ("dvd", 2, {1: "Gran Dillama", 2: "Llama Drama"}),
        ("absolute", 1, {1: "Llama Drama", 2: "Gran Dillama", 3: "Llamigos"}),
        ("absolute", 2, None),
        ("story", 1, None),
        ("tmdb:123", 1, None),
        ("tmdb:../../movie/961", 1, None),
        ("tvdb:official", 1, None),
    ],
)
async def test_episodes_are_numbered_by_the_order_asked_for(
    tmdb: Tmdb, order: str | None, number: int, expected: dict[int, str] | None
) -> None:
    found = await tmdb.season(CAMINANDES, number, Ask(order=order))
    assert (None if found is None else _titles(found)) == expected
    for place, episode in {} if found is None else found.episodes.items():
        assert (episode.metadata.season, episode.metadata.episode) == (number, place)


async def test_a_regrouped_season_has_the_groups_name_and_no_strange_pictures(tmdb: Tmdb) -> None:
    newest = (await _season(tmdb, 1, Ask(order=NEWEST_FIRST))).season
    assert newest == Answer(Metadata(title="Part 1", premiered="2013-12-20", year=2013, season=1))
    plain = await _season(tmdb, 1, Ask())
    assert (await _season(tmdb, 1, Ask(order="absolute"))).season == plain.season


def _show(**details: Any) -> Metadata:
    return tmdb_shows.series({"id": 0, "name": "", "first_air_date": "", **details}, READING).metadata


def _season_of(*answers: dict[str, Any], original: str | None = None) -> SeasonAnswer:
    made = [tmdb_shows.season_details({"id": 0, "season_number": 1, "episodes": [], **each}) for each in answers]
    return tmdb_shows.season(made, READING, original)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"name": None, "overview": "", "episode_run_time": [0], "vote_average": 7, "vote_count": 0, "networks": None},
        {"episode_run_time": None, "aggregate_credits": None, "content_ratings": {"results": [{"rating": ""}]}},
        {"external_ids": {"imdb_id": "", "tvdb_id": None}, "created_by": [{"name": ""}], "original_language": "xx"},
    ],
    ids=["nothing at all", "empty texts and zeros", "nulls", "empty entries"],
)
def test_what_is_empty_is_not_known(details: dict[str, Any]) -> None:
    assert _show(**details) == Metadata()


def test_an_empty_season_is_one() -> None:
    assert _season_of({}) == SeasonAnswer(Answer(Metadata(season=1)))


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([("US", "TV-MA"), ("DE", "16")], "16"),
        ([("US", "TV-MA"), ("DE", "")], "TV-MA"),
        ([("US", "TV-MA"), ("US", "TV-14")], "TV-MA"),
        ([("GB", "18")], None),
    ],
    ids=["first country", "empty ones are passed over", "two of one country", "no wanted country"],
)
def test_the_certification_is_the_first_wanted_country_s(ratings: list[tuple[str, str]], expected: str | None) -> None:
    results = [{"iso_3166_1": code, "rating": rating} for code, rating in ratings]
    assert _show(content_ratings={"results": results}).certification == expected


def test_an_actor_of_many_roles_is_shown_with_the_ones_seen_most() -> None:
    roles = [
        {"character": name, "episode_count": count}
        for name, count in [("A", 1), ("B", 9), ("B", 2), ("C", 5), ("D", 3)]
    ]
    cast = [{"id": 2, "name": "Guest", "order": 9}, {"id": 1, "name": "Star", "order": 0, "roles": roles}]
    assert _show(aggregate_credits={"cast": cast}).cast == (
        CastMember("Star", "B / C / D", 0, 1),
        CastMember("Guest", "", 9, 2),
    )


def test_a_show_without_networks_has_its_makers_as_studios() -> None:
    assert _show(production_companies=[{"name": "Makers"}]).studios == ("Makers",)
    assert _show(production_companies=[{"name": "Makers"}], networks=[{"name": "Net"}]).studios == ("Net",)


def test_the_cast_of_an_endless_show_ends_somewhere() -> None:
    cast = [{"id": number, "name": f"Guest {number}", "order": number} for number in range(500)]
    assert len(_show(aggregate_credits={"cast": cast}).cast) == 100


def test_regulars_come_before_guests_and_nobody_twice() -> None:
    season = {
        "cast": [{"id": 1, "name": "Star", "order": 0, "character": "Hero"}, {"id": 2, "name": "Friend", "order": 1}]
    }
    guests = [{"id": 3, "name": "Late", "order": 501}, {"id": 2, "name": "Friend", "order": 500, "character": "Other"}]
    cast = tmdb_people.episode_cast(season, {"guest_stars": guests}, IMAGES)
    assert [(member.order, member.name, member.role) for member in cast] == [
        (0, "Star", "Hero"),
        (1, "Friend", ""),
        (2, "Late", ""),
    ]


def test_episodes_have_directors_and_writers() -> None:
    crew = [
        {"id": 1, "name": "Ann", "department": "Directing", "job": "Director"},
        {"id": 2, "name": "Bob", "department": "Writing", "job": "Teleplay"},
        {"id": 3, "name": "Cem", "department": "Writing", "job": "Story Editor"},
    ]
    answer = _season_of({"episodes": [{"episode_number": 1, "crew": crew}]})
    assert answer.episodes[1].metadata.crew == (CrewMember("Ann", "director", 1), CrewMember("Bob", "writer", 2))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Folge 2", "The Return"], "The Return"),
        (["Folge 2", "Episode 2"], "Folge 2"),
        (["", "The Return"], "The Return"),
        (["Apollo 13", "Other"], "Apollo 13"),
        ([None, ""], None),
    ],
    ids=["placeholder", "only placeholders", "empty", "a number that is not the episode's", "none at all"],
)
def test_the_title_is_the_first_that_somebody_gave(names: list[str | None], expected: str | None) -> None:
    answer = _season_of(*({"episodes": [{"episode_number": 2, "name": name}]} for name in names))
    assert answer.episodes[2].metadata.title == expected


@pytest.mark.parametrize(
    ("episodes", "expected"),
    [
        ([{"episode_number": 1, "name": "A", "overview": "x"}], False),
        ([{"episode_number": 1, "name": "A", "overview": ""}], True),
        ([{"episode_number": 1, "name": "Episode 1", "overview": "x"}], True),
        ([], False),
    ],
    ids=["complete", "no plot", "no title", "no episodes"],
)
def test_another_language_is_only_asked_for_while_a_text_lacks(
    episodes: list[dict[str, Any]], *, expected: bool
) -> None:
    assert tmdb_shows.lacks_texts([{"episodes": episodes}]) is expected


def test_of_several_groups_of_a_type_the_one_with_most_episodes_counts() -> None:
    results = [
        {"id": "a", "type": 3, "episode_count": 4},
        {"id": "b", "type": 3, "episode_count": 9},
        {"id": "c", "type": 2, "episode_count": 99},
        {"id": None, "type": 3, "episode_count": 99},
    ]
    assert tmdb_shows.group_of_type({"results": results}, "dvd") == "b"
    assert tmdb_shows.group_of_type({"results": results}, "production") is None


def test_episodes_of_a_group_that_are_nowhere_are_left_out() -> None:
    group = tmdb_shows.Group(1, "Part", {1: (1, 1), 2: (1, 9), 3: (7, 1)})
    seasons = {1: _season_of({"episodes": [{"episode_number": 1, "name": "First"}]})}
    assert _titles(tmdb_shows.regrouped(group, seasons)) == {1: "First"}


@pytest.mark.parametrize(
    "answer", [{}, [], None, {"id": 1, "season_number": 1}, {"id": 1, "episodes": []}, {"id": 1, "title": "A movie"}]
)
def test_what_is_no_season_is_refused(answer: object) -> None:
    with pytest.raises(BadAnswer, match="no season"):
        tmdb_shows.season_details(answer)
