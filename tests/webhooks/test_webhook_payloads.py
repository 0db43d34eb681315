"""What download managers send becomes events: small payloads after the shapes seen, and all that was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr import webhooks
from metarr.model.media import ExternalIds
from metarr.webhooks import EventKind, Source

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.webhooks import Event

HEAT = {"title": "Heat", "year": 1995, "folderPath": "/movies/Heat (1995)", "tmdbId": 949, "imdbId": "tt0113277"}
DARK = {"title": "Dark", "path": "/tv/Dark", "tvdbId": 334824, "tvMazeId": 0, "imdbId": "tt5753856", "year": 0}
HEAT_IDS, DARK_IDS = ExternalIds(tmdb=949, imdb="tt0113277"), ExternalIds(tvdb=334824, imdb="tt5753856")


def heard(source: Source, **document: Any) -> Event:
    received = webhooks.receive(source, json.dumps(document).encode())
    assert received.event is not None, received.fault
    return received.event


@pytest.mark.parametrize(
    ("payload", "files", "gone", "is_upgrade"),
    [
        pytest.param(
            {"movieFile": {"relativePath": "Heat.mkv", "path": "/downloads/heat.1995/heat.mkv"}, "isUpgrade": False},
            ("/movies/Heat (1995)/Heat.mkv",),
            (),
            False,
            id="a file lies below the movie's folder, wherever its download lay",
        ),
        pytest.param(
            {"movieFile": {"path": "/movies/Heat (1995)/Heat.mkv"}},
            ("/movies/Heat (1995)/Heat.mkv",),
            (),
            False,
            id="a path inside the folder counts where there is no relative one",
        ),
        pytest.param({"movieFile": {"path": "/downloads/h.mkv"}}, (), (), False, id="a path elsewhere does not"),
        pytest.param({}, (), (), False, id="no file at all"),
        pytest.param(
            {
                "isUpgrade": True,
                "movieFile": {"relativePath": "new.mkv"},
                "deletedFiles": [{"path": "/movies/Heat (1995)/old.mkv", "relativePath": "old.mkv"}, "?", None],
            },
            ("/movies/Heat (1995)/new.mkv",),
            ("/movies/Heat (1995)/old.mkv",),
            True,
            id="an upgrade names what it replaced",
        ),
        pytest.param(
            {"movieFile": {"relativePath": "../../etc/passwd"}}, (), (), False, id="no path climbs out of the folder"
        ),
        pytest.param({"movieFile": "?", "deletedFiles": 7}, (), (), False, id="nonsense beside what counts"),
    ],
)
def test_an_import_of_a_movie(
    payload: dict[str, Any], files: tuple[str, ...], gone: tuple[str, ...], *, is_upgrade: bool
) -> None:
    event = heard(Source.RADARR, eventType="Download", instanceName="Radarr 4K", movie=HEAT, **payload)
    assert (event.kind, event.type, event.instance) == (EventKind.IMPORTED, "Download", "Radarr 4K")
    assert (event.subject, event.folder, event.ids) == ("Heat (1995)", "/movies/Heat (1995)", HEAT_IDS)
    assert (event.files, event.gone, event.is_upgrade) == (files, gone, is_upgrade)


@pytest.mark.parametrize(
    ("payload", "files"),
    [
        pytest.param({"episodeFile": {"relativePath": "Season 1/a.mkv"}}, ("/tv/Dark/Season 1/a.mkv",), id="one"),
        pytest.param(
            {"episodeFiles": [{"relativePath": "Season 1/a.mkv"}, {"relativePath": "Season 1/b.mkv"}], "fileCount": 2},
            ("/tv/Dark/Season 1/a.mkv", "/tv/Dark/Season 1/b.mkv"),
            id="the end of an import lists them all",
        ),
    ],
)
def test_an_import_of_episodes(payload: dict[str, Any], files: tuple[str, ...]) -> None:
    event = heard(Source.SONARR, eventType="Download", series=DARK, **payload)
    assert (event.kind, event.subject, event.folder) == (EventKind.IMPORTED, "Dark", "/tv/Dark")
    assert (event.files, event.ids) == (files, DARK_IDS)


def test_a_rename_pairs_old_and_new_paths() -> None:
    renamed = [
        {"relativePath": "b.mkv", "path": "/downloads/x", "previousPath": "/movies/Heat/a.mkv"},
        {"relativePath": "d.mkv", "previousRelativePath": "c.mkv"},
        {"relativePath": "e.mkv"},
    ]
    event = heard(Source.RADARR, eventType="Rename", movie=HEAT, renamedMovieFiles=renamed)
    assert event.kind is EventKind.RENAMED
    assert event.gone == ("/movies/Heat/a.mkv", "/movies/Heat (1995)/c.mkv")
    assert event.files == ("/movies/Heat (1995)/b.mkv", "/movies/Heat (1995)/d.mkv")


@pytest.mark.parametrize(
    ("source", "payload", "kind", "gone", "keeps_files"),
    [
        (
            Source.RADARR,
            {"eventType": "MovieFileDelete", "movie": HEAT, "movieFile": {"relativePath": "a.mkv"}},
            EventKind.DELETED,
            ("/movies/Heat (1995)/a.mkv",),
            False,
        ),
        (
            Source.SONARR,
            {"eventType": "EpisodeFileDelete", "series": DARK, "episodeFile": {"path": "/tv/Dark/a.mkv"}},
            EventKind.DELETED,
            ("/tv/Dark/a.mkv",),
            False,
        ),
        (
            Source.RADARR,
            {"eventType": "MovieDelete", "movie": HEAT, "deletedFiles": True},
            EventKind.REMOVED,
            (),
            False,
        ),
        (
            Source.RADARR,
            {"eventType": "MovieDelete", "movie": HEAT, "deletedFiles": False},
            EventKind.REMOVED,
            (),
            True,
        ),
        (
            Source.SONARR,
            {"eventType": "SeriesDelete", "series": DARK, "deletedFiles": True},
            EventKind.REMOVED,
            (),
            False,
        ),
        (Source.RADARR, {"eventType": "MovieAdded", "movie": HEAT}, EventKind.ADDED, (), False),
        (Source.SONARR, {"eventType": "SeriesAdd", "series": DARK}, EventKind.ADDED, (), False),
    ],
    ids=[
        "a movie's file",
        "an episode's file",
        "a movie with its files",
        "a movie without them",
        "a show with its files",
        "a new movie",
        "a new show",
    ],
)
def test_what_comes_and_goes(
    source: Source, payload: dict[str, Any], kind: EventKind, gone: tuple[str, ...], *, keeps_files: bool
) -> None:
    event = heard(source, **payload)
    assert (event.kind, event.gone, event.keeps_files) == (kind, gone, keeps_files)


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("sent", ["Grab", "Health", "HealthRestored", "ApplicationUpdate"])
def test_what_asks_for_nothing_needs_nothing(source: Source, sent: str) -> None:
    assert heard(source, eventType=sent, message="No indexers").kind is EventKind.NOTED


@pytest.mark.parametrize("source", [Source.RADARR, Source.SONARR])
def test_somebody_has_to_look_at_it_there(source: Source) -> None:
    assert heard(source, eventType="ManualInteractionRequired").kind is EventKind.NOTED


@pytest.mark.parametrize("source", list(Source))
def test_a_test_names_nothing_that_is_looked_at(source: Source) -> None:
    movie = {"title": "Test Title", "folderPath": "C:\\testpath", "tmdbId": 0}
    event = heard(source, eventType="Test", movie=movie, series={"path": "C:\\testpath"})
    assert (event.kind, event.folder, event.ids) == (EventKind.TEST, "", ExternalIds())


def test_old_versions_wrote_capitals_and_windows_paths() -> None:
    series = {"Title": "Dark", "Path": "D:\\TV\\Dark", "TvdbId": 334824}
    event = heard(Source.SONARR, EventType="Download", Series=series, EpisodeFile={"RelativePath": "Season 1\\a.mkv"})
    assert (event.folder, event.files) == ("D:/TV/Dark", ("D:/TV/Dark/Season 1/a.mkv",))
    assert event.ids == ExternalIds(tvdb=334824)


@pytest.mark.parametrize("value", [0, -1, True, 1 << 40, "x", None, [], {}, 1.5])
def test_an_id_that_is_none_is_left_out(value: object) -> None:
    movie = {**HEAT, "tmdbId": value, "imdbId": value}
    other = {"imdbId": "tt0113277"}
    event = heard(Source.RADARR, eventType="MovieAdded", movie=movie, remoteMovie=other)
    assert event.ids == ExternalIds(imdb="tt0113277")


@pytest.mark.parametrize(
    ("body", "is_document", "words"),
    [
        pytest.param(b"", False, "no JSON object", id="nothing"),
        pytest.param(b"This is not JSON", False, "no JSON object", id="no JSON"),
        pytest.param(b"[1]", False, "no JSON object", id="a list"),
        pytest.param(b'{"a": NaN}', False, "no JSON object", id="a number that JSON does not have"),
        pytest.param(b'{"a": 1e999}', False, "no JSON object", id="a number beyond all"),
        pytest.param(b'{"a": ' + b"[" * 100_000, False, "no JSON object", id="a tower of brackets"),
        pytest.param(b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}", False, "no JSON object", id="a smaller one"),
        pytest.param(b"\xff\xfe\x00", False, "no JSON object", id="bytes"),
        pytest.param(b"{}", True, "no eventType", id="no event"),
        pytest.param(b'{"eventType": 7}', True, "no eventType", id="an event that is no text"),
        pytest.param(b'{"eventType": "Dance"}', True, "no event 'Dance'", id="an event that nobody knows"),
        pytest.param(b'{"eventType": "Download"}', True, "needs movie.folderPath", id="no movie"),
        pytest.param(
            b'{"eventType": "Download", "movie": {"folderPath": "Heat"}}',
            True,
            "'Heat'",
            id="a relative folder",
        ),
        pytest.param(
            b'{"eventType": "Download", "movie": {"folderPath": "/a/../../b"}}', True, "absolute", id="one that climbs"
        ),
        pytest.param(
            b'{"eventType": "Download", "movie": {"folderPath": "/a\\u0000b"}}', True, "absolute", id="one with a NUL"
        ),
        pytest.param(
            b'{"eventType": "Download", "movie": {"folderPath": "/a\\ud800"}}', True, "absolute", id="half a character"
        ),
        pytest.param(
            b'{"eventType": "Download", "series": {"path": "/tv/Dark"}}',
            True,
            "ends with /webhooks/sonarr",
            id="an event of the other program says where it belongs",
        ),
    ],
)
def test_nonsense_is_told_why(body: bytes, words: str, *, is_document: bool) -> None:
    received = webhooks.receive(Source.RADARR, body)
    assert received.event is None
    assert received.is_document is is_document
    assert words in received.fault
    json.dumps(received.document).encode()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(["movie", "series", "movieFile", "renamedMovieFiles", "deletedFiles", "isUpgrade", "x"])
_TYPES = st.sampled_from(["Test", "Download", "Rename", "MovieDelete", "SeriesAdd", "EpisodeFileDelete", "Grab"])


@given(st.sampled_from(Source), _TYPES, st.dictionaries(_KEYS, _JSON))
def test_no_document_breaks_the_reading(source: Source, sent: str, document: dict[str, Any]) -> None:
    received = webhooks.receive(source, json.dumps({"eventType": sent, **document}).encode())
    assert (received.event is None) == bool(received.fault)


@given(st.sampled_from(Source), st.binary(max_size=200))
def test_no_bytes_break_the_reading(source: Source, body: bytes) -> None:
    received = webhooks.receive(source, body)
    assert received.event is not None or received.fault


# --- what was recorded ------------------------------------------------------------------------------------------------

_MEDIA = "/home36/adbtech/media"
_TV = "/volume2/Media/TV Series"
RECORDED: dict[str, tuple[Source, EventKind | str, str, dict[str, int | str], int, int]] = {
    # file: source, kind of event or words of the refusal, folder, ids, files, files that are gone
    "autoscan/a_train_modified": (Source.SONARR, "no eventType", "", {}, 0, 0),
    "autoscan/lidarr_invalid": (Source.LIDARR, "no JSON object", "", {}, 0, 0),
    "autoscan/lidarr_marshmello": (Source.LIDARR, EventKind.NOTED, "", {}, 0, 0),
    "autoscan/lidarr_test": (Source.LIDARR, EventKind.TEST, "", {}, 0, 0),
    "autoscan/radarr_interstellar": (Source.RADARR, EventKind.IMPORTED, "/Movies/Interstellar (2014)", {}, 1, 0),
    "autoscan/radarr_invalid": (Source.RADARR, "no JSON object", "", {}, 0, 0),
    "autoscan/radarr_movie_file_delete": (Source.RADARR, EventKind.DELETED, "/Movies/Tenet (2020)", {}, 0, 1),
    "autoscan/radarr_rename": (Source.RADARR, EventKind.RENAMED, "/Movies/Deadpool (2016)", {}, 0, 0),
    "autoscan/radarr_test": (Source.RADARR, EventKind.TEST, "", {}, 0, 0),
    "autoscan/readarr_invalid": (Source.SONARR, "no JSON object", "", {}, 0, 0),
    "autoscan/readarr_sanderson": (Source.SONARR, "needs series.path", "", {}, 0, 0),
    "autoscan/readarr_test": (Source.SONARR, EventKind.TEST, "", {}, 0, 0),
    "derived/webhook_fields_from_source": (Source.RADARR, "no eventType", "", {}, 0, 0),
    "extractorr/radarr_v4v5_event_test": (Source.RADARR, EventKind.TEST, "", {}, 0, 0),
    "extractorr/sonarr_v4v5_event_test": (Source.SONARR, EventKind.TEST, "", {}, 0, 0),
    "other/radarr_upgrade_2026_anonymised": (
        Source.RADARR,
        EventKind.IMPORTED,
        "/data/media/MoviesHD/Young Harrington (2026) {imdb-tt00000017}",
        {"tmdb": 1234, "imdb": "tt00000017"},
        1,
        1,
    ),
    "other/sonarr_rename_v4_anonymised": (
        Source.SONARR,
        EventKind.RENAMED,
        "/data/media/TV Shows_new/3 Moon Paradox",
        {"tvdb": 100002},
        1,
        1,
    ),
    "other/sonarr_v2_download_2015_PascalCase": (
        Source.SONARR,
        EventKind.IMPORTED,
        "C:/Temp/sonarr/Gravity Falls",
        {"tvdb": 259972},
        0,
        0,
    ),
    "other/sonarr_v2_rename_2015_PascalCase": (
        Source.SONARR,
        EventKind.RENAMED,
        "C:/Temp/sonarr/Gravity Falls",
        {"tvdb": 259972},
        0,
        0,
    ),
    "other/sonarr_v3_grab_issue5655": (Source.SONARR, EventKind.NOTED, "", {}, 0, 0),
    "other/sonarr_v4_grab_issue6822.PARTIAL": (Source.SONARR, "no eventType", "", {}, 0, 0),
    "ruddarr/health-issue": (Source.RADARR, EventKind.NOTED, "", {}, 0, 0),
    "ruddarr/health-restored": (Source.RADARR, EventKind.NOTED, "", {}, 0, 0),
    "ruddarr/movie-delete": (
        Source.RADARR,
        EventKind.REMOVED,
        "/volume2/Media/Movies/I Am Legend 2 ()",
        {"tmdb": 945956, "imdb": "tt18412222"},
        0,
        0,
    ),
    "ruddarr/movie-grab": (Source.RADARR, EventKind.NOTED, "", {}, 0, 0),
    "ruddarr/series-deleted": (
        Source.SONARR,
        EventKind.REMOVED,
        f"{_TV}/Mountain Monsters",
        {"tvdb": 271005, "tvmaze": 5522, "tmdb": 64728, "imdb": "tt3019170"},
        0,
        0,
    ),
    "ruddarr/series-episode-file-delete": (
        Source.SONARR,
        EventKind.DELETED,
        f"{_TV}/The New Pope",
        {"tvdb": 376058, "tvmaze": 41210, "tmdb": 88408, "imdb": "tt7157248"},
        0,
        1,
    ),
    "ruddarr/series-episode-upgrade": (
        Source.SONARR,
        EventKind.IMPORTED,
        f"{_TV}/House of the Dragon",
        {"tvdb": 371572, "tvmaze": 44778, "tmdb": 94997, "imdb": "tt11198330"},
        1,
        1,
    ),
    "ruddarr/series-import-completed": (
        Source.SONARR,
        EventKind.IMPORTED,
        f"{_TV}/Your Honor",
        {"tvdb": 359579, "tvmaze": 32791, "tmdb": 86430, "imdb": "tt7440726"},
        1,
        0,
    ),
    "ruddarr/series-interaction-required": (Source.SONARR, EventKind.NOTED, "", {}, 0, 0),
    "ruddarr/test": (Source.RADARR, EventKind.TEST, "", {}, 0, 0),
    "zulip/radarr_application_update": (Source.RADARR, EventKind.NOTED, "", {}, 0, 0),
    "zulip/radarr_health_check_warning": (Source.RADARR, EventKind.NOTED, "", {}, 0, 0),
    "zulip/radarr_movie_added": (
        Source.RADARR,
        EventKind.ADDED,
        f"{_MEDIA}/Movies/Batman v Superman- Dawn of Justice (2016)",
        {"tmdb": 209112, "imdb": "tt2975590"},
        0,
        0,
    ),
    "zulip/radarr_movie_deleted": (
        Source.RADARR,
        EventKind.REMOVED,
        f"{_MEDIA}/Movies/Batman v Superman- Dawn of Justice (2016)",
        {"tmdb": 209112, "imdb": "tt2975590"},
        0,
        0,
    ),
    "zulip/radarr_movie_file_deleted": (
        Source.RADARR,
        EventKind.DELETED,
        f"{_MEDIA}/Movies/Marley & Me (2008)",
        {"tmdb": 14306, "imdb": "tt0822832"},
        0,
        1,
    ),
    "zulip/radarr_movie_imported": (
        Source.RADARR,
        EventKind.IMPORTED,
        f"{_MEDIA}/Movies/Batman v Superman- Dawn of Justice (2016)",
        {"tmdb": 209112, "imdb": "tt2975590"},
        1,
        0,
    ),
    "zulip/sonarr_episode_deleted_upgrade.TRIMMED": (
        Source.SONARR,
        EventKind.DELETED,
        f"{_MEDIA}/TV Shows/S.W.A.T. (2017)",
        {"tvdb": 328687, "tvmaze": 21532, "imdb": "tt6111130"},
        0,
        1,
    ),
    "zulip/sonarr_episode_imported": (
        Source.SONARR,
        EventKind.IMPORTED,
        f"{_MEDIA}/TV Shows/Grey's Anatomy",
        {"tvdb": 73762, "tvmaze": 67, "imdb": "tt0413573"},
        1,
        0,
    ),
    "zulip/sonarr_episodes_renamed": (
        Source.SONARR,
        EventKind.RENAMED,
        f"{_MEDIA}/TV Shows/The L Word",
        {"tvdb": 72477, "tvmaze": 823, "imdb": "tt0330251"},
        0,
        0,
    ),
    "zulip/sonarr_health_check_error": (Source.SONARR, EventKind.NOTED, "", {}, 0, 0),
    "zulip/sonarr_series_deleted": (
        Source.SONARR,
        EventKind.REMOVED,
        f"{_MEDIA}/TV Shows/Breaking Bad",
        {"tvdb": 81189, "tvmaze": 169, "imdb": "tt0903747"},
        0,
        0,
    ),
}


@pytest.mark.realdata
@pytest.mark.parametrize("recorded", sorted(RECORDED))
def test_a_recorded_payload_is_understood(shared_data: Path, recorded: str) -> None:
    source, kind, folder, ids, present, gone = RECORDED[recorded]
    body = (shared_data / "5_webhooks" / f"{recorded}.json").read_bytes()
    received = webhooks.receive(source, body)
    if received.event is None:
        assert str(kind) in received.fault
        return
    event = received.event
    assert (event.kind, event.folder, event.ids.as_dict()) == (kind, folder, ids)
    assert (len(event.files), len(event.gone)) == (present, gone)
    assert all(path.startswith(f"{folder}/") for path in (*event.files, *event.gone))


@pytest.mark.realdata
def test_every_recorded_payload_is_in_the_table(shared_data: Path) -> None:
    folder = shared_data / "5_webhooks"
    assert {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.json")} == RECORDED.keys()
