"""TVDB's answers understood or refused: every recorded one, and what is empty, odd or somebody else's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind
from metarr.model.media import ExternalIds, Metadata
from metarr.providers import tvdb_codes, tvdb_fields, tvdb_parse
from metarr.providers.base import Answer
from metarr.providers.tvdb_fields import Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READING = Reading(("en",), ("DE", "US"), "https://artworks.example")


def _series(raw: dict[str, Any], *languages: str) -> Answer:
    return tvdb_parse.series(raw, Reading(languages or ("en",), ("DE", "US"), "https://artworks.example"))


def _recorded(shared_data: Path) -> dict[str, Any]:
    """Every recorded answer of version 4 by the name of its file."""
    found = {}
    for path in sorted(shared_data.glob("2_tvdb/*_v4/*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found[f"{path.parent.name}/{path.stem}"] = content.get("response", content)
    return found


# How the records are read that we ask for, by the first word of the file
_READERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "series": lambda raw: tvdb_parse.series(raw, READING),
    "movie": lambda raw: tvdb_parse.movie(raw, READING),
    "season": lambda raw: tvdb_parse.season(1, raw, {}, READING, "eng"),
    "episode": lambda raw: tvdb_parse.episodes([raw], {}, raw.get("seasonNumber", 0), READING, "eng"),
}
_READERS |= {f"{word}s": reader for word, reader in _READERS.items()}


def _read(name: str, answer: Any) -> object:
    """A recorded answer as it would be read; of those that we never ask for, the envelope."""
    word = name.split("/")[1].partition("_")[0]
    if word == "search":
        return (*tvdb_parse.search(answer, ("en",)), *tvdb_parse.found_by_id(answer, "series"))
    if "idSeasonType" in name or word == "seriesepisodes":
        return tvdb_parse.page(answer)
    data = tvdb_fields.unwrapped(answer, name)
    return _READERS[word](data) if word in _READERS and isinstance(data, dict) else data


@pytest.mark.realdata
def test_every_recorded_answer_is_understood_or_refused(shared_data: Path) -> None:
    recorded = _recorded(shared_data)
    assert len(recorded) >= 100
    for name, answer in recorded.items():
        if answer.get("status") == "success":
            _read(name, answer)
        else:
            assert "badRequest" in name
            with pytest.raises(Transient, match="it says: "):
                _read(name, answer)


@pytest.mark.realdata
def test_every_answer_of_the_old_versions_is_refused(shared_data: Path) -> None:
    lines = [line for path in shared_data.glob("2_tvdb/*.http.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) >= 50
    for line in lines:
        exchange = json.loads(line)
        with pytest.raises(Transient, match="tvdb: the answer is no show"):
            tvdb_fields.record(exchange.get("json", exchange.get("body")), "show")


@pytest.mark.realdata
def test_recorded_answers_say_what_they_say(shared_data: Path) -> None:
    recorded = _recorded(shared_data)
    film = _read("x/movies__idExtended", recorded["falsepopsky_v4/movies__idExtended"])
    assert isinstance(film, Answer)
    assert film.metadata.ids == ExternalIds(tvdb=12586, imdb="tt0087660", tmdb=14132)
    assert (film.metadata.year, film.metadata.premiered, film.metadata.runtime) == (1984, "1984-07-21", 114)
    assert (film.metadata.original_language, film.metadata.countries) == ("ja", ("Japan",))
    assert (film.metadata.studios, film.metadata.trailer) == (("Artland",), "uY4fme_AvW4")
    assert (film.metadata.cast[0].name, film.metadata.cast[0].role) == ("Arihiro Hase", "Hikaru Ichijyo")
    assert [(c.kind, c.width, c.height) for c in film.candidates] == [(ArtworkKind.FANART, 1920, 1080)]
    hits = tvdb_parse.search(recorded["falsepopsky_v4/search__queryType"], ("es",))
    assert [(hit.title, hit.original_title, hit.year) for hit in hits] == [
        ("Los Caballeros del Zodíaco", "聖闘士星矢", 1986)
    ]
    assert hits[0].ids == ExternalIds(tvdb=72775, imdb="tt0161952", tmdb=42444)
    assert tvdb_parse.found_by_id(recorded["falsepopsky_v4/search__remoteId"], "series") == (72775,)
    assert tvdb_parse.found_by_id(recorded["falsepopsky_v4/search__remoteId"], "movie") == (14915,)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "season", "number", "expected"),
    [
        ("series__idSeasonTypePage", 13, 69, (None, True)),
        ("series__idSeasonTypePageLanguage", 0, 1, ("FLCL Progressive", False)),
        ("series__idSeasonTypePageLanguagePage", 20, 14, ("In the Name of the Grandfather", False)),
        ("series__idSeasonTypeSeasonEpisode", 0, 1, ("Good Cop / Bad Cop", False)),
    ],
    ids=["a page in between", "in English", "the last page", "one episode of the DVD order"],
)
def test_recorded_lists_of_episodes_are_read(
    shared_data: Path, name: str, season: int, number: int, expected: tuple[str | None, bool]
) -> None:
    raws, has_more = tvdb_parse.page(_recorded(shared_data)[f"falsepopsky_v4/{name}"])
    found = tvdb_parse.episodes(raws, {}, season, READING, "eng")
    assert (found[number].metadata.title, has_more) == expected


@pytest.mark.parametrize(
    "empty",
    [
        {},
        {"name": "", "overview": None, "firstAired": "", "year": "", "averageRuntime": 0, "status": None},
        {
            "translations": None,
            "artworks": None,
            "characters": None,
            "seasons": None,
            "remoteIds": None,
            "genres": None,
        },
        {"translations": {"nameTranslations": [{"language": "eng", "name": None}], "overviewTranslations": None}},
        {"characters": [{"type": 3, "personName": ""}], "artworks": [{"type": 2, "image": ""}, {"type": 99}]},
        {
            "trailers": [{"url": "https://vimeo.com/1"}, {"url": "http://[bad"}, {}],
            "image": "/banners/images/missing/1",
        },
        {"remoteIds": [{"id": "nonsense", "type": 2}, {"id": None, "type": 12}], "originalCountry": "xyz"},
    ],
    ids=["nothing", "empty texts", "nulls", "null names", "nameless people", "odd trailers", "malformed ids"],
)
def test_what_is_empty_is_not_known(empty: dict[str, Any]) -> None:
    assert _series(empty) == Answer(Metadata())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "failure", "message": "query is required", "data": None}, "query is required"),
        ({"Error": "Not authorized"}, "Not authorized"),
        ({"data": {"id": 1}}, "another shape"),
        ({"status": "success", "data": None}, "another shape"),
        ([], "another shape"),
        (None, "another shape"),
    ],
    ids=["failure", "version 2 error", "version 2", "nothing inside", "a list", "nothing"],
)
def test_what_is_no_record_is_refused_with_a_reason(answer: Any, words: str) -> None:
    with pytest.raises(Transient, match=words):
        tvdb_fields.record(answer, "show")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": 2, "includesText": False, "language": "eng"}, [("poster", None), ("keyart", None)]),
        ({"type": 2, "language": "eng"}, [("poster", "en")]),
        ({"type": 3, "language": None, "includesText": True}, [("fanart", None)]),
        ({"type": 3, "language": "eng", "includesText": False}, [("fanart", None)]),
        ({"type": 3, "language": "eng"}, [("fanart", "en"), ("landscape", "en")]),
        ({"type": 6, "language": "eng"}, [("banner", "en")]),
        ({"type": 24, "language": "eng"}, [("clearart", "en")]),
        ({"type": 2, "language": "jpn"}, []),
        ({"type": 5}, []),
        ({"type": 11}, []),
    ],
    ids=[
        "poster without text",
        "poster with text",
        "background of an unknown language",
        "background without text",
        "background with text",
        "season banner",
        "clear art of a film",
        "a language nobody wants",
        "icon",
        "screen shot",
    ],
)
def test_a_picture_is_offered_under_every_kind_it_serves(
    raw: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    found = _series({"artworks": [{"image": "/banners/a.jpg", **raw}]}).candidates
    assert [(candidate.kind.value, candidate.language) for candidate in found] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://artworks.thetvdb.com/banners/a.jpg", "https://artworks.thetvdb.com/banners/a.jpg"),
        ("/banners/a.jpg", "https://artworks.example/banners/a.jpg"),
        ("banners/a.jpg", "https://artworks.example/banners/a.jpg"),
        ("/banners/images/missing/series.jpg", None),
        ("Image1", None),
        ("", None),
        (None, None),
    ],
    ids=["whole", "a path", "a path without a slash", "the placeholder", "a word", "empty", "null"],
)
def test_a_picture_s_address_is_made_whole(given: str | None, expected: str | None) -> None:
    assert tvdb_fields.address(given, "https://artworks.example") == expected


def test_a_name_that_is_only_an_alias_is_no_title() -> None:
    words = {"nameTranslations": [{"language": "eng", "name": "Alias", "isAlias": True}], "overviewTranslations": []}
    assert _series({"name": "名前", "originalLanguage": "jpn", "translations": words}).metadata.title == "名前"


@pytest.mark.parametrize(
    ("language", "codes"),
    [
        ("en", ("eng",)),
        ("en-US", ("eng",)),
        ("de", ("deu",)),
        ("pt-BR", ("pt", "por")),
        ("pt", ("por", "pt")),
        ("zh-TW", ("zhtw", "zho")),
        ("no", ("nor",)),
        ("fil", ("fil",)),
    ],
)
def test_wanted_languages_become_tvdb_s(language: str, codes: tuple[str, ...]) -> None:
    assert tvdb_codes.codes_of(language) == codes


@pytest.mark.parametrize(
    ("code", "language"), [("eng", "en"), ("ZHO", "zh"), ("zhtw", "zh"), ("pt", "pt"), ("fil", "fil"), (None, None)]
)
def test_tvdb_s_languages_become_ours(code: str | None, language: str | None) -> None:
    assert tvdb_codes.language(code) == language


def test_a_country_has_one_name() -> None:
    assert (tvdb_codes.country_name("usa"), tvdb_codes.country("gbr")) == ("United States of America", "GB")


@pytest.mark.parametrize(
    ("countries", "expected"), [(("DE", "US"), "16"), (("GB", "US"), "TV-MA"), (("FR",), None)], ids=str
)
def test_the_certification_is_the_first_wanted_country_s(countries: tuple[str, ...], expected: str | None) -> None:
    ratings = [{"country": "usa", "name": "TV-MA"}, {"country": "deu", "name": "16"}, {"country": "gbr", "name": ""}]
    assert tvdb_fields.certification({"contentRatings": ratings}, countries) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, "official"),
        ("aired", "official"),
        ("dvd", "dvd"),
        ("absolute", "absolute"),
        ("tvdb:altdvd", "altdvd"),
        ("tmdb:x", None),
    ],
)
def test_an_order_is_tvdb_s_or_somebody_else_s(key: str | None, expected: str | None) -> None:
    assert tvdb_parse.order_type(key) == expected
