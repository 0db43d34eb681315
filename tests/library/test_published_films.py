"""Films on discs, and movie sets in a folder of their own, as real Kodi looks for them (docs/kodi.md)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from house import House, cast
from metarr.library import placement
from metarr.library.wanted import gather
from metarr.model.artwork import ArtworkKind
from metarr.model.media import CollectionRef, ExternalIds, ItemKind, LibraryKind, Metadata
from metarr.settings import Settings
from metarr.store import collections, items
from metarr.store.blobs import Blobs
from metarr.store.disk import temporary_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metarr.library.wanted import Wanted
    from metarr.store.db import Store, Tx

_ALIENS = CollectionRef("Alien: Collection", 8091)
_SET = "collection:8091"
_SETTINGS = Settings.model_validate({"publishing": {"movieSetsFolder": "Sets"}})


@pytest.fixture
def house(sqlite_store: Store, tmp_path: Path) -> House:
    blobs = Blobs(tmp_path / "cache")
    return House(sqlite_store, tmp_path / "library", blobs, LibraryKind.MOVIES, ("kodi",), _SETTINGS)


def _film(house: House, name: str, collection: CollectionRef | None = _ALIENS) -> str:
    metadata = Metadata(title=name, ids=ExternalIds(tmdb=348), collection=collection)
    return house.add(ItemKind.MOVIE, name, metadata, f"{name}/{name}.mkv")


@pytest.mark.parametrize(
    ("stream", "actors"),
    [
        pytest.param("Heat/VIDEO_TS/VTS_01_1.VOB", "Heat/VIDEO_TS/.actors", id="a DVD"),
        pytest.param("Heat/BDMV/STREAM/00001.m2ts", "Heat/BDMV/.actors", id="a Blu-ray"),
        pytest.param("Heat/VTS_01_1.VOB", "Heat/.actors", id="a DVD without its folder"),
    ],
)
def test_a_disc_has_plain_names(house: House, stream: str, actors: str) -> None:
    metadata = Metadata(title="Heat", cast=cast("Al Pacino"))
    house.add(ItemKind.MOVIE, "Heat", metadata, stream, details={"disc": True})
    house.portraits("Al Pacino")
    house.picture("Heat", ArtworkKind.POSTER)
    house.picture("Heat", ArtworkKind.FANART, 1)
    house.publish("Heat")
    expected = {"Heat/movie.nfo", "Heat/poster.png", "Heat/fanart1.png", f"{actors}/Al_Pacino.png"}
    assert house.tree() - {stream} == expected
    assert house.publish("Heat") == "nothing to do"


def test_a_set_lies_in_a_folder_named_as_kodi_names_it(house: House) -> None:
    _film(house, "Alien")
    house.picture(_SET, ArtworkKind.POSTER)
    assert house.publish(_SET) == "1 created"
    assert house.tree() == {"Sets/Alien_ Collection/poster.png"}
    assert house.publish(_SET) == "nothing to do"


def test_without_a_folder_for_sets_nothing_is_written(house: House) -> None:
    house.settings = Settings()
    _film(house, "Alien")
    house.picture(_SET, ArtworkKind.POSTER)
    assert house.publish(_SET) == "nothing to do"
    assert house.tree() == set()


def test_another_folder_for_sets_takes_the_pictures_along(house: House) -> None:
    _film(house, "Alien")
    house.picture(_SET, ArtworkKind.POSTER)
    house.publish(_SET)
    house.settings = Settings.model_validate({"publishing": {"movieSetsFolder": "Other"}})
    house.publish(_SET)
    assert house.tree() == {"Other/Alien_ Collection/poster.png"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["A", "A"], {"A"}, id="they agree"),
        pytest.param(["A", "B"], {"A", "B"}, id="one has another name for it"),
        pytest.param(["...", "A"], {"A"}, id="a name that no folder can have"),
    ],
)
def test_a_set_lies_wherever_the_nfo_of_a_movie_leads(house: House, names: Sequence[str], expected: set[str]) -> None:
    for number, name in enumerate(names):
        _film(house, f"Film {number}", replace(_ALIENS, name=name))
    house.picture(_SET, ArtworkKind.POSTER)
    house.publish(_SET)
    assert house.tree() == {f"Sets/{name}/poster.png" for name in expected}


@pytest.mark.parametrize(
    ("theirs", "is_written"),
    [
        pytest.param("poster.jpg", False, id="the same kind"),
        pytest.param("folder.jpg", False, id="the same kind by another name"),
        pytest.param("fanart.jpg", True, id="another kind"),
        pytest.param("notes.txt", True, id="no picture"),
    ],
)
def test_the_owners_picture_of_a_set_is_left_to_be(house: House, theirs: str, *, is_written: bool) -> None:
    _film(house, "Alien")
    folder = house.root / "Sets/Alien_ Collection"
    folder.mkdir(parents=True)
    (folder / theirs).write_bytes(b"mine")
    house.picture(_SET, ArtworkKind.POSTER)
    house.publish(_SET)
    assert (folder / "poster.png").exists() == is_written
    assert (folder / theirs).read_bytes() == b"mine"


def test_only_the_folders_of_sets_are_made(house: House) -> None:
    house.settings = Settings.model_validate({"publishing": {"movieSetsFolder": "not/there"}})
    _film(house, "Alien")
    house.picture(_SET, ArtworkKind.POSTER)
    assert "1 skipped" in house.publish(_SET)
    assert not (house.root / "not").exists()


def test_a_set_without_movies_has_no_pictures_any_more(house: House) -> None:
    place = _film(house, "Alien")
    house.picture(_SET, ArtworkKind.POSTER)
    house.publish(_SET)
    house.store.write_now(lambda tx: collections.link(tx, items.get(tx, house.ids[place]), None))
    assert house.publish(_SET) == "1 recycled"
    assert house.tree() == set()


def test_what_a_crash_left_is_swept_out_of_every_folder_that_is_written_into(house: House) -> None:
    house.add(ItemKind.MOVIE, "//Heat", Metadata(title="Heat"), "Heat.mkv")
    _film(house, "Alien")
    house.picture(_SET, ArtworkKind.POSTER)
    house.publish(_SET)
    for place, folder in (("//Heat", ".actors"), (_SET, "Sets/Alien_ Collection")):
        left = house.root / folder / temporary_name()
        left.parent.mkdir(exist_ok=True)
        left.touch()
        placement.sweep(house.store.write_now(partial(_gather, house, place)), after_crash=True)
        assert not left.exists()


def _gather(house: House, place: str, tx: Tx) -> Wanted:
    return gather(tx, house.ids[place], house.settings)
