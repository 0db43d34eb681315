"""What a delivery leads to: kept, scanned once, refused where the folder is not ours."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from metarr import webhooks
from metarr.actions import mappings
from metarr.actions import webhooks as taking
from metarr.actions.webhooks import Sender
from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.model.media import ExternalIds, LibraryKind
from metarr.store import deliveries, files, health, hints, libraries
from metarr.store import mappings as stored_mappings
from metarr.store.hints import Hint
from metarr.store.mappings import Mapping
from metarr.webhooks import Source
from stages import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.store.db import Row, Store, Tx

HEAT = {"title": "Heat", "year": 1995, "folderPath": "/media/films/Heat (1995)", "tmdbId": 949}
DARK = {"title": "Dark", "path": "/media/tv/Dark", "tvdbId": 334824}


@pytest.fixture
def house(sqlite_store: Store) -> Store:
    """A library of films and one of shows."""

    def add(tx: Tx) -> None:
        libraries.add(tx, "Films", LibraryKind.MOVIES, "/media/films")
        libraries.add(tx, "Shows", LibraryKind.TV, "/media/tv")

    sqlite_store.write_now(add)
    return sqlite_store


def send(store: Store, source: Source, instance: str = "", **document: Any) -> Row:
    received = webhooks.understand(source, document)
    return store.write_now(lambda tx: deliveries.get(tx, taking.take(tx, Sender(source, instance), received).id))


def radarr(store: Store, event: str, movie: dict[str, Any] | None = None, **more: Any) -> Row:
    return send(store, Source.RADARR, eventType=event, movie=movie or HEAT, **more)


def sonarr(store: Store, event: str, **more: Any) -> Row:
    return send(store, Source.SONARR, eventType=event, series=DARK, **more)


def scans(store: Store) -> list[tuple[Any, Any, Any]]:
    jobs = store.write_now(rows)
    return [(job["library_id"], job["payload"].get("path"), job["priority"]) for job in jobs if job["kind"] == "scan"]


@pytest.mark.parametrize(
    ("deliver", "scanned"),
    [
        (lambda store: radarr(store, "Download", movieFile={"relativePath": "a.mkv"}), (1, "Heat (1995)", 8)),
        (lambda store: radarr(store, "Download", {**HEAT, "folderPath": "/media/films"}), (1, None, 8)),
        (lambda store: radarr(store, "Rename"), (1, "Heat (1995)", 8)),
        (
            lambda store: radarr(
                store, "Rename", renamedMovieFiles=[{"relativePath": "b.mkv", "previousRelativePath": "a.mkv"}]
            ),
            (1, "Heat (1995)", 8),
        ),
        (lambda store: radarr(store, "MovieFileDelete", movieFile={"relativePath": "a.mkv"}), (1, "Heat (1995)", 8)),
        (lambda store: radarr(store, "MovieDelete", deletedFiles=True), (1, "Heat (1995)", 8)),
        (lambda store: sonarr(store, "Download", episodeFiles=[{"relativePath": "S1/a.mkv"}]), (2, "Dark", 8)),
        (
            lambda store: sonarr(
                store, "Rename", renamedEpisodeFiles=[{"relativePath": "S1/b.mkv", "previousRelativePath": "S1/a.mkv"}]
            ),
            (2, "Dark/S1", 8),
        ),
        (lambda store: sonarr(store, "EpisodeFileDelete", episodeFile={"relativePath": "a.mkv"}), (2, "Dark", 8)),
        (lambda store: sonarr(store, "SeriesDelete", deletedFiles=True), (2, "Dark", 8)),
    ],
    ids=[
        "an import",
        "an import into the library's root",
        "an old rename that lists nothing",
        "a rename",
        "a deleted file",
        "a deleted movie",
        "the end of an import of episodes",
        "a rename of episodes",
        "a deleted episode",
        "a deleted show",
    ],
)
def test_its_folder_is_scanned(
    house: Store, deliver: Callable[[Store], Row], scanned: tuple[int, str | None, int]
) -> None:
    delivery = deliver(house)
    [scan] = scans(house)
    assert scan == scanned
    assert delivery["outcome"] == "submitted"
    assert delivery["detail"].startswith("Scan of ")
    [job] = [job for job in house.write_now(rows) if job["kind"] == "scan"]
    assert delivery["job_id"] == job["id"]


@pytest.mark.parametrize(
    ("deliver", "words"),
    [
        (lambda store: radarr(store, "Test", {"folderPath": "C:\\testpath"}), "A test"),
        (lambda store: radarr(store, "Grab"), "nothing to do"),
        (lambda store: radarr(store, "ManualInteractionRequired"), "nothing to do"),
        (lambda store: sonarr(store, "Health", message="No indexers"), "nothing to do"),
        (lambda store: radarr(store, "MovieDelete", deletedFiles=False), "files stay"),
        (lambda store: radarr(store, "MovieAdded"), "when its files come"),
        (lambda store: sonarr(store, "SeriesAdd"), "when its files come"),
        (lambda store: send(store, Source.LIDARR, eventType="Download", artist={"path": "/music/A"}), "nothing to do"),
    ],
    ids=[
        "a test",
        "a grab",
        "a manager that needs a person",
        "a manager's own health",
        "a movie that leaves its files",
        "a new movie",
        "a new show",
        "music",
    ],
)
def test_nothing_is_done(house: Store, deliver: Callable[[Store], Row], words: str) -> None:
    delivery = deliver(house)
    assert (delivery["outcome"], delivery["job_id"]) == ("noted", None)
    assert words in delivery["detail"]
    assert house.write_now(rows) == []
    assert house.write_now(health.lines) == []


def test_a_season_that_comes_file_by_file_is_one_scan(house: Store) -> None:
    sent = [
        sonarr(house, "Download", episodeFile={"relativePath": f"Season 1/Dark - S01E{number:02}.mkv"})
        for number in range(24)
    ]
    assert scans(house) == [(2, "Dark", 8)]
    assert len({delivery["id"] for delivery in sent}) == 24
    assert len({delivery["job_id"] for delivery in sent}) == 1
    [job] = house.write_now(rows)
    assert job["run_at"] is not None, "the others of the season are waited for"


def test_what_it_is_is_remembered_for_the_scan(house: Store) -> None:
    radarr(house, "Download")
    sonarr(house, "Download")
    send(house, Source.SONARR, eventType="Download", series={"path": "/media/films/Ronin (1998)", "tvdbId": 7})
    assert house.write_now(lambda tx: hints.of_library(tx, libraries.everything(tx)[0].id)) == {
        "Heat (1995)": Hint("Radarr", ExternalIds(tmdb=949))
    }, "a show's ids say nothing about films"
    assert house.write_now(lambda tx: hints.of_library(tx, libraries.everything(tx)[1].id)) == {
        "Dark": Hint("Sonarr", ExternalIds(tvdb=334824))
    }
    radarr(house, "MovieDelete", deletedFiles=False)
    assert house.write_now(lambda tx: hints.of_library(tx, libraries.everything(tx)[0].id)) == {}


def test_a_folder_is_looked_at_again_when_another_movie_is_said_to_be_in_it(house: Store) -> None:
    library = house.write_now(libraries.everything)[0]
    house.write_now(lambda tx: files.save_folders(tx, library.id, {"Heat (1995)": "as it is"}))

    def known() -> dict[str, str]:
        return house.write_now(lambda tx: files.folder_fingerprints(tx, library.id))

    assert radarr(house, "MovieAdded")["outcome"] == "submitted"
    assert (scans(house), known()) == ([(1, "Heat (1995)", 8)], {})
    house.write_now(lambda tx: files.save_folders(tx, library.id, {"Heat (1995)": "as it is"}))
    assert radarr(house, "MovieAdded")["outcome"] == "noted"
    assert radarr(house, "Download")["outcome"] == "submitted"
    assert known() == {"Heat (1995)": "as it is"}, "it is no news"


# --- path mappings ----------------------------------------------------------------------------------------------------

ELSEWHERE = {**HEAT, "folderPath": "/movies/Heat (1995)"}


def mapped(store: Store, remote: str, local: str, source: str = "radarr", instance: str = "") -> Mapping:
    return store.write_now(lambda tx: mappings.add(tx, Mapping(source, instance, remote, local)))


def test_a_folder_that_is_not_ours_is_refused_in_words_and_known_once_it_is_mapped(house: Store) -> None:
    delivery = radarr(house, "Download", ELSEWHERE)
    radarr(house, "Download", {**ELSEWHERE, "folderPath": "/movies/Ronin (1998)"})
    words = "radarr: /movies is not known here: add a path mapping, or the library."
    assert (delivery["outcome"], delivery["detail"], delivery["job_id"]) == ("refused", words, None)
    assert [(line["cause"], line["message"]) for line in house.write_now(health.lines)] == [
        ("webhook:radarr:/movies", words)
    ]
    assert scans(house) == []

    mapped(house, "/movies/", "/media/films")
    assert house.write_now(health.lines) == []
    number = house.write_now(lambda tx: taking.replay(tx, delivery["id"])).id
    again = house.write_now(lambda tx: deliveries.get(tx, number))
    assert (again["outcome"], again["replay_of"]) == ("submitted", delivery["id"])
    assert scans(house) == [(1, "Heat (1995)", 8)]


def test_a_mapping_that_leads_nowhere_is_said_to(house: Store) -> None:
    mapped(house, "/movies", "/mnt/films")
    assert "/movies is /mnt/films by its path mapping" in radarr(house, "Download", ELSEWHERE)["detail"]


def test_a_library_that_was_added_ends_the_complaint(house: Store) -> None:
    radarr(house, "Download", ELSEWHERE)
    house.write_now(lambda tx: libraries.add(tx, "More", LibraryKind.MOVIES, "/movies"))
    radarr(house, "Download", ELSEWHERE)
    assert house.write_now(health.lines) == []


@pytest.mark.parametrize(
    ("instance", "folder", "library"),
    [
        pytest.param("", "/movies/Heat (1995)", "Films", id="what counts for all"),
        pytest.param("Radarr 4K", "/movies/Heat (1995)", "UHD", id="an instance's own mapping"),
        pytest.param("radarr 4k", "/movies/Heat (1995)", "UHD", id="letters do not count"),
        pytest.param("", "/movies/uhd/Heat (1995)", "UHD", id="the longest prefix"),
        pytest.param("", "/moviestore/Heat (1995)", None, id="not a namesake"),
        pytest.param("", "D:\\Films\\Heat (1995)", "Films", id="a Windows machine"),
    ],
)
def test_the_mapping_that_counts(house: Store, instance: str, folder: str, library: str | None) -> None:
    house.write_now(lambda tx: libraries.add(tx, "UHD", LibraryKind.MOVIES, "/media/uhd"))
    mapped(house, "/movies", "/media/films")
    mapped(house, "/movies/uhd", "/media/uhd")
    mapped(house, "/movies", "/media/uhd", instance="Radarr 4K")
    mapped(house, "/movies", "/media/uhd", source="sonarr")
    mapped(house, "D:\\Films", "/media/films")
    remote = webhooks.understand(Source.RADARR, {"eventType": "Download", "movie": {"folderPath": folder}})
    assert remote.event is not None
    path = remote.event.folder
    ground = house.write_now(lambda tx: taking.locate(tx, Sender(Source.RADARR, instance), path))
    assert (ground and ground.library.name) == library
    assert ground is None or ground.folder == "Heat (1995)"


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        pytest.param(Mapping("readarr", "", "/a", "/b"), InvalidInput, id="an unknown source"),
        pytest.param(Mapping("radarr", "", "a", "/b"), InvalidInput, id="a remote path that is relative"),
        pytest.param(Mapping("radarr", "", "/a", "b"), InvalidInput, id="a local one"),
        pytest.param(Mapping("radarr", "", "/a", "/b\0"), InvalidInput, id="a NUL"),
        pytest.param(Mapping("radarr", "", "/movies/", "/b"), Conflict, id="one that is there already"),
    ],
)
def test_a_mapping_that_cannot_be(house: Store, mapping: Mapping, fault: type[Exception]) -> None:
    mapped(house, "/movies", "/media/films")
    with pytest.raises(fault):
        house.write_now(lambda tx: mappings.add(tx, mapping))
    with pytest.raises(NotFound):
        house.write_now(lambda tx: stored_mappings.remove(tx, 99))


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_what_cannot_be_understood_is_kept_and_cannot_be_replayed(house: Store) -> None:
    received = webhooks.receive(Source.RADARR, b"nonsense \xff")
    number = house.write_now(lambda tx: taking.take(tx, Sender(Source.RADARR), received)).id
    row = house.write_now(lambda tx: deliveries.get(tx, number))
    assert (row["outcome"], row["payload"]) == ("refused", "nonsense \\xff")
    strange = radarr(house, "Dance")
    assert strange["outcome"] == "refused"
    for one in (number, strange["id"]):
        with pytest.raises(InvalidInput, match=f"Delivery {one}"):
            house.write_now(partial(taking.replay, number=one))


def test_old_deliveries_and_hints_about_nothing_are_forgotten(house: Store) -> None:
    radarr(house, "Download")
    house.skew = timedelta(days=40)
    sonarr(house, "Download")
    keep = timedelta(days=30)
    assert house.write_now(lambda tx: (deliveries.prune(tx, keep), hints.prune(tx, keep))) == (1, 1)
    left, _ = house.write_now(lambda tx: taking.listed(tx, deliveries.Query(), 10))
    assert [row["source"] for row in left] == ["sonarr"]
