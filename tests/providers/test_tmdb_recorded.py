"""What others recorded of TMDB: every answer of a kind that we read is understood, and everything else is refused."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metarr.model.artwork import ArtworkKind
from metarr.model.media import CollectionRef, ExternalIds
from metarr.model.search import SearchHit
from metarr.providers import tmdb_images, tmdb_parse, tmdb_people, tmdb_shows
from metarr.providers.tmdb_fields import BadAnswer, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from metarr.providers.base import Answer, SeasonAnswer

    Understood = Callable[[Any], object]

READING = Reading(("de", "original", "en"), ("DE", "US"), "https://pictures.example/t/p")


@cache
def recorded(shared_data: Path) -> tuple[tuple[str, Any], ...]:
    return tuple(_recorded(shared_data))


def _recorded(shared_data: Path) -> Iterator[tuple[str, Any]]:
    """Every JSON of the folder by its name; of recorded conversations every answer."""
    folder = shared_data / "1_tmdb"
    for path in sorted(folder.glob("**/*.json")):
        yield str(path.relative_to(folder)), json.loads(path.read_text(encoding="utf-8", errors="replace"))
    for path in sorted(folder.glob("**/*.jsonl")):
        for count, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            entry = json.loads(line)
            yield f"{path.relative_to(folder)}:{count}", entry.get("json", entry.get("body"))


def has(*names: str) -> Callable[[Any], bool]:
    return lambda answer: isinstance(answer, dict) and all(name in answer for name in names)


def a_movie(answer: Any) -> None:
    found = tmdb_parse.movie(answer, READING)
    assert found.metadata.title
    assert found.metadata.ids.tmdb == answer["id"]
    assert all(candidate.url and candidate.width and candidate.height for candidate in found.candidates)


def a_show(answer: Any) -> None:
    found = tmdb_shows.series(answer, READING)
    assert found.metadata.title
    assert found.metadata.ids.tmdb == answer["id"]
    assert len(found.metadata.cast) >= bool(answer.get("aggregate_credits", {}).get("cast"))


def season_of(answer: Any) -> SeasonAnswer:
    return tmdb_shows.season([tmdb_shows.season_details(answer)], READING, "en")


def a_season(answer: Any) -> None:
    found = season_of(answer)
    assert found.season.metadata.season == answer["season_number"]
    assert found.episodes.keys() == {episode["episode_number"] for episode in answer["episodes"]}


def an_episode(answer: Any) -> None:
    number = answer["episode_number"]
    season = {"id": 1, "season_number": answer["season_number"], "episodes": [answer]}
    found = season_of(season).episodes[number]
    assert found.metadata.title == answer["name"]
    assert found.metadata.ids.tmdb == answer["id"]
    assert len(found.metadata.cast) == len({guest["id"] for guest in answer["guest_stars"]})


def a_collection(answer: Any) -> None:
    found = tmdb_parse.collection(answer, READING)
    assert found.metadata.title
    assert found.metadata.plot
    assert found.metadata.ids == ExternalIds(tmdb=answer["id"])


def pictures(answer: Any) -> None:
    details: dict[str, Any] = {}
    tmdb_images.add(details, answer)
    offered = sum(len(answer.get(group, [])) for group in ("posters", "backdrops", "logos"))
    assert len(tmdb_images.of_item(details["images"], READING.image_url)) >= offered


def credits_(answer: Any) -> None:
    cast = tmdb_people.cast(answer, READING.image_url)
    assert len(cast) == min(100, sum(bool(raw.get("name")) for raw in answer["cast"]))
    directors = {raw["name"] for raw in answer["crew"] if raw.get("job") == "Director" and raw.get("name")}
    assert {member.name for member in tmdb_people.crew(answer["crew"]) if member.job == "director"} == directors


def hits(answer: Any) -> None:
    found = tmdb_parse.search(answer)
    assert [hit.ids.tmdb for hit in found] == [raw["id"] for raw in answer["results"]]


def finds(answer: Any) -> None:
    for key in ("movie_results", "tv_results"):
        found = tmdb_parse.search(answer, key)
        assert [(hit.ids.tmdb, bool(hit.title)) for hit in found] == [(raw["id"], True) for raw in answer[key]]


def groups(answer: Any) -> None:
    for raw in answer["groups"]:
        group = tmdb_shows.group(answer, raw["order"])
        assert group is not None
        assert list(group.places) == list(range(1, len(raw["episodes"]) + 1))


READERS: tuple[Callable[[Any], object], ...] = (
    lambda answer: tmdb_parse.movie(answer, READING),
    lambda answer: tmdb_parse.collection(answer, READING),
    lambda answer: tmdb_shows.series(answer, READING),
    season_of,
    tmdb_parse.search,
    lambda answer: tmdb_parse.search(answer, "tv_results"),
    lambda answer: tmdb_parse.with_titles(SearchHit(), answer),
    tmdb_shows.orders,
    lambda answer: tmdb_shows.group_of_type(answer, "dvd"),
    lambda answer: tmdb_shows.group(answer, 1),
    tmdb_shows.original_language,
    lambda answer: tmdb_images.add({}, answer),
)


def read_by_all(answer: Any) -> int:
    """How many of our readers understand it; the others must refuse it properly."""
    understood = 0
    for reader in READERS:
        try:
            reader(answer)
        except BadAnswer:
            continue
        understood += 1
    return understood


def refused(answer: Any) -> None:
    assert read_by_all(answer) == 0


KINDS: dict[str, tuple[Callable[[Any], bool], Understood, int]] = {
    "movies": (has("id", "title", "runtime"), a_movie, 10),
    "shows": (has("id", "name", "number_of_seasons"), a_show, 8),
    "seasons": (has("season_number", "episodes"), a_season, 5),
    "episodes": (has("episode_number", "still_path", "guest_stars"), an_episode, 5),
    "collections": (has("id", "parts"), a_collection, 5),
    "pictures": (has("id", "backdrops", "posters"), pictures, 8),
    "credits": (lambda answer: has("cast", "crew")(answer) and not has("overview")(answer), credits_, 15),
    "search results": (lambda answer: has("page", "results")(answer) and not has("id")(answer), hits, 20),
    "finds": (has("movie_results", "tv_results"), finds, 12),
    "episode groups": (has("groups"), groups, 2),
    "people": (has("biography", "birthday"), refused, 5),
    "errors": (has("status_code", "status_message"), refused, 8),
}


@pytest.mark.realdata
@pytest.mark.parametrize("kind", KINDS)
def test_every_recorded_answer_of_a_kind_is_understood_or_refused(shared_data: Path, kind: str) -> None:
    is_of_kind, understood, at_least = KINDS[kind]
    names = []
    for name, answer in recorded(shared_data):
        if is_of_kind(answer):
            names.append(name)
            try:
                understood(answer)
            except Exception as error:
                error.add_note(f"in {name}")
                raise
    assert len(names) >= at_least


@pytest.mark.realdata
def test_nothing_recorded_makes_a_reader_stumble(shared_data: Path) -> None:
    understood = {name: read_by_all(answer) for name, answer in recorded(shared_data)}
    assert len(understood) > 300
    assert sum(count > 0 for count in understood.values()) > 100


def _one(shared_data: Path, name: str) -> Any:
    return json.loads((shared_data / "1_tmdb" / name).read_text(encoding="utf-8"))


def _kinds(answer: Answer) -> set[ArtworkKind]:
    return {candidate.kind for candidate in answer.candidates}


@pytest.mark.realdata
def test_values_of_a_recorded_movie(shared_data: Path) -> None:
    metadata = tmdb_parse.movie(_one(shared_data, "themoviedbapi/movies/details.json"), READING).metadata
    assert (metadata.title, metadata.year, metadata.runtime) == ("Fight Club", 1999, 139)
    assert metadata.ids == ExternalIds(tmdb=550, imdb="tt0137523")
    assert metadata.genres == ("Drama", "Thriller", "Comedy")
    full = tmdb_parse.movie(_one(shared_data, "kiwilan/Movie/movie.json"), READING).metadata
    assert (full.certification, full.runtime, len(full.cast)) == ("12", 179, 100)
    assert full.collection == CollectionRef("The Lord of the Rings Collection", 119)
    assert {member.job for member in full.crew} == {"director", "writer"}


@pytest.mark.realdata
def test_values_of_a_recorded_show(shared_data: Path) -> None:
    name = "themoviedbapi/tv_series/details_with_append_to_response.json"
    answer = tmdb_shows.series(_one(shared_data, name), READING)
    metadata = answer.metadata
    assert (metadata.title, metadata.year, metadata.status, metadata.runtime) == ("Game of Thrones", 2011, "Ended", 60)
    assert (metadata.certification, metadata.studios) == ("16", ("HBO",))
    assert metadata.ids == ExternalIds(tmdb=1399, imdb="tt2934286", tvdb=366524)
    assert (metadata.cast[0].name, metadata.cast[0].role) == ("Pablo Schreiber", "Master Chief, Spartan-117 / John-117")
    assert metadata.tags[:2] == ("space travel", "alien")
    assert _kinds(answer) == {ArtworkKind.POSTER, ArtworkKind.FANART, ArtworkKind.LANDSCAPE, ArtworkKind.CLEARLOGO}


@pytest.mark.realdata
def test_values_of_a_recorded_season_and_its_episodes(shared_data: Path) -> None:
    found = season_of(_one(shared_data, "themoviedbapi/tv_seasons/details_with_append_to_response.json"))
    season = found.season.metadata
    assert (season.title, season.premiered, season.ids) == ("Season 1", "2022-03-24", ExternalIds(105701, tvdb=821664))
    assert [(c.width, c.height, c.votes) for c in found.season.candidates][:1] == [(1000, 1500, 18)]
    first = found.episodes[1]
    assert (first.metadata.title, first.metadata.runtime, first.metadata.season) == ("Contact", 59, 1)
    assert first.metadata.cast[0].name == "Pablo Schreiber"
    assert first.candidates[0].url == "https://pictures.example/t/p/original/zfBMkRvJ1M859881quboW3mnwEr.jpg"


@pytest.mark.realdata
def test_values_of_a_recorded_collection(shared_data: Path) -> None:
    metadata = tmdb_parse.collection(_one(shared_data, "chiiya/collections/appends.json"), READING).metadata
    assert (metadata.title, metadata.ids) == ("Star Wars Filmreihe", ExternalIds(tmdb=10))
    assert "Star Wars" in (metadata.plot or "")


@pytest.mark.realdata
def test_values_of_recorded_searches_and_finds(shared_data: Path) -> None:
    (hit,) = tmdb_parse.search(_one(shared_data, "adamayoung/find-tvdb-id-tvshow.json"), "tv_results")
    assert (hit.title, hit.year, hit.ids.tmdb, hit.original_language) == ("Breaking Bad", 2008, 1396, "en")
    titles = _one(shared_data, "themoviedbapi/tv_series/alternative_titles.json")
    named = tmdb_parse.with_titles(hit, {"id": 1, "alternative_titles": titles, "translations": {}})
    assert "El Juego de Tronos" in named.alternative_titles


@pytest.mark.realdata
def test_values_of_a_recorded_group(shared_data: Path) -> None:
    answer = _one(shared_data, "themoviedbapi/tv_episode_groups/details.json")
    group = tmdb_shows.group(answer, 1)
    assert group is not None
    assert (group.name, group.places[1], group.places[2]) == ("First Cup", (6, 3), (5, 7))
    assert {1, 5, 6} <= set(group.seasons)
    assert tmdb_shows.group(answer, 0) is None
    (order,) = tmdb_shows.orders(_one(shared_data, "themoviedbapi/tv_series/episode_groups.json"))
    assert (order.key, order.name) == (
        "tmdb:5e9077d2e640d600151f32bd",
        "Aired Order (original air date, 102 episodes)",
    )


# Names that our readers look for, so that chance builds answers that are nearly right
# fmt: off
_NAMES = st.sampled_from(
    [
        "id", "title", "name", "parts", "first_air_date", "season_number", "episodes", "episode_number", "results",
        "groups", "order", "posters", "width", "height", "file_path", "aggregate_credits", "credits", "cast",
        "crew", "roles", "guest_stars", "translations", "data", "alternative_titles", "titles", "external_ids",
        "release_dates", "content_ratings", "images", "videos", "keywords", "still_path", "vote_average",
        "vote_count", "type", "runtime", "status_message",
    ]
)
# fmt: on
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2020-01-01"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=25,
)


@settings(deadline=None)  # the machine may be busy
@given(answer=_JSON)
@example({"title": "", "runtime": float("inf"), "vote_count": float("nan"), "vote_average": 10**400})
@example({"title": "", "runtime": "9" * 5000, "release_date": "9999-99-99", "images": {"posters": [{"width": 1e400}]}})
def test_whatever_json_comes_is_understood_or_refused(answer: object) -> None:
    read_by_all(answer)
    if isinstance(answer, dict):
        complete = {"title": "", "name": "", "first_air_date": "", "parts": [], "season_number": 1, "episodes": []}
        read_by_all({**complete, **answer, "id": 1})
