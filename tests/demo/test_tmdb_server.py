"""The demo's server, asked as any program would ask TMDB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from PIL import Image

from metarr.demo.catalogue import FILMS, Film
from metarr.demo.drawing import assets, draw, draw_portrait, portrait_name
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import Fault, TmdbServer
from metarr.demo.works import Show

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def server() -> AsyncIterator[TmdbServer]:
    async with TmdbServer(FILMS, SHOWS) as running:
        yield running


async def _get(server: TmdbServer, path: str, **query: str) -> tuple[int, Any]:  # Any: what JSON holds
    headers = {"Authorization": f"Bearer {query.pop('key', server.key)}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(server.url + path, params=query) as response,
    ):
        return response.status, await response.json()


async def test_a_movie_has_only_what_was_asked_for(server: TmdbServer) -> None:
    _, plain = await _get(server, "/movie/10378")
    _, full = await _get(server, "/movie/10378", append_to_response="credits,images")
    assert plain["title"] == "Big Buck Bunny"
    assert full.keys() - plain.keys() == {"credits", "images"}


async def test_texts_and_pictures_follow_the_language(server: TmdbServer) -> None:
    _, german = await _get(server, "/movie/45745", language="de-DE", append_to_response="images")
    assert german["overview"].startswith("Eine junge Frau")
    assert {picture["iso_639_1"] for picture in german["images"]["posters"]} == {"de"}
    _, both = await _get(server, "/movie/45745/images", include_image_language="en,null")
    assert {picture["iso_639_1"] for picture in both["posters"]} == {"en", None}


@pytest.mark.parametrize(
    ("path", "status", "code"), [("/movie/1", 404, 34), ("/nothing", 404, 34), ("/movie/10378", 401, 7)]
)
async def test_errors_have_the_shape_of_tmdb(server: TmdbServer, path: str, status: int, code: int) -> None:
    key = "wrong" if status == 401 else server.key
    answered, body = await _get(server, path, key=key)
    assert answered == status
    assert body.pop("status_message")
    assert body == {"success": False, "status_code": code}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"query": "general"}, [961]),
        ({"query": "Le Voyage"}, [775]),
        ({"query": "general", "year": "1926"}, [961]),
        ({"query": "general", "year": "1999"}, []),
        ({"query": "no such film"}, []),
    ],
    ids=["by part of the title", "by original title", "by year", "another year", "unknown"],
)
async def test_search_finds_by_title_and_year(server: TmdbServer, query: dict[str, str], found: list[int]) -> None:
    _, answer = await _get(server, "/search/movie", **query)
    assert [film["id"] for film in answer["results"]] == found
    assert answer["total_results"] == len(found)


async def test_find_knows_imdb_ids(server: TmdbServer) -> None:
    _, known = await _get(server, "/find/tt0063350", external_source="imdb_id")
    _, unknown = await _get(server, "/find/tt9999999", external_source="imdb_id")
    assert [film["id"] for film in known["movie_results"]] == [10331]
    assert unknown["movie_results"] == []


class _Inventor:
    """A film and a show for every id and title."""

    def film(self, id_: str) -> Film:
        return Film(tmdb=100_000 if id_.startswith("tt") else int(id_), title=f"Film {id_}", released="2001-01-01")

    def film_titled(self, title: str, year: int | None) -> Film:
        return Film(tmdb=7, title=title, released=f"{year or 2000}-01-01")

    def show(self, id_: str) -> Show | None:
        return Show(int(id_), f"Show {id_}", "2001-01-01", (), ()) if id_.isdigit() else None

    def show_titled(self, title: str, year: int | None) -> Show:
        return Show(8, title, f"{year or 2000}-01-01", (), ())


async def test_films_and_shows_of_a_generated_library_are_invented() -> None:
    async with TmdbServer([], inventor=_Inventor(), images=lambda _file: b"pixels") as generic:
        assert (await _get(generic, "/movie/123456"))[1]["title"] == "Film 123456"
        assert (await _get(generic, "/tv/123456"))[1]["name"] == "Show 123456"
        _, found = await _get(generic, "/find/tt1000000", external_source="imdb_id")
        assert ([hit["id"] for hit in found["movie_results"]], found["tv_results"]) == ([100_000], [])
        assert (await _get(generic, "/search/movie", query="X", year="1950"))[1]["results"][0]["title"] == "X"
        assert (await _get(generic, "/search/tv", query="Y"))[1]["results"][0]["name"] == "Y"
        async with aiohttp.ClientSession() as session:
            response = await session.get(f"{generic.image_url}/original/any.jpg")
            assert await response.read() == b"pixels"


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/tv/90000200", {}, 200),
        ("/tv/90000200/season/0", {}, 200),
        ("/tv/90000200/season/2", {}, 404),
        ("/tv/1/season/1", {}, 404),
        ("/tv/90000200/images", {}, 200),
        ("/tv/90000200/episode_groups", {}, 200),
        ("/tv/episode_group/90000200aabbccddeeff0001", {}, 200),
        ("/tv/episode_group/1", {}, 404),
        ("/collection/90000100", {}, 200),
        ("/collection/90000100/images", {}, 200),
        ("/collection/1", {}, 404),
        ("/find/abc", {"external_source": "tvdb_id"}, 200),
    ],
)
async def test_what_exists_is_answered_and_the_rest_does_not_exist(
    server: TmdbServer, path: str, query: dict[str, str], status: int
) -> None:
    assert (await _get(server, path, **query))[0] == status


async def test_a_season_tells_its_episodes_in_the_language_asked_for(server: TmdbServer) -> None:
    _, german = await _get(server, "/tv/90000200/season/1", language="de-DE", append_to_response="credits,images")
    assert [episode["name"] for episode in german["episodes"]] == ["Lamadrama", "Folge 2", "Folge 3"]
    assert [episode["overview"] == "" for episode in german["episodes"]] == [False, True, True]
    assert {"credits", "images"} <= german.keys()


@pytest.mark.parametrize("source", ["imdb_id", "tvdb_id"])
async def test_shows_are_found_by_the_ids_of_others(server: TmdbServer, source: str) -> None:
    id_ = {"imdb_id": "tt90000200", "tvdb_id": "90000200"}[source]
    _, found = await _get(server, f"/find/{id_}", external_source=source)
    assert [show["name"] for show in found["tv_results"]] == ["Caminandes"]
    assert found["movie_results"] == []


async def test_sets_shows_seasons_and_episodes_have_pictures_of_their_own(server: TmdbServer) -> None:
    _, show = await _get(server, "/tv/90000200", append_to_response="images,aggregate_credits")
    _, season = await _get(server, "/tv/90000200/season/1", append_to_response="images")
    _, film_set = await _get(server, "/collection/90000100", append_to_response="images")
    files = [
        show["images"]["posters"][0]["file_path"],
        season["images"]["posters"][0]["file_path"],
        season["episodes"][0]["still_path"],
        season["episodes"][2]["guest_stars"][0]["profile_path"],
        film_set["images"]["backdrops"][0]["file_path"],
    ]
    async with aiohttp.ClientSession() as session:
        bodies = [await (await session.get(f"{server.image_url}/original{file}")).read() for file in files]
    assert len(set(bodies)) == len(files)
    for body in bodies:
        with Image.open(io.BytesIO(body)) as image:
            image.verify()


async def test_pictures_come_in_the_size_asked_for(server: TmdbServer) -> None:
    sizes = {}
    async with aiohttp.ClientSession() as session:
        for size in ("original", "w185", "h632", "w9999"):
            response = await session.get(f"{server.image_url}/{size}/961-poster-0.jpg")
            with Image.open(io.BytesIO(await response.read())) as image:
                sizes[size] = image.size
    assert sizes == {"original": (1000, 1500), "w185": (185, 278), "h632": (421, 632), "w9999": (1000, 1500)}


async def test_people_have_portraits_and_unknown_files_do_not_exist(server: TmdbServer) -> None:
    async with aiohttp.ClientSession() as session:
        known = await session.get(f"{server.image_url}/h632/{portrait_name('Buster Keaton')}")
        assert await known.read() == draw_portrait("Buster Keaton")
        for file in ("person-1.jpg", "961-poster-99.jpg", "1-poster-0.jpg"):
            assert (await session.get(f"{server.image_url}/original/{file}")).status == 404


async def test_faults_are_injected_per_path_and_requests_are_counted(server: TmdbServer) -> None:
    server.fault = {"/3/movie/961": Fault(status=429, retry_after="3")}.get
    async with aiohttp.ClientSession() as session:
        limited = await session.get(f"{server.url}/movie/961")
    assert (limited.status, limited.headers["Retry-After"]) == (429, "3")
    assert (await _get(server, "/movie/653"))[0] == 200
    assert server.calls == {"/3/movie/961": 1, "/3/movie/653": 1}


async def test_a_stopped_server_comes_back_at_its_old_address(server: TmdbServer) -> None:
    address = server.url
    await server.__aexit__()
    async with server:
        assert server.url == address
        assert (await _get(server, "/authentication"))[1]["success"] is True
        assert "poster_sizes" in (await _get(server, "/configuration"))[1]["images"]


def test_ids_are_unique() -> None:
    assert len({film.tmdb for film in FILMS}) == len(FILMS) == len({film.imdb for film in FILMS})


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.title)
def test_artwork_is_always_drawn_alike_and_in_the_stated_size(film: Film) -> None:
    for asset in (assets(film)[0], assets(film)[-2], assets(film)[-1]):
        data = draw(film, asset)
        assert data == draw(film, asset)
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (asset.width, asset.height)
            assert (image.mode == "RGBA") is asset.name.endswith(".png")
